// The cheat sheet: on paper exactly two sheets of A4 in two columns, in a size that can be read, with nothing cut off.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";
import { read } from "./lib/site.mjs";

const PATH = "print/cheat_sheet.html";
const N_SHEETS = 2;
const POINTS = [8, 9];
const POINTS_PER_PX = 0.75;
// A4, with the margins of the style sheet taken off, at 96 px an inch.
const SHEET = { width: 726, height: 1062 };

const site = hosted();

/** The sheet as the printer gets it, whatever the screen looked like. */
const withSheet = (use) =>
  withPage(site.browser, { origins: [site.host.origin], options: { viewport: SHEET, colorScheme: "dark" } }, async (page) => {
    await page.goto(site.host.url(PATH));
    await page.emulateMedia({ media: "print" });
    await use(page);
    assert.deepEqual(page.faults, []);
  });

describe("the cheat sheet", () => {
  test("starts no program", () => assert.doesNotMatch(read(PATH), /data-app=|data-figure|data-quiz/));

  test(`is ${N_SHEETS} sheets of A4`, (t) => withSheet(async (page) => {
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    assert.equal(pdf.match(/\/Type\s*\/Page\b/g).length, N_SHEETS);
    const [width, height] = pdf.match(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/).slice(1).map(Number);
    t.diagnostic(`${width} × ${height} points`);
    assert.ok(Math.abs(width - 595) < 2 && Math.abs(height - 842) < 2, `${width} × ${height} points`);
  }));

  test(`has two columns, and its type is ${POINTS.join(" to ")} points`, () => withSheet(async (page) => {
    const [columns, sizes] = await page.evaluate(() => [
      getComputedStyle(document.querySelector(".sheet")).columnCount,
      [...document.querySelectorAll(".sheet :is(li, td)")].map((it) => parseFloat(getComputedStyle(it).fontSize)),
    ]);
    assert.equal(columns, "2");
    const points = sizes.map((it) => it * POINTS_PER_PX);
    assert.ok(points.every((it) => POINTS[0] - 0.01 <= it && it <= POINTS[1]), `${Math.min(...points)} to ${Math.max(...points)} points`);
  }));

  test("nothing sticks out of a column", () => withSheet(async (page) => {
    const wide = await page.evaluate(() => {
      const sheet = document.querySelector(".sheet");
      const style = getComputedStyle(sheet);
      const column = (sheet.clientWidth - parseFloat(style.columnGap)) / 2;
      const boxes = [...sheet.querySelectorAll("table, math, h2, code")];
      return boxes.filter((it) => column + 1 < it.getBoundingClientRect().width).map((it) => it.outerHTML.slice(0, 80));
    });
    assert.deepEqual(wide, []);
  }));
});
