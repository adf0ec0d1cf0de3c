// Chromium, and a page that notes everything that should not happen.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long anything may take. Generous: the machine may be busy. */
export const TIMEOUT_MS = 20_000;

/** Starts the Chromium that CHROMIUM names, or the first one in the PATH. */
export function launch() {
  return chromium.launch({ executablePath: executable(), args: FLAGS });
}

function executable() {
  const dirs = process.env.PATH.split(delimiter);
  const named = process.env.CHROMIUM ? [process.env.CHROMIUM] : [];
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const found = [...named, ...names.flatMap((name) => dirs.map((dir) => join(dir, name)))].find(isExecutable);
  if (!found) throw new Error("no Chromium: run `cargo xtask setup`, or name one in CHROMIUM");
  return found;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens a page in a context of its own, gives it to `use`, and closes it. `page.faults` collects errors and warnings of
 * the console, exceptions, answers that failed, and requests to another origin than those in `origins`.
 */
export async function withPage(browser, { origins, options = {}, tolerate = () => false }, use) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, serviceWorkers: "block", ...options });
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  page.faults = [];
  // Only the tests of the worker let it in, and being kept out is no fault.
  const isKeptOut = (text) => /Service Worker registration blocked by Playwright/.test(text);
  const fault = (text) => tolerate(text) || isKeptOut(text) || page.faults.push(text);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) fault(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => fault(`exception: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && !origins.includes(url.origin)) fault(`request to another host: ${url}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) fault(`${response.status()} ${response.url()}`);
  });
  page.on("requestfailed", (request) => {
    // A page that is left may drop what it was loading.
    const reason = request.failure()?.errorText ?? "";
    if (reason !== "net::ERR_ABORTED") fault(`${reason} ${request.url()}`);
  });
  try {
    return await use(page);
  } finally {
    await context.close();
  }
}
