// Figures with very many rows: a page of them is drawn, follows the step or stays where the reader has turned.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { putAxe, violations } from "./lib/axe.mjs";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";
import { Figure } from "./lib/figure.mjs";
import { SCHEDULERS, longLink } from "./lib/long.mjs";

/** Most elements of a picture. The red-black tree of CFS is drawn whole, in a frame that scrolls. */
const elementsMax = (path) => (path.includes("/cfs.") ? 4_000 : 2_600);
const N_JOBS = 200;

const site = hosted();

function withLong(path, use) {
  return withPage(site.browser, { origins: [site.host.origin], options: { reducedMotion: "reduce" } }, async (page) => {
    await page.goto(site.host.url(longLink(path, N_JOBS)));
    const figure = await new Figure(page).ready();
    await figure.focus();
    await use(page, figure);
    assert.deepEqual(page.faults, []);
  });
}

const panel = (page, slug) => page.locator(`.figure-picture [data-slug=${slug}]`);
const words = (page, slug) => panel(page, slug).locator(".pager-words").innerText();
const button = (page, slug, name) => panel(page, slug).getByRole("button", { name });
const lanes = (page) => panel(page, "timeline").locator(".gantt-label").allInnerTexts();

describe(`every scheduler with ${N_JOBS} jobs draws what a frame has time for`, { concurrency: 2 }, () => {
  for (const path of SCHEDULERS) {
    test(path, () =>
      withLong(path, async (page, figure) => {
        const { of } = await figure.position();
        assert.ok(of > N_JOBS, `${of} steps`);
        for (const key of ["Home", "5", "End"]) {
          await figure.press(key);
          const n = await page.locator(".figure-picture *").count();
          assert.ok(n <= elementsMax(path), `${n} elements after ${key}`);
        }
      }));
  }
});

test("the page follows who runs, stays where the reader has turned, and follows again", () =>
  withLong("sim/cpu/round_robin.html", async (page, figure) => {
    await figure.press("Home");
    await figure.at(1);
    assert.equal((await words(page, "timeline")).toLowerCase(), "lanes 1 to 24 of 200");
    assert.deepEqual((await lanes(page)).slice(0, 2), ["CPU", "J1"]);
    const runs = panel(page, "timeline").locator(".gantt-label[data-active]");
    for (const key of ["5", "ArrowRight", "ArrowRight"]) {
      await figure.press(key);
      assert.equal(await runs.innerText(), await panel(page, "jobs").locator("tr.is-marked th").innerText());
    }

    await button(page, "timeline", "Later lanes").focus();
    for (let n = 0; n < 10; n += 1) await page.keyboard.press("Enter");
    assert.equal((await words(page, "timeline")).toLowerCase(), "lanes 193 to 200 of 200");
    assert.equal(await button(page, "timeline", "Follow").getAttribute("aria-pressed"), "false");
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Later lanes", "the focus stays");
    await figure.press("Home");
    assert.equal((await words(page, "timeline")).toLowerCase(), "lanes 193 to 200 of 200");
    assert.equal((await words(page, "jobs")).toLowerCase(), "rows 1 to 32 of 200", "the table turns by itself");
    await button(page, "timeline", "Follow").click();
    assert.equal((await words(page, "timeline")).toLowerCase(), "lanes 1 to 24 of 200");
  }));

test("who runs is scrolled into the frame", () =>
  withLong("sim/cpu/round_robin.html", async (page, figure) => {
    for (const key of ["3", "7", "ArrowRight", "ArrowRight"]) {
      await figure.press(key);
      await page.waitForFunction(() => {
        const lane = document.querySelector(".gantt-label[data-active]")?.getBoundingClientRect();
        const frame = document.querySelector(".gantt-frame").getBoundingClientRect();
        return lane && (frame.top <= lane.top && lane.bottom <= frame.bottom);
      });
    }
  }));

test("waiting jobs that are not drawn are counted", () =>
  withLong("sim/cpu/round_robin.html", async (page, figure) => {
    await figure.press("5");
    assert.match(await panel(page, "ready").innerText(), /and \d+ more/);
  }));

for (const [colorScheme, width] of [["light", 360], ["dark", 1280]]) {
  test(`axe has nothing against pages of lanes, ${colorScheme}, ${width} px, and they fit 320 px`, () =>
    withLong("sim/cpu/round_robin.html", async (page, figure) => {
      await figure.press("5");
      await page.setViewportSize({ width: 320, height: 640 });
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await putAxe(page);
      assert.deepEqual(await violations(page), []);
    }));
}
