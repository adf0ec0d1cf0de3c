// A figure as a reader has it: what it says, where it stands, and its controls.
/** Scrolls past everything, as a reader does, and waits until each figure of the page has answered. */
export async function wake(page) {
  const count = await page.locator("figure.figure[data-engine]").count();
  for (let n = 0; n < count; n += 1) {
    const isReady = (n) => {
      const figure = document.querySelectorAll("figure.figure[data-engine]")[n];
      figure?.scrollIntoView();
      return figure?.hasAttribute("data-ready");
    };
    await page.waitForFunction(isReady, n, { polling: 100 });
  }
  await page.waitForLoadState("networkidle");
}

export class Figure {
  /** The first figure of a page, or of a frame in it. */
  constructor(page, frame = page) {
    this.page = page;
    this.frame = frame;
    this.root = frame.locator("figure.figure[data-engine]").first();
  }

  /** Waits until the figure answers. */
  async ready() {
    // The player takes the place of the picture, so nobody may hold on to the element.
    await this.frame.evaluate(() => document.querySelector("figure.figure[data-engine]")?.scrollIntoView());
    await this.frame.locator("figure.figure[data-engine][data-ready]").first().waitFor();
    return this;
  }

  /** A control, such as `play`. */
  control(name) {
    return this.root.locator(`[data-act="${name}"]`);
  }

  /** The sentence of this step. */
  narration() {
    return this.root.locator('[data-role="narration"]').first().innerText();
  }

  /** Where the figure stands: `{ at, of }` of "step 5 of 17". */
  async position() {
    const text = await this.root.locator('[data-role="position"]').first().innerText();
    const [at, of] = (text.match(/\d+/g) ?? []).map(Number);
    if (at === undefined || of === undefined) throw new Error(`the position says ${JSON.stringify(text)}`);
    return { at, of };
  }

  /** Waits until the figure stands at a step. */
  async at(step) {
    let last;
    for (const end = Date.now() + 5000; Date.now() < end; ) {
      last = (await this.position()).at;
      if (last === step) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the figure stands at step ${last}, not at ${step}`);
  }

  /** Puts the focus on the figure itself, where every key is the figure's. */
  async focus() {
    await this.root.evaluate((figure) => (figure.tabIndex >= 0 ? figure : figure.querySelector('[tabindex="0"]')).focus());
  }

  /** Presses a key wherever the focus is. */
  press(key) {
    return this.page.keyboard.press(key);
  }
}
