// What axe has against a page.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Puts axe into a page by the debugger's way: the page's policy rightly forbids every other. */
export async function putAxe(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: AXE });
  await session.detach();
}

/** The rules whose answer depends on colours and on the width: all that a second look at a page has to ask. */
const OF_LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"];

/** A line for each of the first three places of every rule that is broken; needs `putAxe` before. */
export const violations = (page) => broken(page, undefined);

/** The same of the rules whose answer depends on how the page looks, for a page that has been asked about all. */
export const violationsOfLooks = (page) => broken(page, { type: "rule", values: OF_LOOKS });

async function broken(page, runOnly) {
  const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { resultTypes: ["violations"], ...(runOnly && { runOnly }) }), runOnly);
  const line = ({ id, help }, { html, any }) => `${id}: ${help}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`;
  return violations.flatMap((violation) => violation.nodes.slice(0, 3).map((node) => line(violation, node)));
}
