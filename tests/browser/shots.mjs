// Pictures of pages for the eye: node tests/browser/shots.mjs [page…] writes target/shots/<page>-<width>-<scheme>.png.
// A page is a path such as course/cpu/index.html, with a fragment if you like. Without one, all normal pages are drawn.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, withPage } from "./lib/browser.mjs";
import { wake } from "./lib/figure.mjs";
import { serve } from "./lib/server.mjs";
import { DIST, PAGES, REPO, isNormal } from "./lib/site.mjs";

const WIDTHS = [360, 768, 1280];
const out = join(REPO, "target/shots");

const named = process.argv.slice(2);
const pages = named.length > 0 ? named : PAGES.filter(isNormal);
mkdirSync(out, { recursive: true });
const browser = await launch();
const host = await serve({ root: DIST });
for (const path of pages) {
  for (const width of WIDTHS) {
    for (const colorScheme of ["light", "dark"]) {
      const options = { viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" };
      await withPage(browser, { origins: [host.origin], options }, async (page) => {
        await page.goto(host.url(path));
        await wake(page);
        await page.waitForTimeout(200);
        await page.evaluate(() => scrollTo(0, 0));
        const file = `${path.replace(/[^a-zA-Z0-9]+/g, "-")}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: join(out, file), fullPage: true });
        console.log(join("target/shots", file));
        for (const fault of page.faults) console.log(`  ${fault}`);
      });
    }
  }
}
await browser.close();
await host.close();
