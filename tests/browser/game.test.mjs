// The game as a reader plays it: by key and by touch, with hints, with a store that is broken or full, and the workshop
// with its faults in place. And what the explorer says aloud.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";
import { PAGES, read } from "./lib/site.mjs";

const GAME = "course/sync/game.html";
const KEY = "interleave.v1.game";
const N_LEVELS_MIN = 24;

const site = hosted();

/** Opens a level in a fresh browser; `prepare` runs before any script of the page. */
const withLevel = (id, use, { options = {}, prepare } = {}) =>
  withPage(site.browser, { origins: [site.host.origin], options: { reducedMotion: "reduce", ...options } }, async (page) => {
    if (prepare) await page.addInitScript(prepare);
    await page.goto(site.host.url(`${GAME}#level=${id}`));
    await page.locator(`.level[data-level="${id}"] figure[data-ready]`).waitFor();
    await use(page);
    assert.deepEqual(page.faults, []);
  });

const board = (page) => page.locator(".board");
const stored = (page) => page.evaluate((key) => localStorage.getItem(key), KEY);
const act = (page, name) => page.locator(`.level [data-act="${name}"]`).first();
const tile = (page, id) => page.locator(`[data-tile="${id}"]`);

/** Presses keys, each once the board has answered the one before. */
async function play(page, keys) {
  await board(page).focus();
  for (const key of keys) {
    const before = await page.locator('.board [data-role="count"]').innerText();
    await page.keyboard.press(key);
    await page.waitForFunction((before) => document.querySelector('.board [data-role="count"]').innerText !== before, before);
  }
}

describe("the game", () => {
  test("is a list of levels with scripts off", async () => {
    const html = read(GAME);
    const n = html.match(/id="level-/g).length;
    assert.ok(n >= N_LEVELS_MIN, `${n} levels`);
    assert.match(read("course/sync/index.html"), /href="game\.html"/);
    assert.ok(PAGES.includes("course/sync/solutions.html"));
    await withPage(site.browser, { origins: [site.host.origin], options: { javaScriptEnabled: false } }, async (page) => {
      await page.goto(site.host.url(GAME));
      const text = await page.locator("main").innerText();
      assert.match(text, /Make counter end as 1/);
      assert.match(text, /counter\+\+/);
      assert.deepEqual(page.faults, []);
    });
  });

  test("no solution is in the page", () => {
    assert.ok(!read(GAME).includes("fence();\n    while (flag"), "a solution is in the page");
  });

  test("is won by key, keeps that, and leads on", () => withLevel("lost_update", async (page) => {
    await play(page, ["1", "2", "2", "2", "1", "1"]);
    await page.locator('[data-end="won"]').waitFor();
    assert.match(await page.locator(".end-head").innerText(), /6 steps/);
    assert.equal(await stored(page), "lost_update=3");
    assert.equal(await tile(page, "lost_update").getAttribute("data-stars"), "3");
    await page.waitForFunction(() => document.activeElement.closest(".level-end"));
    await act(page, "next-level").click();
    await page.locator('.level:not([data-level="lost_update"])').waitFor();
    assert.match(page.url(), /#level=(?!lost_update)/);
    await page.reload();
    await tile(page, "lost_update").waitFor();
    assert.equal(await tile(page, "lost_update").getAttribute("data-stars"), "3");
  }));

  test("is played by touch on a phone, and fits", () => withLevel("last_word", async (page) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `the page is ${width} px wide`);
    const { height } = await page.locator(".turn-step").first().boundingBox();
    assert.ok(height >= 44, `a target of ${height} px`);
    await page.locator('[data-turn="1.0"]').tap();
    await page.locator('[data-turn="1.0"]').waitFor({ state: "detached" });
    await page.locator('[data-turn="0.0"]').tap();
    await page.locator('[data-end="won"]').waitFor();
  }, { options: { hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } } }));

  test("goes back and forth, and says when it ended elsewhere", () => withLevel("last_word", async (page) => {
    await play(page, ["1", "2"]);
    const end = page.locator('[data-end="other"]');
    assert.match(await end.innerText(), /x = 2/);
    await play(page, ["ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowLeft"]);
    assert.equal(await end.count(), 0);
    await play(page, ["2", "r", "2", "1"]);
    await page.locator('[data-end="won"]').waitFor();
    assert.equal(await stored(page), "last_word=3");
  }));

  test("keeps the focus on the button of a thread", () => withLevel("least_of_six", async (page) => {
    await page.locator('[data-turn="1.0"]').focus();
    for (let n = 1; n <= 3; n += 1) {
      await page.keyboard.press("Enter");
      await page.waitForFunction((n) => document.querySelector('[data-role="count"]:not(.map-count)').innerText.startsWith(`${n} step`), n);
      await page.waitForFunction(() => document.activeElement.dataset.turn === "1.0");
    }
  }));

  test("hints lead to the goal, for one star", () => withLevel("swapped_lines", async (page) => {
    for (let n = 0; n < 40 && (await page.locator('[data-end="won"]').count()) === 0; n += 1) {
      await act(page, "hint").click();
      assert.match(await page.locator('[data-role="hint"]').innerText(), /Hint/);
      await page.locator(".turn-step.is-hinted").click();
      await page.locator('[data-role="hint"]').waitFor({ state: "detached" });
    }
    assert.match(await page.locator(".end-more").innerText(), /hints/);
    assert.equal(await stored(page), "swapped_lines=1");
  }));

  test("a hint says when it is too late, and goes back", () => withLevel("lost_update", async (page) => {
    await play(page, ["1", "1", "1", "2"]);
    await page.keyboard.press("h");
    assert.match(await page.locator('[data-role="hint"]').innerText(), /go back to step 2/);
    await act(page, "back-to-good").click();
    await page.locator('.board [data-role="count"]', { hasText: /^2 steps/ }).waitFor();
    await page.keyboard.press("h");
    assert.match(await page.locator('[data-role="hint"]').innerText(), /4 steps are enough/);
  }));

  test("a broken store is read as empty", () => withLevel("last_word", async (page) => {
    assert.match(await page.locator('.map-count').innerText(), /^0 of/);
    await play(page, ["2", "1"]);
    await page.locator('[data-end="won"]').waitFor();
    assert.equal(await stored(page), "last_word=3");
  }, { prepare: () => { if (!sessionStorage.done) { sessionStorage.done = 1; localStorage.setItem("interleave.v1.game", '{"lost":[\u0000 =9 =3 x=y'); } } }));

  test("a full store is told, and the game goes on", () => withLevel("last_word", async (page) => {
    await play(page, ["2", "1"]);
    await page.locator('[data-end="won"]').waitFor();
    assert.match(await page.locator(".game-lost").innerText(), /keeps nothing/);
    assert.equal(await tile(page, "last_word").getAttribute("data-stars"), "3");
  }, { prepare: () => { Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }; } }));

  test("a level that there is not opens the first", () => withPage(site.browser, { origins: [site.host.origin] }, async (page) => {
    await page.goto(site.host.url(`${GAME}#level=nothing`));
    await page.locator('.level[data-level="last_word"]').waitFor();
    assert.deepEqual(page.faults, []);
  }));
});

describe("the workshop", () => {
  const code = (page) => page.locator(".workshop textarea");

  test("shows a schedule that breaks the program, and is won when none does", () => withLevel("mend_ticket", async (page) => {
    await act(page, "try").click();
    const end = page.locator('[data-end="other"]');
    await end.waitFor();
    assert.match(await end.innerText(), /left = -1, sold = 2/);
    await act(page, "show").click();
    await page.locator(".schedule [data-act=forward]").click();
    assert.match(await page.locator('.schedule [data-role="position"]').innerText(), /step 2 of 21/);
    const program = await code(page).inputValue();
    const mended = program.replace("        lock(m);\n", "").replace("        unlock(m);\n", "")
      .replace("    if (0 < left)", "    lock(m);\n    if (0 < left)").replace("    }\n}", "    }\n    unlock(m);\n}");
    await code(page).fill(mended);
    assert.equal(await end.count(), 0, "what was found belongs to another text");
    await code(page).press("Control+Enter");
    await page.locator('[data-end="won"]').waitFor();
    assert.equal(await stored(page), "mend_ticket=3");
  }));

  test("is not won by deleting everything", () => withLevel("mend_counter", async (page) => {
    await code(page).fill("int counter = 2;\nthread A { }\nthread B { }\n// counter++ counter++\n");
    await page.locator(".ensure .is-not").waitFor();
    await act(page, "try").click();
    await page.locator('[data-end="other"]').waitFor();
    assert.equal(await stored(page), null);
  }));

  test("tells a fault at its line and column, and goes there", () => withLevel("mend_counter", async (page) => {
    const program = await code(page).inputValue();
    await code(page).fill(program.replace("lock(m);", "lock(n);"));
    const fault = page.locator(".code-fault");
    await fault.waitFor();
    assert.match(await fault.innerText(), /line 5, column \d+/);
    assert.match(await page.locator(".code-numbers .is-wrong").innerText(), /^5$/);
    assert.equal(await act(page, "try").isDisabled(), true);
    await page.locator('[data-act="to-fault"]').click();
    const at = await code(page).evaluate((it) => it.value.slice(0, it.selectionStart).split("\n").length);
    assert.equal(at, 5);
    await act(page, "again").click();
    await fault.waitFor({ state: "detached" });
    assert.equal(await code(page).inputValue(), program);
  }));

  test("opens hints one by one, and then the solution", () => withLevel("mend_counter", async (page) => {
    await act(page, "hint").click();
    assert.equal(await page.locator(".hints li").count(), 1);
    assert.equal(await act(page, "solution").count(), 0);
    await act(page, "hint").click();
    assert.equal(await act(page, "hint").isDisabled(), true);
    assert.match(await act(page, "solution").getAttribute("href"), /^solutions\.html#level-mend_counter$/);
  }));
});

describe("the explorer", () => {
  const withSim = (fragment, use) => withPage(site.browser, { origins: [site.host.origin] }, async (page) => {
    await page.goto(site.host.url(`sim/sync/program.html#v=1&${fragment}`));
    await use(page);
    assert.deepEqual(page.faults, []);
  });

  test("says the round of a livelock aloud", () => withSim("s=trylock_livelock&tab=explore", async (page) => {
    await page.locator('[data-act="explore"].primary').click();
    const live = page.locator('[aria-live] .ask-wrong');
    await live.waitFor();
    assert.match(await live.innerText(), /livelock, after 10 steps at the least, the last \d+ of which can go round for ever/);
  }));

  test("a program that is typed wrongly is told in place", () => withSim("s=lost_update&tab=change", async (page) => {
    const code = page.locator("textarea.code-input");
    await code.waitFor();
    await code.fill("int counter = 0;\n\nthread A {\n    counter+;\n}\n");
    await code.blur();
    await page.locator(".code-fault").waitFor();
    assert.match(await page.locator(".code-fault").innerText(), /line 4, column 1\d/);
    assert.equal(await code.getAttribute("aria-invalid"), "true");
  }));
});
