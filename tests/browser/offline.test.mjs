// The course without a network: kept whole after the first visit, and replaced whole by the next version.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { launch, TIMEOUT_MS, withPage } from "./lib/browser.mjs";
import { serve } from "./lib/server.mjs";
import { DIST, FILES, isEmbed, isSingle } from "./lib/site.mjs";

const FIRST = "course/cpu/fcfs.html";
const OTHER = "course/deadlock/banker.html";

let browser;

before(async () => { browser = await launch(); });
after(() => browser.close());

const hashOf = (text) => createHash("sha256").update(text).digest("base64");

/** Serves a copy of the site that a test may change; `use` gets its folder, its host and a page. */
async function withCopy(use) {
  const root = mkdtempSync(join(tmpdir(), "interleave-site-"));
  const isCopied = (path) => !/^(single|embed)\b/.test(relative(DIST, path));
  cpSync(DIST, root, { recursive: true, filter: isCopied });
  const host = await serve({ root, prefix: "/a/b/" });
  let open = true;
  const down = async () => { if (open) await host.close(); open = false; };
  const tolerate = (fault) => !open && /ERR_CONNECTION|ERR_FAILED|Failed to load/.test(fault);
  try {
    const options = { serviceWorkers: "allow" };
    await withPage(browser, { origins: [host.origin], options, tolerate }, (page) => use({ root, host, down, page }));
  } finally {
    await down();
    rmSync(root, { recursive: true });
  }
}

/** Opens a page and waits until the whole course is kept. */
async function visit(page, url) {
  await page.goto(url);
  await page.locator("[data-offline-note]:not([hidden])").waitFor({ timeout: 3 * TIMEOUT_MS });
}

const versions = (page) => page.evaluate(() => caches.keys());

describe("without a network", () => {
  test("every page is there after the first visit, and figures and search work", () => withCopy(async ({ host, down, page }) => {
    await visit(page, host.url(FIRST));
    const [name] = await versions(page);
    const kept = await page.evaluate(async (name) => (await (await caches.open(name)).keys()).map((it) => it.url), name);
    const wanted = FILES.filter((path) => !isEmbed(path) && !isSingle(path) && !["sw.js", "embed.js"].includes(path));
    assert.deepEqual(kept.map((it) => it.slice(host.url("").length)).sort(), wanted.sort());
    await down();
    await page.goto(host.url(OTHER));
    await page.locator("html[data-boot=ready]").waitFor();
    const figure = page.locator("[data-figure]").first();
    await figure.locator("[data-act=forward]").first().waitFor();
    await page.keyboard.press("/");
    await page.locator("#search-text").fill("round robin");
    await page.locator(".search-title").first().waitFor();
    await page.goto(host.url("course/cpu/"));
    await page.locator("h1").waitFor();
    assert.deepEqual(page.faults, []);
  }));

  test("a new version comes whole or not at all", () => withCopy(async ({ root, host, page }) => {
    await visit(page, host.url(FIRST));
    const [before] = await versions(page);
    // The host has been given new pages, but not all of them yet.
    const path = join(root, "glossary.html");
    const text = readFileSync(path, "utf8").replace("</h1>", " of the next version</h1>");
    const list = readFileSync(join(root, "sw.js"), "utf8");
    const changed = list.replace(/\["glossary\.html","[^"]*"\]/, `["glossary.html","${hashOf(text)}"]`).replace(/(VERSION = ")/, "$1next");
    assert.notEqual(list, changed);
    writeFileSync(join(root, "sw.js"), changed);
    const update = () => page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update().catch(() => {});
      const worker = registration.installing;
      if (!worker) return "none";
      return new Promise((done) => worker.addEventListener("statechange", () => {
        if (worker.state === "activated" || worker.state === "redundant") done(worker.state);
      }));
    });
    assert.equal(await update(), "redundant");
    await page.goto(host.url("glossary.html"));
    assert.doesNotMatch(await page.locator("h1").innerText(), /next version/);
    // Now all of them.
    writeFileSync(path, text);
    assert.equal(await update(), "activated");
    await page.goto(host.url("glossary.html"));
    assert.match(await page.locator("h1").innerText(), /next version/);
    assert.ok((await versions(page)).includes(before), "the version of open pages stays");
    assert.deepEqual(page.faults, []);
  }));

  test("a frame in another page keeps nothing", () => withPage(browser, { origins: [], options: { serviceWorkers: "allow" } }, async () => {
    for (const path of FILES.filter((path) => isEmbed(path) || isSingle(path)).slice(0, 5)) {
      assert.doesNotMatch(readFileSync(join(DIST, path), "utf8"), /data-worker/, path);
    }
  }));
});
