// Measures the built site, and prints all numbers beside the committed baseline. `--save` makes them the baseline.
// The numbers of the engines come in ENGINE_NUMBERS, one `name value unit` a line.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { launch, withPage } from "./lib/browser.mjs";
import { Figure } from "./lib/figure.mjs";
import { SCHEDULERS, longLink } from "./lib/long.mjs";
import { serve } from "./lib/server.mjs";
import { DIST, FILES, PAGES, REPO, SIMS, isNormal } from "./lib/site.mjs";

const BASELINE = join(REPO, "tests/bench_baseline.json");
const N_LOADS = 5;
const N_STEPS = 120;
const N_WALKS = 3;
/** As many jobs as a form takes. */
const N_JOBS = 200;
/** More states than the page is willing to look at. */
const MANY_STATES = "int c; thread A, B, C { for (int i = 0; i < 4; i++) c++; }";

const numbers = { ...engines(process.env.ENGINE_NUMBERS ?? ""), ...sizes(), ...(await figures()), ...(await longFigures()), ...(await explorer()) };
report(numbers);
if (process.argv.includes("--save")) writeFileSync(BASELINE, `${JSON.stringify(numbers, null, 2)}\n`);

function engines(text) {
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  return Object.fromEntries(rows.filter(([, value]) => Number.isFinite(Number(value))).map(([name, value, unit]) => [name, { value: Number(value), unit }]));
}

function sizes() {
  const gzip = (path) => gzipSync(readFileSync(join(DIST, path)), { level: 9 }).length;
  const sum = (paths) => ({ value: paths.reduce((total, path) => total + gzip(path), 0) / 1000, unit: "KB" });
  const pages = PAGES.filter(isNormal).toSorted((a, b) => gzip(b) - gzip(a));
  return {
    "size.wasm": sum(FILES.filter((path) => /^app-.*\.wasm$/.test(path))),
    "size.glue": sum(FILES.filter((path) => /^app-.*\.js$/.test(path))),
    "size.css": sum(FILES.filter((path) => path.endsWith(".css"))),
    "size.largest_page": sum(pages.slice(0, 1)),
  };
}

/** How long the figure of each engine takes to come alive, and to show another step. */
async function figures() {
  const browser = await launch();
  const host = await serve({ root: DIST });
  const mounts = [];
  const steps = [];
  let nLong = 0;
  for (const path of SIMS) {
    for (let n = 0; n < N_LOADS; n += 1) {
      await withPage(browser, { origins: [host.origin] }, async (page) => {
        await page.goto(host.url(path));
        const figure = await new Figure(page).ready();
        mounts.push(await page.evaluate(() => performance.now()));
        if (n > 0) return;
        const measured = await measureSteps(page, figure, "Home");
        steps.push(...measured.steps);
        nLong += measured.nLong;
      });
    }
  }
  await browser.close();
  await host.close();
  return {
    "figure.mount_median": { value: quantile(mounts, 0.5), unit: "ms" },
    "figure.step_to_paint_p95": { value: quantile(steps, 0.95), unit: "ms" },
    "figure.long_tasks": { value: nLong, unit: "tasks" },
  };
}

/** How long another step takes in the middle of a run with as many jobs as a form takes. */
async function longFigures() {
  const browser = await launch();
  const host = await serve({ root: DIST });
  const steps = [];
  for (const path of SCHEDULERS) {
    await withPage(browser, { origins: [host.origin] }, async (page) => {
      await page.goto(host.url(longLink(path, N_JOBS)));
      steps.push(...(await measureSteps(page, await new Figure(page).ready(), "5")).steps);
    });
  }
  await browser.close();
  await host.close();
  return {
    "figure.step_to_paint_200_jobs_median": { value: quantile(steps, 0.5), unit: "ms" },
    "figure.step_to_paint_200_jobs_p95": { value: quantile(steps, 0.95), unit: "ms" },
  };
}

/** How many states a second the explorer looks at, in the page and with the page awake. */
async function explorer() {
  const browser = await launch();
  const host = await serve({ root: DIST });
  const speeds = [];
  for (let n = 0; n < N_WALKS; n += 1) {
    await withPage(browser, { origins: [host.origin] }, async (page) => {
      await page.goto(host.url(`sim/sync/program.html#v=1&s=lost_update&source=${encodeURIComponent(MANY_STATES)}&tab=explore`));
      await page.locator(".explore .primary").waitFor();
      await page.locator(".explore input[type=checkbox]").uncheck();
      speeds.push(await page.evaluate(async () => {
        const begin = performance.now();
        document.querySelector(".explore .primary").click();
        const said = () => document.querySelector('.explore [data-role="verdict"]').textContent;
        while (!/\d+ states/.test(said())) await new Promise((resolve) => requestAnimationFrame(resolve));
        return (Number(said().match(/(\d+) states/)[1]) * 1000) / (performance.now() - begin);
      }));
    });
  }
  await browser.close();
  await host.close();
  return { "explore.browser_states": { value: quantile(speeds, 0.5), unit: "states/s" } };
}

/** Steps through a figure from where a key leads. A step is timed from the key to the end of the frame that shows it. */
async function measureSteps(page, figure, start) {
  await figure.focus();
  return page.evaluate(async ([nSteps, start]) => {
    const long = [];
    new PerformanceObserver((list) => long.push(...list.getEntries())).observe({ type: "longtask" });
    const root = document.querySelector("figure.figure[data-engine]");
    const position = root.querySelector('[data-role="position"]');
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const painted = () => new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(0);
    });
    const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const steps = [];
    press(start);
    await frame();
    let key = "ArrowRight";
    for (let n = 0; n < nSteps; n += 1) {
      await frame();
      const before = position.textContent;
      const begin = performance.now();
      press(key);
      await painted();
      // At an end nothing changes: turn round.
      if (position.textContent === before) {
        await frame();
        if (position.textContent === before) key = key === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
        else steps.push(performance.now() - begin);
      } else {
        steps.push(performance.now() - begin);
      }
    }
    return { steps, nLong: long.length };
  }, [N_STEPS, start]);
}

function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function report(numbers) {
  const baseline = JSON.parse(existing(BASELINE) ?? "{}");
  for (const [name, { value, unit }] of Object.entries(numbers)) {
    const was = baseline[name]?.value;
    const beside = was ? `${(value / was).toFixed(2)} x baseline` : "no baseline";
    console.log(`${name.padEnd(44)} ${value.toFixed(value < 100 ? 2 : 0).padStart(12)} ${unit.padEnd(9)} ${beside}`);
  }
}

function existing(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
