// Flash cards: rated by keyboard, scheduled by day, kept, taken back, exported; with the time given by the test.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readFile } from "node:fs/promises";
import { putAxe, violations } from "./lib/axe.mjs";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";

const NOON = Date.parse("2026-03-02T12:00:00Z");
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const site = hosted();

const withSite = (use, { init, ...options } = {}) =>
  withPage(site.browser, { origins: [site.host.origin], options: { timezoneId: "UTC", ...options } }, async (page) => {
    if (init) await page.addInitScript(init);
    await open(page, NOON);
    await use(page);
    assert.deepEqual(page.faults, []);
  });

/** Opens the page at a time, and waits until the cards are there. */
async function open(page, time) {
  await page.clock.setFixedTime(time);
  await page.goto(site.host.url("cards.html"));
  await page.locator("[data-role=waiting]", { hasText: /learned|Nothing|Choose/ }).waitFor();
}

const waiting = (page) => page.locator("[data-role=waiting]").innerText();
const counts = (page) => page.locator("[data-role=counts]").innerText();
const said = (page) => page.locator("[data-role=said]").innerText();
const card = (page) => page.locator("[data-card]").getAttribute("data-card");
const focused = (page) => page.evaluate(() => document.activeElement.id);
const start = async (page) => {
  await page.locator("[data-act=start]").click();
  await page.waitForFunction(() => document.activeElement.id === "review");
};
const show = async (page) => {
  await page.keyboard.press("Space");
  await page.waitForFunction(() => document.activeElement.id === "card-back");
};
const rate = async (page, key) => {
  await show(page);
  await page.keyboard.press(key);
  await page.waitForFunction(() => document.activeElement.id === "review");
};

describe("flash cards", () => {
  test("are rated by keyboard, say when they come again, and rest when all are done", () => withSite(async (page) => {
    await page.locator("#new-a-day").fill("2");
    await page.locator("#new-a-day").blur();
    assert.equal(await waiting(page), "0 being learned · 0 due · 2 new");
    await start(page);
    const first = await card(page);
    assert.match(first, /^[tq]:/);
    // Before its back is seen a card cannot be rated.
    await page.keyboard.press("3");
    assert.equal(await card(page), first);
    await show(page);
    const waits = await page.locator(".rating small").allInnerTexts();
    assert.deepEqual(waits, ["1 min", "6 min", "10 min", "8 days"]);
    await page.keyboard.press("3");
    await page.waitForFunction((first) => document.querySelector("[data-card]")?.dataset.card !== first, first);
    assert.equal(await said(page), "Good. This card comes again in 10 min.");
    assert.equal(await counts(page), "1 being learned · 0 due · 1 new");
    await rate(page, "4");
    // Nothing else to do: the short wait is cut.
    assert.equal(await card(page), first);
    await show(page);
    assert.deepEqual(await page.locator(".rating small").allInnerTexts(), ["1 min", "10 min", "2 days", "4 days"]);
    await page.keyboard.press("3");
    await page.locator("#review-done").waitFor();
    assert.match(await said(page), /comes again in 2 days/);
    await page.locator("[data-act=leave]").click();
    assert.equal(await waiting(page), "Nothing waits today.");
    await open(page, NOON + 2 * DAY);
    assert.equal(await waiting(page), "0 being learned · 1 due · 2 new");
    await page.locator("[data-role=due] summary").click();
    assert.equal(await page.locator("[data-role=due] li").count(), 1);
    await start(page);
    assert.equal(await card(page), first);
  }));

  test("a day begins at four, and brings new cards", () => withSite(async (page) => {
    await page.locator("#new-a-day").fill("1");
    await page.locator("#new-a-day").blur();
    await start(page);
    await rate(page, "4");
    await page.locator("#review-done").waitFor();
    await open(page, NOON + 15 * 60 * MINUTE);
    assert.equal(await waiting(page), "Nothing waits today.");
    await open(page, NOON + 16 * 60 * MINUTE);
    assert.equal(await waiting(page), "0 being learned · 0 due · 1 new");
  }));

  test("a rating can be taken back, one after another", () => withSite(async (page) => {
    await start(page);
    const first = await card(page);
    await rate(page, "1");
    const second = await card(page);
    assert.notEqual(second, first);
    await rate(page, "4");
    await page.keyboard.press("u");
    await page.waitForFunction((id) => document.querySelector("[data-card]").dataset.card === id, second);
    assert.equal(await said(page), "Taken back.");
    await page.locator("[data-act=undo]").click();
    await page.waitForFunction((id) => document.querySelector("[data-card]").dataset.card === id, first);
    assert.ok(await page.locator("[data-act=undo]").isDisabled());
    assert.equal(await counts(page), "0 being learned · 0 due · 10 new");
    assert.deepEqual(await page.evaluate(() => JSON.parse(localStorage.getItem("interleave.v1.cards")).cards), {});
  }));

  test("buttons do the same, and other keys are left to the page", () => withSite(async (page) => {
    await start(page);
    const first = await card(page);
    await page.keyboard.press("Control+3");
    await page.locator("[data-act=show]").click();
    await page.waitForFunction(() => document.activeElement.id === "card-back");
    assert.match(await page.locator("#card-back").innerText(), /\w/);
    await page.locator("[data-rating=Hard]").click();
    await page.waitForFunction((first) => document.querySelector("[data-card]")?.dataset.card !== first, first);
    assert.equal(await said(page), "Hard. This card comes again in 6 min.");
    assert.equal(await focused(page), "review");
  }));

  test("decks can be chosen, and the choice is kept", () => withSite(async (page) => {
    await page.locator("[data-deck=q]").uncheck();
    await page.locator("[data-deck=deadlock]").check();
    for (const box of await page.locator("[data-deck]:not([data-deck=t], [data-deck=q], [data-deck=deadlock])").all()) await box.uncheck();
    await page.locator("[data-role=waiting]", { hasText: "10 new" }).waitFor();
    await open(page, NOON);
    assert.ok(await page.locator("[data-deck=deadlock]").isChecked());
    assert.ok(!(await page.locator("[data-deck=q]").isChecked()));
    await start(page);
    assert.match(await page.locator("#card-kind").innerText(), /^Term · Deadlock$/);
  }));

  test("go to Anki as tab-separated text", () => withSite(async (page) => {
    const coming = page.waitForEvent("download");
    await page.locator("[data-act=anki]").click();
    const download = await coming;
    const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\n");
    const head = lines.filter((it) => it.startsWith("#"));
    assert.deepEqual(head, ["#separator:tab", "#html:true", "#guid column:1", "#notetype:Basic", "#deck:Interleave", "#tags column:4"]);
    const notes = lines.slice(head.length).map((it) => it.split("\t"));
    assert.ok(notes.length > 20, `${notes.length} notes`);
    for (const fields of notes) {
      assert.equal(fields.length, 4, fields.join(" | "));
      assert.match(fields[0], /^interleave-[tq]:/);
      assert.ok(fields[1] !== "" && fields[2] !== "", fields[0]);
      assert.match(fields[3], /^interleave \S+ (term|question)$/);
      assert.doesNotMatch(fields.join(" "), /<a[ >]/);
    }
    assert.equal(new Set(notes.map((it) => it[0])).size, notes.length);
  }));

  test("are part of the file of progress", () => withSite(async (page) => {
    await start(page);
    const first = await card(page);
    await rate(page, "4");
    await page.goto(site.host.url("progress.html"));
    await page.getByText("1 flash card seen").waitFor();
    const coming = page.waitForEvent("download");
    await page.locator("[data-act=export]").click();
    const text = await readFile(await (await coming).path(), "utf8");
    const kept = JSON.parse(text).flash_cards.cards[first];
    assert.equal(kept.phase, "review");
    assert.equal(kept.due_day, Math.floor((NOON - 4 * 60 * MINUTE) / DAY) + 8);
    assert.equal(kept.stability, 8.2956);
    await page.evaluate(() => localStorage.clear());
    await page.reload();
    await page.locator("[data-act=import]").setInputFiles({ name: "p.json", mimeType: "application/json", buffer: Buffer.from(text) });
    await page.getByText("Added 0 lessons, 0 answers and 1 flash card.").waitFor();
    await open(page, NOON + 8 * DAY);
    assert.match(await waiting(page), /1 due/);
  }));

  test("a card that cannot be read is set aside, the others go on", () => withSite(async (page) => {
    await start(page);
    await rate(page, "4");
    const broken = await page.evaluate(() => {
      const kept = JSON.parse(localStorage.getItem("interleave.v1.cards"));
      kept.cards["t:odd"] = { phase: "asleep" };
      const text = JSON.stringify(kept);
      localStorage.setItem("interleave.v1.cards", text);
      return text;
    });
    await open(page, NOON);
    await page.getByText("It is set aside").waitFor();
    await start(page);
    await rate(page, "3");
    const [cards, aside] = await page.evaluate(() => ["cards", "cards.unread"].map((it) => localStorage.getItem(`interleave.v1.${it}`)));
    assert.equal(aside, broken);
    assert.equal(Object.keys(JSON.parse(cards).cards).length, 2);
  }));

  test("a full store is told, and the ratings last as long as the page", () => withSite(async (page) => {
    await start(page);
    const first = await card(page);
    await rate(page, "1");
    await page.getByText("They last until you close it").waitFor();
    await rate(page, "1");
    assert.equal(await counts(page), "2 being learned · 0 due · 8 new");
    await page.clock.setFixedTime(NOON + 2 * MINUTE);
    await rate(page, "4");
    assert.equal(await card(page), first);
  }, {
    init: () => {
      const set = Storage.prototype.setItem;
      Storage.prototype.setItem = function (key, value) {
        if (key.endsWith("cards")) throw new DOMException("full", "QuotaExceededError");
        set.call(this, key, value);
      };
    },
  }));

  test("two tabs see each other's ratings", () => withSite(async (page) => {
    const other = await page.context().newPage();
    await open(other, NOON);
    await start(page);
    await rate(page, "4");
    await other.locator("[data-role=waiting]", { hasText: "9 new" }).waitFor();
    await start(other);
    await rate(other, "4");
    const n = await page.evaluate(() => Object.keys(JSON.parse(localStorage.getItem("interleave.v1.cards")).cards).length);
    assert.equal(n, 2);
  }));

  test("read well aloud, in both schemes, with less motion, on a small screen", () => withSite(async (page) => {
    await putAxe(page);
    await start(page);
    assert.equal(await page.locator("#review").getAttribute("aria-labelledby"), "card-kind card-front");
    await show(page);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        assert.deepEqual(await violations(page), []);
      }
    }
    await page.setViewportSize({ width: 320, height: 640 });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
    assert.equal(await page.locator(".review [role=status]").count(), 1);
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  }));
});
