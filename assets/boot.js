// Brings the figures, quizzes and other parts of a page to life, once one of them is near or the page is idle.
// A classic script on purpose: a module script never runs in a sandboxed frame, so it could not even say why.
"use strict";
(() => {
  const { app, wasm, parts: early = "", single, page } = document.currentScript.dataset;
  const root = document.documentElement;
  const parts = () => document.querySelectorAll("[data-figure], [data-quiz], [data-mixed], [data-practice], [data-study]");
  let begun = false;

  // The pictures and texts are there already. Say that they stay still, and where they move.
  function giveUp() {
    if (root.dataset.boot === "ready") return;
    root.dataset.boot = "failed";
    if (single) {
      location.replace(new URL(single, document.baseURI).href + location.search + location.hash);
      return;
    }
    for (const part of parts()) sayStill(part);
  }

  function sayStill(part) {
    if (part.querySelector(".boot-note")) return;
    const note = document.createElement("p");
    note.className = "boot-note";
    note.append("The interactive part could not start here. What you see still holds. ");
    const link = document.createElement("a");
    link.href = page || location.pathname + location.hash;
    link.textContent = page ? "Open it on its own page" : "Load the page again";
    note.append(link);
    part.append(note);
  }

  // The app has come, but not the engines that one part needs. The event does not bubble, so it is caught on the way down.
  addEventListener("interleave-still", (event) => sayStill(event.target), true);

  // What the program will ask for as soon as it runs. A part that does not come is asked for again.
  function fetchEarly() {
    window.interleaveEarly = {};
    for (const address of early.split(" ").filter(Boolean)) {
      const file = `./${address.split("/").pop()}`;
      const bytes = fetch(new URL(address, document.baseURI)).then((answer) => {
        if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
        return answer.arrayBuffer();
      });
      bytes.catch(() => {});
      window.interleaveEarly[file] = bytes;
    }
  }

  async function start() {
    if (begun) return;
    begun = true;
    root.dataset.boot = "loading";
    const late = setTimeout(giveUp, 20000);
    try {
      const program = fetch(new URL(wasm, document.baseURI));
      fetchEarly();
      // Whoever waits for it hears of it.
      program.catch(() => {});
      const glue = await import(new URL(app, document.baseURI).href);
      await glue.default({ module_or_path: program });
      root.dataset.boot = "ready";
    } catch (error) {
      console.warn("The interactive part could not start.", error);
      giveUp();
    }
    clearTimeout(late);
  }

  const near = new IntersectionObserver((seen) => {
    if (seen.some((it) => it.isIntersecting)) {
      near.disconnect();
      start();
    }
  }, { rootMargin: "800px 0px" });
  for (const part of parts()) near.observe(part);

  const idle = window.requestIdleCallback || ((run) => setTimeout(run, 1500));
  const whenIdle = () => idle(start, { timeout: 4000 });
  if (document.readyState === "complete") whenIdle();
  else addEventListener("load", whenIdle, { once: true });
})();
