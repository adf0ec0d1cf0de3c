// Runs the tests in a browser: all files, or those that are named. Each is a process with a browser of its own.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

/** Files that take minutes, in the order in which they start: a long one that starts last ends alone, with a processor idle. */
const LONG = ["pages.test.mjs", "figures.test.mjs", "embed.test.mjs"];
const N_AT_ONCE = 2;

const here = dirname(fileURLToPath(import.meta.url));
const place = (name) => (LONG.includes(name) ? LONG.indexOf(name) : LONG.length);
const all = readdirSync(here).filter((name) => name.endsWith(".test.mjs")).toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
const named = process.argv.slice(2);
const files = (named.length > 0 ? named : all).map((name) => join(here, name));

// `node --test` would sort them by name.
run({ files, concurrency: N_AT_ONCE })
  .on("test:fail", () => { process.exitCode = 1; })
  .compose(spec)
  .pipe(process.stdout);
