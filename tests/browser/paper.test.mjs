// Pages for paper: whole, in order, with every link and id right, and a PDF of them looks like a text and not like a screen.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { putAxe, violations } from "./lib/axe.mjs";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";
import { PAGES, isPaper, read } from "./lib/site.mjs";

const PAPERS = PAGES.filter(isPaper);
// One short module stands for all where a whole course would only take longer.
const SHORT = "print/deadlock.html";

const site = hosted();

const withPaper = (path, use, options = {}) =>
  withPage(site.browser, { origins: [site.host.origin], options }, async (page) => {
    await page.goto(site.host.url(path));
    await use(page);
    assert.deepEqual(page.faults, []);
  });

test("every module that can be read has its paper, and the course has one", () => {
  const modules = PAGES.flatMap((path) => path.match(/^course\/(\w+)\/index\.html$/)?.[1] ?? []);
  assert.deepEqual(PAPERS, [...modules, "course"].sort().map((it) => `print/${it}.html`));
});

describe("a paper", { concurrency: 2 }, () => {
  for (const path of PAPERS) {
    test(`${path}: ids are single, links lead somewhere, no program starts`, () => {
      const html = read(path);
      const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map((it) => it[1]);
      const twice = ids.filter((id, n) => id === "" || ids.indexOf(id) !== n);
      assert.deepEqual(twice.slice(0, 5), []);
      const has = new Set(ids);
      const named = [...html.matchAll(/\s(?:aria-labelledby|aria-describedby|for)="([^"]*)"/g)].flatMap((it) => it[1].split(" "));
      const links = [...html.matchAll(/\shref="#([^"]*)"/g)].map((it) => it[1]);
      assert.deepEqual([...named, ...links].filter((id) => !has.has(id)).slice(0, 5), []);
      assert.doesNotMatch(html, /data-app=|data-figure|data-quiz/);
    });
  }

  test("every lesson of a module stands on it, in order, and so does every question's answer", () => withPaper(SHORT, async (page) => {
    const lessons = [...read("course/deadlock/index.html").matchAll(/<h3><a href="[^"]*\/deadlock\/\w+\.html">([^<]*)</g)].map((it) => it[1]);
    const titles = await page.locator(".paper-lesson > .paper-title").allInnerTexts();
    assert.deepEqual(titles, lessons);
    const n = await page.locator(".paper-question").count();
    assert.ok(10 < n, `${n} questions`);
    assert.equal(await page.locator(".paper-answers > ol > li").count(), n);
  }));

  test("fits a phone, and axe finds nothing", () => withPaper(SHORT, async (page) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `${width} px`);
    await putAxe(page);
    assert.deepEqual(await violations(page), []);
  }, { viewport: { width: 360, height: 800 } }));

  test("is printed light and within the sheet, from a dark screen too", () => withPaper(SHORT, async (page) => {
    await page.evaluate(() => { document.documentElement.dataset.theme = "dark"; });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    // A4 without its margins, at 96 px an inch.
    await page.setViewportSize({ width: 680, height: 980 });
    const [ground, width] = await page.evaluate(() => [getComputedStyle(document.body).color, document.documentElement.scrollWidth]);
    const [r, g, b] = ground.match(/\d+/g).map(Number);
    assert.ok(r + g + b < 200, `text is ${ground}`);
    assert.ok(width <= 680, `${width} px wide`);
    assert.ok(await page.locator(".top").isHidden());
    const pdf = await page.pdf({ preferCSSPageSize: true });
    const n = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
    assert.ok(15 < n && n < 120, `${n} sheets`);
  }));
});
