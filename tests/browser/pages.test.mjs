// Every page of the site, whatever pages there are: it loads cleanly under any path, says its text without scripts, fits
// small screens, and axe has nothing against it. Pages for paper have paper.test.mjs.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { putAxe, violations, violationsOfLooks } from "./lib/axe.mjs";
import { Seats, launch, withPage } from "./lib/browser.mjs";
import { wake } from "./lib/figure.mjs";
import { serve } from "./lib/server.mjs";
import { DIST, PAGES, SIMS, firsts, folder, isEmbed, isPaper, isSingle } from "./lib/site.mjs";

const PREFIXES = ["/", "/a/b/"];
const N_AT_ONCE = 3;
const LOOKS = [["light", 360], ["dark", 1280], ["dark", 360], ["light", 1280]];

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

/**
 * Where a page is loaded, and in which colours and widths it is then looked at. Each is loaded below both paths (those of the engines below the longer one by
 * figures.test.mjs) and seen in both colours and at both widths, in turn in the one pair of looks and in the other; the first of a folder in all four.
 */
function visits(path) {
  const place = PAGES.filter((it) => folder(it) === folder(path)).indexOf(path);
  const pairs = [LOOKS.slice(0, 2), LOOKS.slice(2)];
  if (place === 0) return PREFIXES.map((prefix, n) => [prefix, pairs[n]]);
  const looks = pairs[place % pairs.length];
  return SIMS.includes(path) ? [[PREFIXES[0], looks]] : PREFIXES.map((prefix, n) => [prefix, [looks[n]]]);
}

/** One load of a page serves several questions: a load costs more than they do. */
function lookAt(t, path, prefix, looks) {
  return seats[prefix].with(async (page) => {
    await page.goto(hosts[prefix].url(path));
    await wake(page);
    await t.test("clean console, no foreign request", () => assert.deepEqual(page.faults, []));
    await t.test("no sideways scroll at 320 px", async () => {
      await page.setViewportSize({ width: 320, height: 640 });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 320, `the page is ${width} px wide: ${await widest(page)}`);
    });
    await putAxe(page);
    for (const [n, [colorScheme, width]] of looks.entries()) {
      // What does not depend on looks is asked once.
      const ask = n === 0 && prefix === PREFIXES[0] ? violations : violationsOfLooks;
      await t.test(`axe finds nothing, ${colorScheme}, ${width} px`, async () => {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        assert.deepEqual(await ask(page), []);
      });
    }
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

/** The elements that stick out, for the message of a failure. */
function widest(page) {
  return page.evaluate(() => {
    const out = [...document.body.querySelectorAll("*")].filter((it) => it.getBoundingClientRect().right > innerWidth + 1);
    return out.slice(0, 5).map((it) => `<${it.tagName.toLowerCase()} class="${it.getAttribute("class") ?? ""}">`).join(" ");
  });
}
