// The site's search: opened by key and button, ranked sensibly, read by keyboard, robust without its index.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";
import { DIST, FILES } from "./lib/site.mjs";

const INDEX_KB_MAX = 60;

const site = hosted();

const withSite = (use, path = "course/cpu/round_robin.html") =>
  withPage(site.browser, { origins: [site.host.origin] }, async (page) => {
    await page.goto(site.host.url(path));
    await use(page);
  });

/** Opens the search with `/` and types; the titles of what is found. */
async function found(page, text) {
  await page.keyboard.press("/");
  const input = page.locator("#search-text");
  await input.waitFor();
  await input.fill(text);
  await page.locator(".search-status", { hasText: /place|Nothing/ }).waitFor();
  return page.locator(".search-title").allInnerTexts();
}

test(`the index takes at most ${INDEX_KB_MAX} KB compressed`, (t) => {
  const files = FILES.filter((path) => /^search-.*\.json$/.test(path));
  assert.equal(files.length, 1, `${files}`);
  const kb = gzipSync(readFileSync(join(DIST, files[0])), { level: 9 }).length / 1000;
  t.diagnostic(`${kb.toFixed(1)} KB`);
  assert.ok(kb <= INDEX_KB_MAX, `${kb.toFixed(1)} KB`);
});

describe("the search", () => {
  test("is not loaded before it is opened", () => withSite(async (page) => {
    const loaded = () => page.evaluate(() => performance.getEntriesByType("resource").map((it) => it.name).filter((it) => /search-/.test(it)));
    assert.deepEqual(await loaded(), []);
    await found(page, "fcfs");
    assert.equal((await loaded()).length, 3);
    assert.deepEqual(page.faults, []);
  }));

  test("finds by title, by prefix, and in spite of a slip", () => withSite(async (page) => {
    assert.match((await found(page, "round robin"))[0], /round robin/i);
    await page.keyboard.press("Escape");
    assert.ok((await found(page, "conv")).some((it) => /convoy/i.test(it)));
    await page.keyboard.press("Escape");
    assert.ok((await found(page, "prioritty")).some((it) => /priorit/i.test(it)));
    await page.locator("#search-text").fill("xyzzyplugh");
    assert.match(await page.locator(".search-status").innerText(), /Nothing found/);
    assert.deepEqual(page.faults, []);
  }));

  test("is read by keyboard, and opens what is chosen", () => withSite(async (page) => {
    assert.notEqual((await found(page, "round robin")).length, 0);
    await page.keyboard.press("ArrowDown");
    const address = await page.evaluate(() => document.activeElement.href);
    await page.keyboard.press("ArrowUp");
    await page.waitForFunction(() => document.activeElement.id === "search-text");
    await page.keyboard.press("Enter");
    await page.waitForURL(address);
  }));

  test("leads to places that exist", () => withSite(async (page) => {
    const seen = new Set();
    for (const text of ["lock", "page", "time", "what", "how", "the", "disk", "thread", "memory", "deadlock", "schedul", "cost", "wait"]) {
      await found(page, text);
      for (const it of await page.locator(".search-results a").evaluateAll((all) => all.map((it) => it.href))) seen.add(it);
      await page.keyboard.press("Escape");
    }
    assert.ok(100 < seen.size, `${seen.size} places`);
    for (const address of seen) {
      const { pathname, hash } = new URL(address);
      const text = readFileSync(join(DIST, pathname.slice("/a/b/".length)), "utf8");
      assert.ok(hash === "" || text.includes(`id="${decodeURIComponent(hash.slice(1))}"`), address);
    }
    assert.deepEqual(page.faults, []);
  }));

  test("is a button too, and `/` in a field stays a letter", () => withSite(async (page) => {
    await page.locator("[data-open-search]").click();
    await page.locator("#search-text").waitFor();
    await page.keyboard.type("a/b");
    assert.equal(await page.locator("#search-text").inputValue(), "a/b");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("dialog.search").evaluate((it) => it.open), false);
    assert.deepEqual(page.faults, []);
  }));

  test("says so when its index does not come", () => withSite(async (page) => {
    await page.route(/search-.*\.json$/, (route) => route.abort());
    await page.locator("[data-open-search]").click();
    await page.locator(".search-status", { hasText: "could not be loaded" }).waitFor();
  }));
});
