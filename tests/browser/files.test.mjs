// The site as files, without a browser: links, policy and sizes.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { gzipSync } from "node:zlib";
import { DIST, FILES, PAGES, ids, isNormal, isSingle, read, references, target } from "./lib/site.mjs";

const KB = 1000;
const PAGE_KB_MAX = 60;
// The quiz of a module has every question twice, to read and as data, and a picture for each of those that ask what comes next.
const QUIZ_KB_MAX = 75;
// What every page with a figure loads: player, panels and glue. A figure with a chart, or in a frame, loads a piece more.
const WASM_KB_MAX = 200;
// With the engines of the shelf that the figure is from.
const FIGURE_KB_MAX = 430;

/** Where links may lead out of the site: from a link that a reader follows, or in a tag that must hold a whole address. */
const mayLeave = ({ tag, rel }) => tag === "a" || (tag === "link" && /canonical|license|alternate/.test(rel));
const hasScheme = (address) => /^[a-z][a-z0-9+.-]*:/i.test(address);
const gzipKb = (path) => gzipSync(readFileSync(join(DIST, path)), { level: 9 }).length / KB;

describe("every link and file of a page is there", () => {
  const idsOf = new Map(PAGES.map((path) => [path, ids(read(path))]));
  for (const path of PAGES) {
    test(path, () => {
      const faults = [];
      for (const reference of references(read(path))) {
        const { tag, attribute, value } = reference;
        const fault = (why) => faults.push(`<${tag} ${attribute}="${value.slice(0, 120)}">: ${why}`);
        if (hasScheme(value)) {
          const harmless = value.startsWith("data:") || (mayLeave(reference) && /^(https:|mailto:)/.test(value));
          if (!harmless) fault("is fetched from elsewhere");
          continue;
        }
        if (value.startsWith("/")) {
          fault("is not relative");
          continue;
        }
        const file = target(path, value);
        if (file === undefined || !FILES.includes(file)) fault("is not in the site");
        else if (isSingle(path) && tag !== "a" && file !== path && !(tag === "link" && /canonical|alternate/.test(reference.rel))) fault("is a second file");
        else if (tag === "a") {
          const id = decodeURIComponent(value.split("#")[1] ?? "");
          // A fragment with `=` is the state of a figure, not a place.
          if (id !== "" && !id.includes("=") && !idsOf.get(file)?.has(id)) fault("has no such place");
        }
      }
      assert.deepEqual(faults, []);
    });
  }
});

test("style sheets name only files that are there", () => {
  for (const path of FILES.filter((path) => path.endsWith(".css"))) {
    for (const [, address] of read(path).matchAll(/url\(\s*["']?([^"')]+)/g)) {
      const file = address.startsWith("data:") || address.startsWith("#") ? path : posix.join(posix.dirname(path), address);
      assert.ok(FILES.includes(file), `${path} names ${address}`);
    }
  }
});

// The search brings its own.
test("every style sheet is asked for by some page", () => {
  const styles = PAGES.flatMap((path) => references(read(path)).filter(({ rel }) => rel === "stylesheet").map(({ value }) => target(path, value)));
  assert.deepEqual(FILES.filter((path) => path.endsWith(".css") && !path.startsWith("search-") && !styles.includes(path)), []);
});

describe("a strict policy stands in the page, and the page has nothing inline", () => {
  for (const path of PAGES.filter((path) => !isSingle(path))) {
    test(path, () => {
      const html = read(path);
      const meta = html.match(/<meta[^>]*http-equiv="?Content-Security-Policy"?[^>]*>/i)?.[0];
      assert.ok(meta, "no Content-Security-Policy");
      const policy = meta.match(/content="([^"]*)"/)[1].replaceAll("&#39;", "'");
      const directives = Object.fromEntries(policy.split(";").map((text) => text.trim().split(/\s+/)).map(([name, ...values]) => [name, values]));
      assert.deepEqual(directives["default-src"], ["'self'"]);
      assert.deepEqual(new Set(directives["script-src"]), new Set(["'self'", "'wasm-unsafe-eval'"]));
      assert.ok(!policy.includes("unsafe-inline"), policy);
      assert.doesNotMatch(html.slice(0, html.indexOf(meta)), /<(script|link|style)\b/i, "the policy comes after what it is for");
      const inline = [...html.matchAll(/<script\b([^>]*)>/gi)].filter(([, tag]) => !/\ssrc=|application\/(ld\+)?json/.test(tag));
      assert.deepEqual(inline.map(([tag]) => tag), []);
      assert.deepEqual(html.match(/<[a-z][^>]*\s(style|on[a-z]+)="/gi)?.slice(0, 3) ?? [], []);
    });
  }
});

describe("a single file shows what the frame of the same name shows", () => {
  const body = (html) => html.slice(html.indexOf("<body")).replace(/<script>[^]*<\/script>/, "").replace(/>\s+</g, "><");
  for (const path of PAGES.filter(isSingle)) {
    test(path, () => assert.equal(body(read(path)), body(read(path.replace(/^single/, "embed")))));
  }
});

describe(`HTML and style of a page take at most ${PAGE_KB_MAX} KB compressed, a whole quiz ${QUIZ_KB_MAX}`, () => {
  for (const path of PAGES.filter(isNormal)) {
    test(path, () => {
      const styles = references(read(path)).filter(({ tag, rel }) => tag === "link" && rel === "stylesheet");
      const kb = [path, ...styles.map(({ value }) => target(path, value))].reduce((sum, file) => sum + gzipKb(file), 0);
      assert.ok(kb <= (path.endsWith("/quiz.html") ? QUIZ_KB_MAX : PAGE_KB_MAX), `${kb.toFixed(1)} KB`);
    });
  }
});

describe("the program comes in pieces", () => {
  const parts = FILES.filter((path) => /^app-/.test(path));
  const part = (end) => parts.filter((path) => path.endsWith(end));
  const domains = [...new Set(PAGES.flatMap((path) => path.match(/^sim\/([a-z]+)\//)?.[1] ?? []))];
  const main = [...part("_bg.wasm"), ...parts.filter((path) => path.endsWith(".js"))];
  const kb = (files) => files.reduce((sum, file) => sum + gzipKb(file), 0);

  test(`what every figure needs takes at most ${WASM_KB_MAX} KB compressed`, (t) => {
    assert.equal(main.length, 3, `wasm, glue and loader: ${main}`);
    t.diagnostic(`${kb(main).toFixed(1)} KB of ${WASM_KB_MAX}`);
    assert.ok(kb(main) <= WASM_KB_MAX, `${kb(main).toFixed(1)} KB`);
  });

  for (const domain of domains) {
    const shelves = parts.filter((path) => path.split("_")[1] === domain);
    test(`the engines of ${domain} have a shelf`, () => assert.notEqual(shelves.length, 0));
    for (const shelf of shelves) {
      test(`a figure of ${shelf.slice(shelf.indexOf("_") + 1)} takes at most ${FIGURE_KB_MAX} KB compressed`, (t) => {
        const files = [...main, shelf, ...part("_shared.wasm"), ...part(`_shared-${domain}.wasm`)];
        t.diagnostic(`${kb(files).toFixed(1)} KB of ${FIGURE_KB_MAX}`);
        assert.ok(kb(files) <= FIGURE_KB_MAX, `${kb(files).toFixed(1)} KB`);
      });
    }
  }
});
