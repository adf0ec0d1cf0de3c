// Embeds in other people's pages: another origin, with and without a sandbox.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Seats, launch, withPage } from "./lib/browser.mjs";
import { Figure } from "./lib/figure.mjs";
import { serve } from "./lib/server.mjs";
import { DIST, PAGES, SIMS, firsts, folder, isEmbed, isSingle, read } from "./lib/site.mjs";

const NAMESPACE = "interleave";
const N_AT_ONCE = 3;

/** A blog with one frame, which keeps every message that it gets. */
const blog = (sandbox) => `<!doctype html><html lang="en"><title>A blog</title><link rel="icon" href="data:,"><script>
  window.messages = [];
  addEventListener("message", ({ data, source }) => {
    if (source !== document.querySelector("iframe")?.contentWindow) return;
    window.messages.push(data);
  });
</script><h1>A blog</h1><script>
  const frame = document.createElement("iframe");
  frame.title = "Figure";
  ${sandbox === undefined ? "" : `frame.setAttribute("sandbox", ${JSON.stringify(sandbox)});`}
  frame.width = 640;
  frame.height = 480;
  frame.src = decodeURIComponent(location.hash.slice(1));
  document.body.append(frame);
</script>`;

let browser;
let seats;
let open;
let shut;
let host;

before(async () => {
  browser = await launch();
  open = await serve({ root: DIST, prefix: "/a/b/", cors: true });
  shut = await serve({ root: DIST, prefix: "/a/b/" });
  host = await serve({ pages: { "/free": blog(undefined), "/sandbox": blog("allow-scripts") } });
  seats = new Seats(browser, { origins: [host.origin, shut.origin] });
});

after(async () => {
  await browser.close();
  for (const server of [open, shut, host]) await server.close();
});

/** Opens a blog page with a figure in its frame. */
function withEmbed(blogPath, address, use) {
  const origins = [host.origin, new URL(address).origin];
  return withPage(browser, { origins }, (page) => useEmbed(page, blogPath, address, use));
}

async function useEmbed(page, blogPath, address, use) {
  await page.goto(`${host.origin}${blogPath}#${encodeURIComponent(address)}`);
  const frame = await (await page.waitForSelector("iframe")).contentFrame();
  const figure = await new Figure(page, frame).ready();
  await use({ page, frame, figure });
  assert.deepEqual(page.faults, []);
}

/** A message of the figure to the page around it, once it has come. */
async function message(page, type) {
  const handle = await page.waitForFunction(
    ([source, type]) => window.messages.findLast((it) => it?.source === source && it.v === 1 && it.type === type),
    [NAMESPACE, type],
  );
  return handle.jsonValue();
}

/** Says something to the figure, as the page around it may. */
function tell(page, command) {
  const whole = { source: NAMESPACE, v: 1, ...command };
  return page.evaluate((whole) => document.querySelector("iframe").contentWindow.postMessage(whole, "*"), whole);
}

async function drive({ page, figure }) {
  await figure.focus();
  await figure.press("Home");
  await figure.at(1);
  await figure.press("ArrowRight");
  await figure.at(2);
  const { height } = await message(page, "resize");
  assert.ok(height >= 100 && height < 5000, `height ${height}`);
  await page.evaluate((height) => { document.querySelector("iframe").height = height; }, height);
}

/** In a narrow column of the page around it, a figure scrolls in its panels only. */
async function squeeze({ page, frame }) {
  await page.evaluate(() => { document.querySelector("iframe").width = 320; });
  await frame.waitForFunction(() => innerWidth === 320);
  const width = await frame.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 320, `${width} px wide`);
}

/** The figures of a domain come by the same template and the same loader; those of a shelf have the same policy, style and script in their single files. */
const FIRST_FRAMES = firsts(PAGES.filter(isEmbed), folder);
const FIRST_SINGLES = firsts(PAGES.filter(isSingle), (path) => read(path).match(/<meta http-equiv[^>]*>|<style>[^]*<\/style>|<script>[^]*<\/script>/g).join());

describe("a plain frame: the figure moves, tells its height and fits", { concurrency: N_AT_ONCE }, () => {
  for (const path of PAGES.filter(isEmbed)) {
    test(path, () =>
      seats.with((page) =>
        useEmbed(page, "/free", shut.url(path), async (embed) => {
          await drive(embed);
          await squeeze(embed);
        })));
  }
});

/** Other ways to embed, and whether the site lets others read its files. */
const WAYS = [
  ["a sandboxed frame, from a host that lets others read", () => open, FIRST_FRAMES],
  ["a sandboxed frame with the single file, from any host", () => shut, FIRST_SINGLES],
];

for (const [name, site, paths] of WAYS) {
  describe(`${name}: the figure moves and tells its height`, { concurrency: N_AT_ONCE }, () => {
    for (const path of paths) test(path, () => withEmbed("/sandbox", site().url(path), drive));
  });
}

test("every figure has an embed page and a single file", () => {
  for (const kind of ["embed", "single"]) {
    assert.deepEqual(PAGES.filter((path) => path.startsWith(`${kind}/`)), SIMS.map((path) => path.replace(/^sim/, kind)));
  }
});

test("a frame that gets its height needs no scroll bar", () =>
  withEmbed("/free", shut.url(PAGES.find(isEmbed)), async ({ page, frame, figure }) => {
    await drive({ page, figure });
    await page.waitForTimeout(300);
    const over = await frame.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    assert.ok(over <= 1, `${over} px too small`);
  }));

test("the page around it may seek, play, pause and ask, and nobody else", () =>
  withEmbed("/free", shut.url(PAGES.find(isEmbed)), async ({ page, figure }) => {
    await message(page, "ready");
    await tell(page, { type: "seek", step: 2 });
    await figure.at(2);
    await tell(page, { type: "seek", step: "<b>" });
    await tell(page, { type: "explode" });
    await tell(page, { source: "someone", type: "seek", step: 1 });
    await tell(page, { type: "step", by: 1 });
    await figure.at(3);
    await tell(page, { type: "getState" });
    assert.equal((await message(page, "state")).step, 3);
  }));

test("a figure that cannot start shows its picture and says where it moves", () =>
  withPage(browser, { origins: [host.origin, shut.origin], tolerate: () => true }, async (page) => {
    await page.goto(`${host.origin}/sandbox#${encodeURIComponent(shut.url(PAGES.find(isEmbed)))}`);
    const frame = await (await page.waitForSelector("iframe")).contentFrame();
    const figure = frame.locator("figure.figure").first();
    await figure.locator("svg:visible, table:visible").first().waitFor();
    // Either the single file has taken over, or a link says where the figure works.
    await frame.locator("figure.figure[data-ready], .boot-note a, a").first().waitFor({ timeout: 30_000 });
  }));
