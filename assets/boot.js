// Brings the figures, quizzes and practice sheets of a page to life, once one of them is near or the page is idle.
// A classic script on purpose: a module script never runs in a sandboxed frame, so it could not even say why.
"use strict";
(() => {
  const { app, wasm, single, page } = document.currentScript.dataset;
  const root = document.documentElement;
  const parts = () => document.querySelectorAll("[data-figure], [data-quiz], [data-practice]");
  let begun = false;

  // The pictures and texts are there already. Say that they stay still, and where they move.
  function giveUp() {
    if (root.dataset.boot === "ready") return;
    root.dataset.boot = "failed";
    if (single) {
      location.replace(new URL(single, document.baseURI).href + location.search + location.hash);
      return;
    }
    for (const part of parts()) {
      if (part.querySelector(".boot-note")) continue;
      const note = document.createElement("p");
      note.className = "boot-note";
      note.append("The interactive part could not start here. What you see still holds. ");
      const link = document.createElement("a");
      link.href = page || location.pathname + location.hash;
      link.textContent = page ? "Open it on its own page" : "Load the page again";
      note.append(link);
      part.append(note);
    }
  }

  async function start() {
    if (begun) return;
    begun = true;
    root.dataset.boot = "loading";
    const late = setTimeout(giveUp, 20000);
    try {
      const glue = await import(new URL(app, document.baseURI).href);
      await glue.default({ module_or_path: new URL(wasm, document.baseURI) });
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
