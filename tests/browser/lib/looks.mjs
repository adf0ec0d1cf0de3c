// How a page looks in both colours and at both widths, once it is loaded and awake.
import assert from "node:assert/strict";
import { putAxe, violations, violationsOfLooks } from "./axe.mjs";
import { PAGES, folder } from "./site.mjs";

const PAIRS = [[["light", 360], ["dark", 1280]], [["dark", 360], ["light", 1280]]];

/**
 * The colours and widths in which a page is looked at: both colours and both widths, in turn in the one pair of looks and in
 * the other; the first of a folder in both pairs.
 */
export function pairsOf(path) {
  const place = PAGES.filter((it) => folder(it) === folder(path)).indexOf(path);
  return place === 0 ? PAIRS : [PAIRS[place % PAIRS.length]];
}

/** Has the page fit a small screen, and axe look at it. What does not depend on looks is asked at the first look, if `isFirst`. */
export async function lookAround(t, page, looks, isFirst) {
  await t.test("no sideways scroll at 320 px", async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 320, `the page is ${width} px wide: ${await widest(page)}`);
  });
  await putAxe(page);
  for (const [n, [colorScheme, width]] of looks.entries()) {
    const ask = isFirst && n === 0 ? violations : violationsOfLooks;
    await t.test(`axe finds nothing, ${colorScheme}, ${width} px`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      assert.deepEqual(await ask(page), []);
    });
  }
}

/** The elements that stick out, for the message of a failure. */
function widest(page) {
  return page.evaluate(() => {
    const out = [...document.body.querySelectorAll("*")].filter((it) => it.getBoundingClientRect().right > innerWidth + 1);
    return out.slice(0, 5).map((it) => `<${it.tagName.toLowerCase()} class="${it.getAttribute("class") ?? ""}">`).join(" ");
  });
}
