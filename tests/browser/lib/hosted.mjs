// The site on hosts, and a browser, for as long as a file of tests runs.
import { after, before } from "node:test";
import { Seats, launch } from "./browser.mjs";
import { serve } from "./server.mjs";
import { DIST } from "./site.mjs";

/**
 * Starts both before the first test and stops them after the last, with pages that are used again. They are there once a test
 * runs. `atRoot` is the same site on another host, below no path.
 */
export function hosted() {
  const site = { browser: undefined, host: undefined, atRoot: undefined, seats: undefined };
  before(async () => {
    site.browser = await launch();
    site.host = await serve({ root: DIST, prefix: "/a/b/" });
    site.atRoot = await serve({ root: DIST });
    site.seats = new Seats(site.browser, { origins: [site.host.origin, site.atRoot.origin], options: { reducedMotion: "reduce" } });
  });
  after(async () => {
    await site.browser.close();
    await site.host.close();
    await site.atRoot.close();
  });
  return site;
}
