// Mixed questions: chosen over all modules, fetched when they are asked, and marked as on a module's own page.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";
import { FILES, read } from "./lib/site.mjs";

const site = hosted();

const withSite = (use, tolerate) => withPage(site.browser, { origins: [site.host.origin], tolerate }, async (page) => {
  await page.goto(site.host.url("quiz.html"));
  await page.locator("[data-act=start]").waitFor();
  await use(page);
  assert.deepEqual(page.faults, []);
});

const data = () => JSON.parse(read("quiz.html").match(/data-mixed="([^"]*)"/)[1].replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
const fetched = (page) => page.evaluate(() => performance.getEntriesByType("resource").map((it) => it.name).filter((it) => /questions-/.test(it)).map((it) => it.split("/").pop()));
const pool = (page) => page.locator("[data-role=pool]").innerText();
const only = async (page, slugs) => {
  for (const box of await page.locator("[data-deck]").all()) await box.setChecked(slugs.includes(await box.getAttribute("data-deck")));
};
const start = async (page) => {
  await page.locator("[data-act=start]").click();
  await page.locator("#mixed-round").waitFor();
};
const ids = (page) => page.locator("[data-question]").evaluateAll((all) => all.map((it) => it.dataset.question));

describe("mixed questions", () => {
  test("the files hold the questions of the modules, with links from the root", () => {
    for (const module of data().modules) {
      assert.ok(FILES.includes(module.file), module.file);
      const questions = JSON.parse(read(module.file));
      assert.deepEqual(questions.map((it) => it.id), module.questions);
      for (const [, address] of JSON.stringify(questions).matchAll(/href=\\"([^"\\#]+)/g)) {
        assert.ok(/^https:/.test(address) || FILES.includes(address), `${module.slug}: ${address}`);
      }
    }
  });

  test("come over several modules, only when they are asked for, in an order of their own", () => withSite(async (page) => {
    assert.deepEqual(await fetched(page), []);
    const { modules } = data();
    const all = modules.flatMap((it) => it.questions);
    assert.equal(await pool(page), `${all.length} questions to choose from.`);
    await start(page);
    const first = await ids(page);
    assert.equal(first.length, 10);
    assert.equal(new Set(first).size, 10);
    assert.ok(first.every((id) => all.includes(id)));
    await page.locator("#mixed-round:focus").waitFor();
    const of = new Set(first.map((id) => modules.find((it) => it.questions.includes(id)).slug));
    assert.ok(of.size > 1, `all ten are of ${[...of]}`);
    await page.locator("[data-act=mix]").click();
    await page.waitForFunction((first) => document.querySelector("[data-question]")?.dataset.question !== first, first[0]);
    assert.notDeepEqual(await ids(page), first);
  }));

  test("are of the chosen modules, as many as chosen", () => withSite(async (page) => {
    const [module] = data().modules.filter((it) => it.slug === "deadlock");
    await only(page, []);
    assert.ok(await page.locator("[data-act=start]").isDisabled());
    await only(page, ["deadlock"]);
    await page.locator("[data-size='20']").check();
    await start(page);
    const found = await ids(page);
    assert.equal(found.length, Math.min(20, module.questions.length));
    assert.ok(found.every((id) => module.questions.includes(id)));
    assert.deepEqual(await fetched(page), [module.file]);
  }));

  test("are marked, kept, and the wrong ones asked again", () => withSite(async (page) => {
    await only(page, ["cpu"]);
    await start(page);
    const question = page.locator("[data-question]").filter({ has: page.locator("input[type=radio]") }).first();
    const id = await question.getAttribute("data-question");
    const own = page.locator(`[data-question="${id}"]`);
    // The right option is not known here: the first wrong one will do.
    for (const option of await own.locator("input").all()) {
      await option.check();
      await own.locator("[data-act=check]").click();
      if ((await own.getAttribute("data-state")) === "wrong") break;
    }
    assert.equal(await own.getAttribute("data-state"), "wrong");
    assert.match(await page.locator("[data-role=score]").innerText(), /^0 of 10 right, 1 wrong$/);
    await page.locator("[data-act=choose]").click();
    await only(page, data().modules.map((it) => it.slug));
    await page.locator("[data-which=wrong]").check();
    assert.equal(await pool(page), "1 question to choose from.");
    await start(page);
    assert.deepEqual(await ids(page), [id]);
    await page.locator("[data-act=choose]").click();
    await page.locator("[data-which=open]").check();
    assert.equal(await pool(page), `${data().modules.flatMap((it) => it.questions).length} questions to choose from.`);
  }));

  test("that do not come are told, and come the next time", () => withSite(async (page) => {
    await page.route(/questions-/, (route) => route.fulfill({ status: 503, body: "" }));
    await page.locator("[data-act=start]").click();
    await page.getByText("The questions did not come.").waitFor();
    await page.unroute(/questions-/);
    await start(page);
    assert.equal((await ids(page)).length, 10);
  }, (fault) => /503/.test(fault)));
});
