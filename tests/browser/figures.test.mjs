// Every figure that has a page of its own, as a reader with a keyboard and a link has it, and how its page looks.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";
import { Figure, wake } from "./lib/figure.mjs";
import { lookAround, pairsOf } from "./lib/looks.mjs";
import { SIMS } from "./lib/site.mjs";

const N_AT_ONCE = 3;

const site = hosted();

/** Opens an address with a figure, gives page and figure to `use`, and wants a clean console at the end. */
function withFigure(path, use, options = {}) {
  return withPage(site.browser, { origins: [site.host.origin], options: { reducedMotion: "reduce", ...options } }, async (page) => {
    await page.goto(site.host.url(path));
    await use(await new Figure(page).ready(), page);
    assert.deepEqual(page.faults, []);
  });
}

test("there are figures", () => assert.notEqual(SIMS.length, 0));

describe("every figure", { concurrency: N_AT_ONCE }, () => {
  for (const path of SIMS) {
    test(path, (t) =>
      site.seats.with(async (page) => {
        await page.goto(site.host.url(path));
        const figure = await new Figure(page).ready();
        await figure.focus();
        await t.test("steps forth and back by key, and stops at both ends", () => walk(figure));
        await t.test("jumps to markers in both directions", () => jump(figure));
        await t.test("a link brings back what was seen, below another path", () => comeBack(figure, page, path));
        await wake(page);
        await t.test("clean console, no foreign request", () => assert.deepEqual(page.faults, []));
        await lookAround(t, page, pairsOf(path).flat(), true);
      }));
  }
});

async function comeBack(figure, page, path) {
  const { hash, seen } = await secondStep(figure, page);
  await page.evaluate(() => [localStorage, sessionStorage].forEach((it) => it.clear()));
  await page.goto(site.atRoot.url(path + hash));
  assert.deepEqual(await standing(await new Figure(page).ready()), seen);
}

async function walk(figure) {
  await figure.press("Home");
  await figure.at(1);
  const { of } = await figure.position();
  assert.ok(of > 1, `${of} steps`);
  const first = await figure.narration();
  await figure.press("ArrowRight");
  await figure.at(2);
  assert.notEqual(await figure.narration(), "");
  await figure.press("ArrowLeft");
  await figure.at(1);
  assert.equal(await figure.narration(), first);
  await figure.press("ArrowLeft");
  await figure.at(1);
  await figure.press("End");
  await figure.at(of);
  await figure.press("ArrowRight");
  await figure.at(of);
}

async function jump(figure) {
  const visit = async (key) => {
    const seen = [(await figure.position()).at];
    for (let n = 0; n < 6; n += 1) {
      await figure.press(key);
      await wait(30);
      seen.push((await figure.position()).at);
    }
    return seen;
  };
  await figure.press("Home");
  await figure.at(1);
  const forth = await visit("]");
  const back = await visit("[");
  assert.deepEqual(forth, forth.toSorted((a, b) => a - b));
  assert.deepEqual(back, back.toSorted((a, b) => b - a));
}

test("space plays and pauses, and the speed is the reader's", () =>
  withFigure(SIMS[0], async (figure) => {
    await figure.focus();
    await figure.press("Home");
    await figure.at(1);
    await figure.press("Space");
    await figure.at(2);
    await figure.press("Space");
    const { at } = await figure.position();
    await wait(1500);
    assert.equal((await figure.position()).at, at);
  }));

test("keys outside a figure and keys with Ctrl are the browser's", () =>
  withFigure(SIMS[0], async (figure, page) => {
    await figure.focus();
    await figure.press("Home");
    await figure.at(1);
    await figure.press("Control+ArrowRight");
    await page.evaluate(() => document.activeElement.blur());
    await figure.press("ArrowRight");
    await wait(300);
    await figure.at(1);
  }));

test("the buttons and the scrubber do what the keys do", () =>
  withFigure(SIMS[0], async (figure) => {
    await figure.control("restart").click();
    await figure.at(1);
    await figure.control("forward").click();
    await figure.at(2);
    await figure.control("back").click();
    await figure.at(1);
    const { of } = await figure.position();
    await figure.control("scrub").focus();
    await figure.press("End");
    await figure.at(of);
    await figure.press("ArrowLeft");
    await figure.at(of - 1);
  }));

test("the live region is empty at first and speaks when the reader acts", () =>
  withFigure(SIMS[0], async (figure) => {
    const live = figure.root.locator("[aria-live]");
    assert.equal(await live.count(), 1);
    assert.equal((await live.innerText()).trim(), "");
    await figure.focus();
    await figure.press("Home");
    await figure.at(1);
    await figure.press("ArrowRight");
    await figure.at(2);
    await assert.doesNotReject(async () => {
      for (const end = Date.now() + 3000; Date.now() < end; await wait(50)) if ((await live.innerText()).trim() !== "") return;
      throw new Error("the live region stays empty");
    });
  }));

const standing = async (figure) => ({ position: await figure.position(), narration: await figure.narration() });

/** Goes to the second step: the state that the address then holds, and what is seen. */
async function secondStep(figure, page) {
  await figure.focus();
  await figure.press("Home");
  await figure.at(1);
  await figure.press("ArrowRight");
  await figure.at(2);
  await page.waitForFunction(() => /[#&]step=2(&|$)/.test(location.hash));
  return { hash: new URL(page.url()).hash, seen: await standing(figure) };
}

const opensAt = (address, seen) => withFigure(address, async (figure) => assert.deepEqual(await standing(figure), seen));

test("the state is also read from the query, and a stranger's tail in the fragment is no harm", () =>
  withFigure(SIMS[0], async (first, page) => {
    const { hash, seen } = await secondStep(first, page);
    const query = `?${hash.slice(1)}`;
    await opensAt(SIMS[0] + query, seen);
    await opensAt(`${SIMS[0]}${query}#?secret=abc`, seen);
    await opensAt(`${SIMS[0]}${query.replace("step=2", "step=1")}${hash}`, seen);
  }));

test("a link with nonsense is answered with a notice, and the figure works", () =>
  withFigure(`${SIMS[0]}#v=1&nonsense=7&step=zzz`, async (figure, page) => {
    assert.match(await page.locator("body").innerText(), /nonsense/);
    await figure.focus();
    await figure.press("End");
    const { at, of } = await figure.position();
    assert.equal(at, of);
  }));

test("a figure lives without a store", () =>
  withPage(site.browser, { origins: [site.host.origin] }, async (page) => {
    await page.addInitScript(() => {
      const denied = () => { throw new DOMException("denied", "SecurityError"); };
      Object.defineProperty(window, "localStorage", { get: denied });
      Object.defineProperty(window, "sessionStorage", { get: denied });
    });
    await page.goto(site.host.url(SIMS[0]));
    const figure = await new Figure(page).ready();
    await figure.focus();
    await figure.press("Home");
    await figure.at(1);
    assert.deepEqual(page.faults, []);
  }));
