// Every page of the site, whatever pages there are: it loads cleanly under any path, says its text without scripts, fits
// small screens, and axe has nothing against it. Pages for paper have paper.test.mjs.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { putAxe, violations } from "./lib/axe.mjs";
import { Seats, launch, withPage } from "./lib/browser.mjs";
import { wake } from "./lib/figure.mjs";
import { serve } from "./lib/server.mjs";
import { DIST, PAGES, SIMS, isEmbed, isPaper, isSingle } from "./lib/site.mjs";

const PREFIXES = ["/", "/a/b/"];
const N_AT_ONCE = 3;

let browser;
const hosts = {};
// Pages to look at, to load below a path, and to read without scripts.
const seats = {};

before(async () => {
  browser = await launch();
  for (const prefix of PREFIXES) hosts[prefix] = await serve({ root: DIST, prefix });
  const at = (prefix, options) => new Seats(browser, { origins: [hosts[prefix].origin], options });
  seats.look = at("/", { reducedMotion: "reduce" });
  seats.below = at("/a/b/", {});
  seats.still = at("/", { javaScriptEnabled: false });
});

after(async () => {
  await browser.close();
  for (const host of Object.values(hosts)) await host.close();
});

test("the site has pages", () => assert.ok(PAGES.includes("index.html"), `no pages in ${DIST}`));

/** The pages of the same folder, this one among them. */
function folderOf(path) {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return PAGES.filter((it) => it.startsWith(folder));
}

/**
 * Whether a page of the same kind and domain stands for this one where paths, scripts and axe are concerned. Frames and single files come by the dozen
 * from one template, around a figure that is looked at on its own page; each is loaded once, and files.test.mjs follows the links of all.
 */
function hasElder(path) {
  return (isEmbed(path) || isSingle(path)) && folderOf(path)[0] !== path;
}

describe("every page", { concurrency: N_AT_ONCE }, () => {
  for (const path of PAGES.filter((path) => !isPaper(path))) {
    describe(path, { concurrency: 1 }, () => {
      test("under / it loads without a complaint, and fits and reads everywhere", (t) => lookAt(t, path));
      if (hasElder(path)) return;
      // Those of the engines are opened there by figures.test.mjs, which wants the same.
      if (!SIMS.includes(path)) test("under /a/b/ it loads without a complaint or a foreign request", () => loadUnderPath(path));
      test("its text is there with scripts off", () => loadWithoutScripts(path));
    });
  }
});

const LOOKS = [["light", 360], ["dark", 1280], ["dark", 360], ["light", 1280]];

/**
 * The colours and widths in which a page is looked at. The first of a folder is looked at in all four; of the others every second one in the one
 * pair and the rest in the other, so that each is seen in both colours and at both widths: axe takes longer than everything else together.
 */
function looks(path) {
  const place = folderOf(path).indexOf(path);
  if (place === 0) return LOOKS;
  return place % 2 === 1 ? LOOKS.slice(0, 2) : LOOKS.slice(2);
}

/** One load of a page serves several questions: a load costs more than they do. */
function lookAt(t, path) {
  return seats.look.with(async (page) => {
    await page.goto(hosts["/"].url(path));
    await wake(page);
    await t.test("clean console, no foreign request", () => assert.deepEqual(page.faults, []));
    await t.test("no sideways scroll at 320 px", async () => {
      await page.setViewportSize({ width: 320, height: 640 });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 320, `the page is ${width} px wide: ${await widest(page)}`);
    });
    // A single file is an embed page with everything inside; the embed page is looked at.
    if (isSingle(path) || hasElder(path)) return;
    await putAxe(page);
    for (const [colorScheme, width] of looks(path)) {
      await t.test(`axe finds nothing, ${colorScheme}, ${width} px`, async () => {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        assert.deepEqual(await violations(page), []);
      });
    }
  });
}

function loadUnderPath(path) {
  return seats.below.with(async (page) => {
    await page.goto(hosts["/a/b/"].url(path));
    await wake(page);
    assert.deepEqual(page.faults, []);
  });
}

function loadWithoutScripts(path) {
  return seats.still.with(async (page) => {
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
