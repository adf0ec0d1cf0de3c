// Every page of the site, whatever pages there are: it loads cleanly under any path, says its text without scripts, fits
// small screens, and axe has nothing against it. Pages for paper have paper.test.mjs.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Seats, launch, withPage } from "./lib/browser.mjs";
import { wake } from "./lib/figure.mjs";
import { lookAround, pairsOf } from "./lib/looks.mjs";
import { serve } from "./lib/server.mjs";
import { DIST, PAGES, SIMS, firsts, folder, isEmbed, isPaper, isSingle } from "./lib/site.mjs";

const PREFIXES = ["/", "/a/b/"];
const N_AT_ONCE = 3;

let browser;
const hosts = {};
// Pages to look at below each path, and to read without scripts.
const seats = {};
let still;

before(async () => {
  browser = await launch();
  for (const prefix of PREFIXES) {
    hosts[prefix] = await serve({ root: DIST, prefix });
    seats[prefix] = new Seats(browser, { origins: [hosts[prefix].origin], options: { reducedMotion: "reduce" } });
  }
  still = new Seats(browser, { origins: [hosts["/"].origin], options: { javaScriptEnabled: false } });
});

after(async () => {
  await browser.close();
  for (const host of Object.values(hosts)) await host.close();
});

test("the site has pages", () => assert.ok(PAGES.includes("index.html"), `no pages in ${DIST}`));

// A single file is the frame of the same name with everything inside (files.test.mjs), and embed.test.mjs opens one of each script.
const LOOKED_AT = PAGES.filter((path) => !isPaper(path) && !isSingle(path));
// The frames of a domain come from one template around figures that are looked at on their own pages; embed.test.mjs opens them all.
const FIRST_FRAMES = firsts(PAGES.filter(isEmbed), folder);

describe("every page", { concurrency: N_AT_ONCE }, () => {
  for (const path of LOOKED_AT.filter((path) => !isEmbed(path) || FIRST_FRAMES.includes(path))) {
    describe(path, { concurrency: 1 }, () => {
      for (const [prefix, looks] of visits(path)) {
        test(`under ${prefix} it loads without a complaint, and fits and reads everywhere`, (t) => lookAt(t, path, prefix, looks));
      }
      test("its text is there with scripts off", () => loadWithoutScripts(path));
    });
  }
});

/** Below which path a page is loaded, and in which colours and widths it is then looked at. figures.test.mjs loads those of the engines. */
function visits(path) {
  if (SIMS.includes(path)) return [];
  const pairs = pairsOf(path);
  return PREFIXES.map((prefix, n) => [prefix, pairs.length > 1 ? pairs[n] : [pairs[0][n]]]);
}

/** One load of a page serves several questions: a load costs more than they do. */
function lookAt(t, path, prefix, looks) {
  return seats[prefix].with(async (page) => {
    await page.goto(hosts[prefix].url(path));
    await wake(page);
    await t.test("clean console, no foreign request", () => assert.deepEqual(page.faults, []));
    await lookAround(t, page, looks, prefix === PREFIXES[0]);
  });
}

function loadWithoutScripts(path) {
  return still.with(async (page) => {
    await page.goto(hosts["/"].url(path));
    const text = await page.locator("body").innerText();
    assert.ok(text.length > 100, `only ${text.length} characters`);
    for (const figure of await page.locator("figure.figure[data-engine]").all()) {
      const said = await figure.innerText();
      const drawn = await figure.locator(".panel").count();
      assert.ok(drawn > 0 && said.length > 20, `a figure shows ${drawn} panels and ${said.length} characters`);
    }
    assert.deepEqual(page.faults, []);
  });
}

test("an address that does not exist gets the page for that, at any depth", async () => {
  for (const prefix of PREFIXES) {
    const host = hosts[prefix];
    const address = host.url("no/such/page.html");
    const tolerate = (fault) => fault.includes(address);
    await withPage(browser, { origins: [host.origin], tolerate }, async (page) => {
      const response = await page.goto(address);
      assert.equal(response.status(), 404);
      assert.notEqual(await page.locator("h1").innerText(), "");
      assert.deepEqual(page.faults, []);
    });
  }
});
