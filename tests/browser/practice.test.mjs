// Practice: problems drawn from a seed are given, filled in, marked and explained, sent to a class, and printed.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { putAxe, violations } from "./lib/axe.mjs";
import { withPage } from "./lib/browser.mjs";
import { hosted } from "./lib/hosted.mjs";
import { PAGES } from "./lib/site.mjs";

const PRACTICE = PAGES.filter((path) => /^course\/\w+\/practice\.html$/.test(path));

const site = hosted();

/** Opens a page, waits for its problem, and asks for a clean console in the end. */
const withProblem = (path, use, options = {}) =>
  withPage(site.browser, { origins: [site.host.origin], options: { reducedMotion: "reduce", ...options } }, async (page) => {
    await page.goto(site.host.url(path));
    await page.locator(".problem-title").waitFor();
    await use(page);
    assert.deepEqual(page.faults, []);
  });

const act = (page, name) => page.locator(`.practice [data-act="${name}"]`);
const verdict = (page) => page.locator(".practice .verdict").innerText();

/** Chooses a topic, and waits for its problem. */
async function choose(page, { value, label }) {
  await act(page, "policy").selectOption(value);
  await page.locator(".problem-title", { hasText: `${label}, problem` }).waitFor();
}

const topics = (page) =>
  act(page, "policy").locator("option").evaluateAll((all) => all.map((it) => ({ value: it.value, label: it.textContent })));

/** Keys of the sheets of the topic; one without a name if there is no choice. */
const tasks = async (page) => {
  const keys = await page.locator('.practice-bar input[name="task"]').evaluateAll((all) => all.map((it) => it.value));
  return keys.length > 0 ? keys : [""];
};

test("scheduling, memory and deadlock can be practised, and their contents say so", async () => {
  for (const module of ["cpu", "memory", "deadlock"]) {
    assert.ok(PRACTICE.includes(`course/${module}/practice.html`), `${PRACTICE}`);
    await withPage(site.browser, { origins: [site.host.origin] }, async (page) => {
      await page.goto(site.host.url(`course/${module}/index.html`));
      await page.locator('main a[href="practice.html"]').click();
      await page.locator(".problem-title").waitFor();
      assert.deepEqual(page.faults, []);
    });
  }
});

for (const path of PRACTICE) {
  describe(path, () => {
    test("every topic gives a problem, and each of its sheets with the answers filled in is right", () =>
      withProblem(path, async (page) => {
        for (const topic of await topics(page)) {
          await choose(page, topic);
          for (const task of await tasks(page)) {
            const name = `${topic.value} ${task}`;
            if (task !== "") await page.locator(`.practice-bar input[name="task"][value="${task}"]`).check();
            assert.ok((await page.locator(".task").innerText()).length > 20, `${name} gives nothing`);
            await act(page, "check").click();
            assert.equal(await verdict(page), "Nothing is filled in yet.", name);
            await act(page, "tell").click();
            await act(page, "check").click();
            assert.match(await verdict(page), /^All \d+ are right\.$/, name);
            assert.equal(await page.locator('[data-mark="wrong"], [data-mark="empty"]').count(), 0, name);
          }
        }
      }));

    test("it reads without scripts", () =>
      withPage(site.browser, { origins: [site.host.origin], options: { javaScriptEnabled: false } }, async (page) => {
        await page.goto(site.host.url(path));
        await page.locator(".practice .answer summary").click();
        // Two questions with their answers, at least.
        assert.ok((await page.locator(".practice .answer td").count()) >= 4);
      }));

    test("a sheet that is checked fits small screens, and axe has nothing against it", () =>
      withProblem(path, async (page) => {
        for (const topic of await topics(page)) {
          await choose(page, topic);
          await page.setViewportSize({ width: 320, height: 640 });
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(width <= 320, `${topic.value} is ${width} px wide`);
        }
        await act(page, "tell").click();
        const wrong = page.locator('.sheet input[type="text"]').first();
        if ((await wrong.count()) > 0) await wrong.fill("999");
        await act(page, "check").click();
        await putAxe(page);
        for (const colorScheme of ["light", "dark"]) {
          for (const viewport of [360, 1280]) {
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize({ width: viewport, height: 800 });
            assert.deepEqual(await violations(page), [], `${colorScheme}, ${viewport} px`);
          }
        }
      }));
  });
}

test("a wrong frame is told with the engine's reason, and the figure opens at that step", () =>
  withProblem("course/memory/practice.html#v=1&policy=memory/lru&seed=7", async (page) => {
    await act(page, "tell").click();
    const wrong = page.locator(".sheet tbody tr").nth(6).locator('input[type="text"]').first();
    await wrong.fill("99");
    await act(page, "check").click();
    assert.equal(await page.locator('[data-mark="wrong"]').count(), 1);
    assert.equal(await wrong.getAttribute("aria-invalid"), "true");
    const told = await verdict(page);
    assert.match(told, /The first difference: frame 0 at reference 7\. Page p\d/);
    await act(page, "show").click();
    const figure = page.locator('.practice figure.figure[data-engine="memory/lru"][data-ready]');
    await figure.waitFor();
    const said = await figure.locator('[data-role="narration"]').first().innerText();
    assert.ok(told.includes(said.trim()), `${told} does not say: ${said}`);
  }));

test("a table of frames may be filled in as on paper, only where something changes", () =>
  withProblem("course/memory/practice.html#v=1&policy=memory/fifo&seed=3", async (page) => {
    const rows = page.locator(".sheet tbody tr");
    await act(page, "tell").click();
    let before = [];
    for (const row of await rows.all()) {
      const inputs = await row.locator('input[type="text"]').all();
      const values = await Promise.all(inputs.map((it) => it.inputValue()));
      for (const [n, input] of inputs.entries()) await input.fill(values[n] === before[n] ? "" : values[n].replace("p", ""));
      before = values;
    }
    await act(page, "check").click();
    assert.match(await verdict(page), /^All \d+ are right\.$/);
  }));

test("a link for a class opens the same problem for everybody, with nothing to choose", async () => {
  let link, given;
  await withProblem("course/deadlock/practice.html", async (page) => {
    const topic = (await topics(page)).find((it) => /bankers/.test(it.value));
    await choose(page, topic);
    await act(page, "seed").fill("4711");
    await act(page, "seed").press("Enter");
    await page.locator(".problem-title", { hasText: "problem 4711" }).waitFor();
    given = await page.locator(".task").innerText();
    await page.locator(".class-link summary").click();
    link = await page.locator(".class-link input").inputValue();
    assert.match(link, /policy=deadlock%2Fbankers|policy=deadlock\/bankers/);
  });
  await withProblem(link.slice(site.host.url("").length), async (page) => {
    assert.equal(await page.locator(".task").innerText(), given);
    assert.ok(await act(page, "policy").isDisabled());
    assert.ok(await act(page, "seed").isDisabled());
    assert.equal(await act(page, "new").count(), 0);
    assert.equal(await page.locator(".class-link").count(), 0);
  });
});

test("on paper a sheet has boxes and no buttons, and fits two pages", () =>
  withProblem("course/memory/practice.html#v=1&policy=memory/clock&seed=5", async (page) => {
    await page.evaluate(() => {
      globalThis.nPrinted = 0;
      globalThis.print = () => (globalThis.nPrinted += 1);
    });
    await act(page, "print").click();
    assert.equal(await page.evaluate(() => globalThis.nPrinted), 1);
    await page.emulateMedia({ media: "print" });
    for (const gone of [".practice-bar", ".class-link", ".practice .question-actions", ".show-me"]) {
      assert.equal(await page.locator(gone).first().isVisible(), false, gone);
    }
    assert.ok(await page.locator('.sheet input[type="text"]').first().isVisible());
    assert.ok(await page.locator(".print-only").isVisible());
    const pages = (await page.pdf({ format: "A4" })).toString("latin1").match(/\/Type\s*\/Page\b/g).length;
    assert.ok(pages <= 2, `${pages} pages`);
  }));
