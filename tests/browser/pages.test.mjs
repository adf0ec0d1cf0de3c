// Every page of the site, whatever pages there are: it loads cleanly under any path, says its text without scripts, fits
// small screens, and axe has nothing against it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { launch, withPage } from "./lib/browser.mjs";
import { serve } from "./lib/server.mjs";
import { DIST, PAGES, isSingle } from "./lib/site.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PREFIXES = ["/", "/a/b/"];
const N_AT_ONCE = 3;
const LOOKS = ["light", "dark"].flatMap((colorScheme) => [360, 1280].map((width) => ({ colorScheme, width })));

let browser;
const hosts = {};

before(async () => {
  browser = await launch();
  for (const prefix of PREFIXES) hosts[prefix] = await serve({ root: DIST, prefix });
});

after(async () => {
  await browser.close();
  for (const host of Object.values(hosts)) await host.close();
});

/** Scrolls past everything, as a reader does, and waits until each figure has answered. */
async function wake(page) {
  const figures = page.locator("figure.figure[data-engine]");
  for (let n = 0; n < (await figures.count()); n += 1) {
    await figures.nth(n).scrollIntoViewIfNeeded();
    await page.waitForFunction((n) => document.querySelectorAll("figure.figure[data-engine]")[n].hasAttribute("data-ready"), n);
  }
  await page.waitForLoadState("networkidle");
}

test("the site has pages", () => assert.ok(PAGES.includes("index.html"), `no pages in ${DIST}`));

for (const prefix of PREFIXES) {
  describe(`under ${prefix} it loads without a complaint or a foreign request`, { concurrency: N_AT_ONCE }, () => {
    for (const path of PAGES) {
      test(path, async () => {
        const host = hosts[prefix];
        await withPage(browser, { origins: [host.origin] }, async (page) => {
          await page.goto(host.url(path));
          await wake(page);
          assert.deepEqual(page.faults, []);
        });
      });
    }
  });
}

describe("the text is there with scripts off", { concurrency: N_AT_ONCE }, () => {
  for (const path of PAGES) {
    test(path, async () => {
      const host = hosts["/"];
      await withPage(browser, { origins: [host.origin], options: { javaScriptEnabled: false } }, async (page) => {
        await page.goto(host.url(path));
        const text = await page.locator("body").innerText();
        assert.ok(text.length > 100, `only ${text.length} characters`);
        for (const figure of await page.locator("figure.figure[data-engine]").all()) {
          const said = await figure.innerText();
          const drawn = await figure.locator("svg, table").count();
          assert.ok(drawn > 0 && said.length > 20, `a figure shows ${drawn} pictures and ${said.length} characters`);
        }
        assert.deepEqual(page.faults, []);
      });
    });
  }
});

describe("nothing scrolls sideways at 320 px", { concurrency: N_AT_ONCE }, () => {
  for (const path of PAGES) {
    test(path, async () => {
      const host = hosts["/"];
      const options = { viewport: { width: 320, height: 640 } };
      await withPage(browser, { origins: [host.origin], options }, async (page) => {
        await page.goto(host.url(path));
        await wake(page);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= 320, `the page is ${width} px wide: ${await widest(page)}`);
      });
    });
  }
});

describe("axe finds nothing", { concurrency: N_AT_ONCE }, () => {
  for (const path of PAGES.filter((path) => !isSingle(path))) {
    test(path, async () => {
      const host = hosts["/"];
      const found = [];
      for (const { colorScheme, width } of LOOKS) {
        // axe is put into the page by us, which the page's own policy rightly forbids.
        const options = { colorScheme, reducedMotion: "reduce", viewport: { width, height: 800 }, bypassCSP: true };
        await withPage(browser, { origins: [host.origin], options }, async (page) => {
          await page.goto(host.url(path));
          await wake(page);
          await page.evaluate(AXE);
          const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
          for (const { id, help, nodes } of violations) {
            for (const node of nodes.slice(0, 3)) found.push(`${colorScheme} ${width}: ${id}: ${help}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`);
          }
        });
      }
      assert.deepEqual(found, []);
    });
  }
});

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
