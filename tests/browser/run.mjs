// Runs the tests in a browser: those that are named, or all files but those that have passed with the same site, tests and
// browser. Each is a process with a browser of its own.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { executable } from "./lib/browser.mjs";
import { DIST, FILES, REPO } from "./lib/site.mjs";

/** Files that take minutes, in the order in which they start: a long one that starts last ends alone, with a processor idle. */
const LONG = ["pages.test.mjs", "figures.test.mjs", "embed.test.mjs"];
const N_AT_ONCE = 2;
/** What has passed, and with what. */
const PASSED = join(REPO, "target/browser-tests.json");

const here = dirname(fileURLToPath(import.meta.url));
const place = (name) => (LONG.includes(name) ? LONG.indexOf(name) : LONG.length);
const all = readdirSync(here).filter((name) => name.endsWith(".test.mjs")).toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));

const named = process.argv.slice(2);
const key = fingerprint();
const passed = passedBefore();
const names = named.length > 0 ? named : all.filter((name) => !passed.includes(name));
if (names.length < all.length && named.length === 0) console.log(`${all.length - names.length} of ${all.length} files have passed with this site, these tests and this browser`);
if (names.length > 0) runFiles();

function runFiles() {
  const failed = new Set();
  // `node --test` would sort them by name.
  run({ files: names.map((name) => join(here, name)), concurrency: N_AT_ONCE })
    .on("test:fail", ({ file }) => {
      process.exitCode = 1;
      // A test that does not say where it stands may be any file's.
      for (const name of file ? [basename(file)] : names) failed.add(name);
    })
    .on("end", () => remember(names.filter((name) => !failed.has(name))))
    .compose(spec)
    .pipe(process.stdout);
}

/** A digest of everything that the verdict of a file depends on. */
function fingerprint() {
  const hash = createHash("sha256");
  hash.update(execFileSync(executable(), ["--version"])).update(process.version);
  const add = (root, paths) => paths.forEach((path) => hash.update(`${path}\n`).update(readFileSync(join(root, path))));
  add(DIST, FILES);
  const own = readdirSync(here, { recursive: true }).filter((path) => !path.startsWith("node_modules") && /\.(mjs|json)$/.test(path));
  add(here, own.sort());
  return hash.digest("hex");
}

function passedBefore() {
  try {
    const before = JSON.parse(readFileSync(PASSED, "utf8"));
    return before.key === key && Array.isArray(before.passed) ? before.passed : [];
  } catch {
    return [];
  }
}

function remember(more) {
  mkdirSync(dirname(PASSED), { recursive: true });
  writeFileSync(PASSED, JSON.stringify({ key, passed: [...new Set([...passed, ...more])] }));
}
