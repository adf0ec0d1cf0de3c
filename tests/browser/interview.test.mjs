// Interview practice: readable without scripts, one question at a time, ratings that survive what a store may hold.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";

const PATH = "course/reference/interview.html";
const KEY = "interleave.v1.interview";
const N_QUESTIONS_MIN = 25;

const site = hosted();

/** Opens the page, after `prepare` has run in it. */
const withPractice = (use, { prepare, argument, options = {} } = {}) =>
  withPage(site.browser, { origins: [site.host.origin], options }, async (page) => {
    if (prepare) await page.addInitScript(prepare, argument);
    await page.goto(site.host.url(PATH));
    await use(page);
    assert.deepEqual(page.faults, []);
  });

const box = (page) => page.locator(".interview-box");
const status = (page) => page.locator(".interview-status").innerText();

/** Asks, opens the outline, and rates; the question. */
async function answer(page, rating) {
  await page.locator(".interview-choose button").click();
  const question = await page.locator(".interview-question").innerText();
  await page.getByRole("button", { name: "Show the outline" }).click();
  await page.locator(`[data-rate=${rating}]`).click();
  return question;
}

describe("interview practice", () => {
  test("is a list of questions with outlines when scripts are off", () =>
    withPractice(async (page) => {
      assert.equal(await box(page).count(), 0);
      const details = page.locator(".prose h3 + details");
      assert.ok((await details.count()) >= N_QUESTIONS_MIN);
      await details.first().locator("summary").click();
      assert.ok(await details.first().locator("ol li").first().isVisible());
      for (const word of ["Follow-up.", "The trap.", "Read."]) assert.ok((await details.first().innerText()).includes(word), word);
    }, { options: { javaScriptEnabled: false } }));

  test("no other page loads its script", () =>
    withPage(site.browser, { origins: [site.host.origin] }, async (page) => {
      await page.goto(site.host.url("course/reference/rapid_fire.html"));
      assert.equal(await page.locator("script[src*='interview-']").count(), 0);
    }));

  test("asks, shows the outline, and keeps a rating over a reload", () =>
    withPractice(async (page) => {
      assert.match(await status(page), /^0 of \d+ rated/);
      await page.locator(".interview-choose button").click();
      await page.waitForFunction(() => document.activeElement.className === "interview-question");
      assert.equal(await page.locator(".interview-outline").isVisible(), false);
      await page.getByRole("button", { name: "Show the outline" }).click();
      assert.ok((await page.locator(".interview-outline li").count()) >= 4);
      await page.locator("[data-rate=weak]").click();
      assert.match(await status(page), /^1 of \d+ rated: 1 weak/);
      const question = await page.locator(".interview-question").innerText();
      await page.reload();
      assert.match(await status(page), /^1 of \d+ rated: 1 weak/);
      const marked = page.locator("h3 + details", { has: page.locator("[data-rating=weak]") });
      assert.equal(await marked.evaluate((it) => it.previousElementSibling.textContent), question);
    }));

  test("by theme, and only weak ones", () =>
    withPractice(async (page) => {
      await page.locator("#interview-theme").selectOption("Locks");
      const locks = await page.locator("h2#locks ~ h3").allInnerTexts();
      const first = await answer(page, "solid");
      const second = await answer(page, "weak");
      assert.notEqual(first, second);
      assert.ok(locks.includes(first) && locks.includes(second));
      await page.locator("#interview-weak").check();
      for (let n = 0; n < 3; n += 1) {
        await page.locator(".interview-choose button").click();
        assert.equal(await page.locator(".interview-question").innerText(), second);
      }
      await page.locator("#interview-theme").selectOption("Memory");
      await page.locator(".interview-choose button").click();
      assert.match(await status(page), /^Nothing fits/);
      assert.equal(await page.locator(".interview-card").isVisible(), false);
    }));

  test("asks each question once before it repeats one", () =>
    withPractice(async (page) => {
      const total = await page.locator("h3 + details").count();
      const seen = new Set();
      for (let n = 0; n < total; n += 1) {
        await page.locator(".interview-choose button").click();
        seen.add(await page.locator(".interview-question").innerText());
      }
      assert.equal(seen.size, total);
    }));

  test("the clock runs only if wanted", () =>
    withPractice(async (page) => {
      await page.clock.install();
      await page.locator(".interview-choose button").click();
      assert.equal(await page.locator(".interview-clock").isVisible(), false);
      await page.locator("#interview-timer").check();
      assert.match(await page.locator(".interview-clock").innerText(), /^3:00 left|^2:5\d left/);
      await page.clock.runFor(181_000);
      assert.match(await page.locator(".interview-clock").innerText(), /^Time/);
      await page.getByRole("button", { name: "Show the outline" }).click();
      assert.equal(await page.locator(".interview-clock").isVisible(), false);
    }));

  test("forgets its ratings when told to", () =>
    withPractice(async (page) => {
      await answer(page, "fair");
      await page.getByRole("button", { name: "Forget my ratings" }).click();
      assert.match(await status(page), /^0 of/);
      assert.equal(await page.evaluate((key) => localStorage.getItem(key), KEY), null);
    }));

  for (const rubbish of ["{", "null", "7", '["weak"]', '{"futex": 3, "aba": "great"}', '{"__proto__": "weak"}']) {
    test(`lives with ${rubbish} in the store`, () =>
      withPractice(async (page) => {
        assert.match(await status(page), /^0 of/);
        await answer(page, "solid");
        assert.match(await status(page), /^1 of/);
      }, { prepare: ([key, text]) => localStorage.setItem(key, text), argument: [KEY, rubbish] }));
  }

  test("works where the store throws, and says so", () =>
    withPractice(async (page) => {
      await answer(page, "weak");
      assert.match(await status(page), /^1 of \d+ rated: 1 weak.*keeps nothing/);
      await answer(page, "fair");
      assert.match(await status(page), /^2 of/);
    }, {
      prepare: () => Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } }),
    }));

  test("fits a narrow screen", () =>
    withPractice(async (page) => {
      await answer(page, "weak");
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    }, { options: { viewport: { width: 320, height: 700 } } }));
});
