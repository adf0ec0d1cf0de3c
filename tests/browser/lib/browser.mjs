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

/** Starts Chromium. */
export function launch() {
  return chromium.launch({ executablePath: executable(), args: FLAGS });
}

/** The Chromium that CHROMIUM names, or the first one in the PATH. */
export function executable() {
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

const VIEWPORT = { width: 1280, height: 800 };

/**
 * Opens a page in a context of its own, gives it to `use`, and closes it. `page.faults` collects errors and warnings of
 * the console, exceptions, answers that failed, and requests to another origin than those in `origins`.
 */
export async function withPage(browser, settings, use) {
  const page = await open(browser, settings);
  try {
    return await use(page);
  } finally {
    await page.context().close();
  }
}

/**
 * The same for many visits, each with a page that others have used before: a browser that has seen the site is twice as
 * quick with the next page as a new one. What a visit leaves in the store is cleared; a page whose visit failed is not used again.
 */
export class Seats {
  #browser;
  #settings;
  #free = [];

  constructor(browser, settings) {
    this.#browser = browser;
    this.#settings = settings;
  }

  /** Gives a page to `use`. */
  async with(use) {
    const page = this.#free.pop() ?? (await open(this.#browser, this.#settings));
    page.faults.length = 0;
    let done = false;
    try {
      const answer = await use(page);
      done = true;
      return answer;
    } finally {
      if (done) await this.#clear(page);
      else await page.context().close();
    }
  }

  async #clear(page) {
    const hasScripts = this.#settings.options?.javaScriptEnabled !== false;
    if (hasScripts) await page.evaluate(() => [localStorage, sessionStorage].forEach((it) => it.clear()));
    await page.goto("about:blank");
    await page.setViewportSize(this.#settings.options?.viewport ?? VIEWPORT);
    await page.emulateMedia({ colorScheme: null });
    this.#free.push(page);
  }
}

async function open(browser, { origins, options = {}, tolerate = () => false }) {
  const context = await browser.newContext({ viewport: VIEWPORT, serviceWorkers: "block", ...options });
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
  return page;
}
