// Two futures beside each other: kept by key, changed by a step or a setting, and told apart.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";
import { Figure } from "./lib/figure.mjs";
import { putAxe, violations } from "./lib/axe.mjs";

const site = hosted();

function withFigure(path, use) {
  return withPage(site.browser, { origins: [site.host.origin], options: { reducedMotion: "reduce" } }, async (page) => {
    await page.goto(site.host.url(path));
    const figure = await new Figure(page).ready();
    await use(page, figure);
    assert.deepEqual(page.faults, []);
  });
}

const fork = (page) => page.locator(".fork");

/** The fragment once it rests: it is written a moment after the last change. */
async function settled(page) {
  for (let last; ; ) {
    const hash = await page.evaluate(() => location.hash);
    if (hash === last) return hash;
    last = hash;
    await page.waitForTimeout(400);
  }
}

describe("a future is kept", () => {
  test("by key, and another schedule of a program is told from it", () =>
    withFigure("sim/sync/program.html", async (page, figure) => {
      await figure.focus();
      await page.keyboard.press("Home");
      await page.keyboard.press("Shift+F");
      await fork(page).getByText("Both futures are the same so far.").waitFor();
      // The last of those who could step: the run as it was took the first.
      const steps = page.locator(".choices button");
      await steps.last().click();
      await fork(page).getByText(/^Changed: .*The same for \d+ steps?, then:$/).waitFor();
      const [kept, now] = await fork(page).locator(".fork-steps dd").allTextContents();
      assert.notEqual(kept, now);
      assert.deepEqual(await fork(page).locator(".compare-name").allTextContents(), ["Kept", "Now"]);
      await page.locator("[data-act=swap]").click();
      await page.waitForFunction((first) => document.querySelector(".fork-steps dd")?.textContent === first, now);
      const swapped = await fork(page).locator(".fork-steps dd").allTextContents();
      assert.deepEqual(swapped, [now, kept]);
      // Both are in the link.
      const hash = await settled(page);
      assert.ok(hash.includes("&kept="), hash);
      await page.goto("about:blank");
      await page.goto(site.host.url(`sim/sync/program.html${hash}`));
      await fork(page).locator(".fork-steps").waitFor();
      assert.deepEqual(await fork(page).locator(".fork-steps dd").allTextContents(), swapped);
    }));

  test("by a button, and a changed setting is named; what differs first is gone to", () =>
    withFigure("sim/cpu/round_robin.html", async (page, figure) => {
      await page.getByRole("button", { name: "Fork", exact: true }).click();
      await page.locator("[data-act=keep]").first().click();
      await page.getByRole("button", { name: "Change it" }).click();
      const quantum = page.getByLabel("Quantum", { exact: false }).first();
      await quantum.fill("7");
      await quantum.blur();
      await page.getByRole("button", { name: "Fork", exact: true }).click();
      await fork(page).getByText(/^Changed: Quantum/).waitFor();
      await page.locator("[data-act=difference]").click();
      const said = await figure.narration();
      const [, now] = await fork(page).locator(".fork-steps dd").allTextContents();
      assert.ok(said.includes(now), `${said} does not say ${now}`);
      await putAxe(page);
      assert.deepEqual(await violations(page), []);
      await page.locator("[data-act=forget]").click();
      await fork(page).getByText("Keep this future").first().waitFor();
    }));
});
