// Progress: counted as one reads and answers, saved and read as a file, erased; whatever the store holds or refuses.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readFile } from "node:fs/promises";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";

const site = hosted();

const withSite = (use, init, tolerate) => withPage(site.browser, { origins: [site.host.origin], tolerate }, async (page) => {
  if (init) await page.addInitScript(init);
  await use(page);
  assert.deepEqual(page.faults, []);
});

/** Opens the page of progress and waits until it answers. */
async function open(page) {
  await page.goto(site.host.url("progress.html"));
  await page.locator("[data-role=totals]").waitFor();
}

const totals = (page) => page.locator("[data-role=totals]").innerText();
const told = (page) => page.locator("[data-role=told]");
const act = (page, name) => page.locator(`[data-act="${name}"]`);
const keep = (page, values) => page.evaluate((values) => {
  for (const [key, value] of Object.entries(values)) localStorage.setItem(`interleave.v1.${key}`, value);
}, values);
const kept = (page, key) => page.evaluate((key) => localStorage.getItem(`interleave.v1.${key}`), key);

async function exported(page) {
  const waiting = page.waitForEvent("download");
  await act(page, "export").click();
  const download = await waiting;
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
}

const give = (page, text) =>
  act(page, "import").setInputFiles({ name: "progress.json", mimeType: "application/json", buffer: Buffer.from(text) });

describe("progress", () => {
  test("counts what is read and answered on other pages", () => withSite(async (page) => {
    await open(page);
    assert.match(await totals(page), /^0 of \d+ lessons read · 0 of \d+ questions right · 0 flash cards seen$/);
    await page.goto(site.host.url("course/cpu/fcfs.html"));
    await page.locator("[data-lesson-end]").scrollIntoViewIfNeeded();
    await page.waitForFunction(() => localStorage.getItem("interleave.v1.read"));
    await page.goto(site.host.url("course/deadlock/quiz.html"));
    const question = page.locator("[data-question][data-state]").filter({ has: page.locator("input[type=radio]") }).first();
    await question.locator("input").first().check();
    await question.locator("[data-act=check]").click();
    const isRight = (await question.getAttribute("data-state")) === "right";
    await open(page);
    assert.match(await totals(page), isRight ? /^1 of \d+ lessons read · 1 of/ : /^1 of \d+ lessons read · 0 of/);
    const rows = page.locator("[data-module]");
    assert.match(await rows.and(page.locator("[data-module=cpu]")).innerText(), /1 of \d+ lessons read/);
    const text = await rows.and(page.locator("[data-module=deadlock]")).innerText();
    assert.match(text, isRight ? /1 of \d+ questions right/ : /0 of \d+ questions right, 1 not yet/);
  }));

  test("goes into a file and comes back, and a second time changes nothing", () => withSite(async (page) => {
    await open(page);
    await keep(page, { read: "cpu/fcfs cpu/mlfq", quiz: "one=1 two=0", interview: '{"fork":"fair"}', game: "aba=2" });
    await open(page);
    const { name, text } = await exported(page);
    assert.match(name, /^interleave-progress-\d{4}-\d\d-\d\d\.json$/);
    const file = JSON.parse(text);
    assert.deepEqual(file.read, ["cpu/fcfs", "cpu/mlfq"]);
    assert.deepEqual(file.answers, { one: "right", two: "wrong" });
    assert.deepEqual(file.interview, { fork: "fair" });
    assert.deepEqual(file.game, { aba: 2 });
    assert.equal(file.version, 1);
    await act(page, "erase").click();
    await act(page, "erase-not").click();
    assert.equal(await kept(page, "quiz"), "one=1 two=0");
    await act(page, "erase").click();
    await act(page, "erase-now").click();
    await told(page).getByText("Everything is erased.").waitFor();
    assert.deepEqual(await Promise.all(["read", "quiz", "cards", "interview", "game"].map((it) => kept(page, it))), [null, null, null, null, null]);
    assert.ok(await act(page, "erase").isDisabled());
    await give(page, text);
    await told(page).getByText("Added 2 lessons, 2 answers and 0 flash cards. Also 1 rating of interview questions. Also 1 level of the game.").waitFor();
    assert.equal(await kept(page, "interview"), '{"fork":"fair"}');
    assert.equal(await kept(page, "game"), "aba=2");
    assert.match(await totals(page), /^2 of/);
    assert.equal(await kept(page, "quiz"), "one=1 two=0");
    await act(page, "undo-import").click();
    await told(page).getByText("The file is out again.").waitFor();
    assert.match(await totals(page), /^0 of/);
    await give(page, text);
    await told(page).getByText("Added 2 lessons").waitFor();
    await give(page, text);
    await told(page).getByText("nothing that is not here already").waitFor();
  }));

  test("a bad file changes nothing, and is told with the place", () => withSite(async (page) => {
    await open(page);
    await keep(page, { read: "cpu/fcfs", quiz: "one=1" });
    await open(page);
    const { text } = await exported(page);
    const cases = [
      ["{", "The file is not JSON: line 1, column 1"],
      ["[]", "The file is not an object"],
      ["{}", "holds no progress of this course"],
      [text.replace('"version": 1', '"version": 7'), "is of version 7"],
      [text.replace('"right"', '"maybe"'), "answers › one is neither right nor wrong"],
      [text.replace('"cpu/fcfs"', '"cpu/fcfs", 3'), "read › 2 is not the path of a lesson"],
    ];
    for (const [bad, message] of cases) {
      await give(page, bad);
      await told(page).getByText(message).waitFor();
      assert.match(await told(page).innerText(), /What is here stays as it is/);
      assert.deepEqual([await kept(page, "read"), await kept(page, "quiz")], ["cpu/fcfs", "one=1"]);
    }
  }));

  test("rubbish in the store counts as nothing", () => withSite(async (page) => {
    await open(page);
    await keep(page, { read: "{{ \u0000 [1] cpu/fcfs", quiz: "x=9 =1 {}", cards: "{\"cards\":[", theme: "pink" });
    await open(page);
    assert.match(await totals(page), /^1 of \d+ lessons read · 0 of \d+ questions right · 0 flash cards seen$/);
    await page.goto(site.host.url("course/cpu/index.html"));
    assert.equal(await page.locator("main [data-lesson='cpu/fcfs']").getAttribute("data-read"), "true");
  }));

  test("a full store keeps what it has, and says so", () => withSite(async (page) => {
    await open(page);
    await give(page, JSON.stringify({ format: "interleave-progress", version: 1, saved: "", read: ["cpu/fcfs"], answers: {}, flash_cards: { new_a_day: 3, decks: null, cards: {} }, interview: {}, game: {} }));
    await told(page).getByText("This browser has no room to keep it").waitFor();
    assert.match(await totals(page), /^0 of/);
  }, () => {
    Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
  }));

  test("a store that throws whatever is asked of it leaves a page that can be read", () => withSite(async (page) => {
    await open(page);
    assert.match(await totals(page), /^0 of/);
    await page.goto(site.host.url("cards.html"));
    await page.locator("[data-act=start]:enabled").waitFor();
    await page.goto(site.host.url("quiz.html"));
    await page.locator("[data-act=start]:enabled").waitFor();
    await page.goto(site.host.url("course/cpu/fcfs.html"));
    await page.locator("h1").waitFor();
  }, () => {
    Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } });
  }));
});
