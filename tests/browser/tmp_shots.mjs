import { launch } from "./lib/browser.mjs";
import { serve } from "./lib/server.mjs";
import { DIST, SIMS } from "./lib/site.mjs";
const host = await serve({ root: DIST, prefix: "/" });
const browser = await launch();
const only = process.argv[2] ?? "process|fs|io|patterns|ordering";
const widths = (process.argv[3] ?? "1280,360").split(",").map(Number);
for (const width of widths) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: "reduce", colorScheme: width < 800 ? "dark" : "light" });
  const page = await context.newPage();
  for (const path of SIMS.filter((it) => new RegExp(`^sim/(${only})`).test(it))) {
    await page.goto(host.url(path));
    await page.locator("figure.figure[data-engine][data-ready]").first().waitFor({ timeout: 60000 });
    await page.waitForTimeout(150);
    const name = path.replace(/^sim\//, "").replace(/\.html$/, "").replace("/", "_");
    await page.locator("figure.figure .picture, figure.figure .figure-picture, figure.figure").first().screenshot({ path: `/tmp/shots/${name}-${width}.png` });
  }
  await context.close();
}
await browser.close(); await host.close();
