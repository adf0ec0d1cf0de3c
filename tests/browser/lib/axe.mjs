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

/** A line for each of the first three places of every rule that is broken; needs `putAxe` before. */
export async function violations(page) {
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const line = ({ id, help }, { html, any }) => `${id}: ${help}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`;
  return violations.flatMap((violation) => violation.nodes.slice(0, 3).map((node) => line(violation, node)));
}
