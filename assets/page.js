// What a page does without wasm: theme switch, copy buttons, the mark in "on this page", reading progress.
"use strict";
(() => {
  const root = document.documentElement;
  const { search: searchScript, searchIndex, searchStyle, root: siteRoot, worker } = document.currentScript.dataset;
  const keep = (key, text) => { try { localStorage.setItem(`interleave.v1.${key}`, text); } catch { /* not kept */ } };
  const kept = (key) => { try { return localStorage.getItem(`interleave.v1.${key}`); } catch { return null; } };

  function themeSwitch() {
    const buttons = [...document.querySelectorAll("[data-set-theme]")];
    const show = () => {
      const now = root.dataset.theme || "auto";
      for (const it of buttons) it.setAttribute("aria-pressed", String(it.dataset.setTheme === now));
    };
    for (const it of buttons) {
      it.addEventListener("click", () => {
        const theme = it.dataset.setTheme;
        if (theme === "auto") delete root.dataset.theme;
        else root.dataset.theme = theme;
        keep("theme", theme);
        show();
      });
    }
    show();
  }

  function copyButtons() {
    if (!navigator.clipboard) return;
    for (const block of document.querySelectorAll(".prose .listing, .question-prompt .listing, .embed-code")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        const code = block.querySelector("code");
        try {
          await navigator.clipboard.writeText(code.innerText.trimEnd() + "\n");
          button.textContent = "Copied";
        } catch {
          button.textContent = "Not allowed here";
        }
        setTimeout(() => { button.textContent = "Copy"; }, 1600);
      });
      block.append(button);
    }
  }

  // Code to embed names the address at which this page stands, where the build did not know it.
  function addresses() {
    const site = document.querySelector("link[rel=icon]").href.replace(/icon\.svg$/, "");
    for (const block of document.querySelectorAll("[data-site]")) {
      const code = block.querySelector("code");
      if (block.dataset.site !== "") code.textContent = code.textContent.replaceAll(block.dataset.site, site);
    }
  }

  // The heading that was last scrolled past is where the reader is.
  function onThisPage() {
    const links = [...document.querySelectorAll(".toc a")];
    if (links.length === 0) return;
    const headings = [...document.querySelectorAll(".prose h2[id], .prose h3[id]")];
    const mark = () => {
      const line = innerHeight * 0.3;
      const past = headings.filter((it) => it.getBoundingClientRect().top < line);
      const id = past.length === 0 ? "" : past[past.length - 1].id;
      for (const it of links) {
        if (id !== "" && it.hash === `#${id}`) it.setAttribute("aria-current", "location");
        else it.removeAttribute("aria-current");
      }
    };
    let due = false;
    addEventListener("scroll", () => {
      if (due) return;
      due = true;
      requestAnimationFrame(() => { due = false; mark(); });
    }, { passive: true });
    mark();
  }

  const lessonsRead = () => new Set((kept("read") || "").split(" ").filter(Boolean));

  // A lesson counts as read once its end has been on the screen.
  function progress() {
    const draw = () => {
      const read = lessonsRead();
      for (const it of document.querySelectorAll("[data-lesson]")) {
        it.dataset.read = String(read.has(it.dataset.lesson));
      }
      for (const ring of document.querySelectorAll("[data-module-lessons]")) {
        const lessons = ring.dataset.moduleLessons.split(" ");
        const n = lessons.filter((it) => read.has(it)).length;
        ring.querySelector(".ring-done").setAttribute("stroke-dasharray", `${(100 * n) / lessons.length} 100`);
        ring.querySelector("title").textContent = `${n} of ${lessons.length} lessons read`;
      }
    };
    draw();
    addEventListener("storage", draw);
    const end = document.querySelector("[data-lesson-end]");
    if (!end) return;
    new IntersectionObserver((seen, observer) => {
      if (!seen.some((it) => it.isIntersecting)) return;
      observer.disconnect();
      // Another tab may have read on meanwhile.
      keep("read", [...lessonsRead().add(end.dataset.lessonEnd)].join(" "));
      draw();
    }).observe(end);
  }

  // The folded menu closes when it has done its work.
  function menu() {
    const fold = document.querySelector(".fold");
    if (!fold) return;
    fold.addEventListener("click", (event) => { if (event.target.closest("a")) fold.open = false; });
    fold.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !fold.open) return;
      fold.open = false;
      fold.querySelector("summary").focus();
    });
  }

  // The search comes when it is first asked for, by its button or by `/`.
  function search() {
    const buttons = document.querySelectorAll("[data-open-search]");
    if (buttons.length === 0) return;
    let script = null;
    const open = () => {
      if (script) {
        dispatchEvent(new Event("interleave-search"));
        return;
      }
      script = document.createElement("script");
      script.src = new URL(searchScript, document.baseURI).href;
      Object.assign(script.dataset, { index: searchIndex, sheet: searchStyle, root: siteRoot });
      // It may be asked for again.
      script.addEventListener("error", () => { script.remove(); script = null; });
      document.head.append(script);
    };
    for (const it of buttons) it.addEventListener("click", open);
    addEventListener("keydown", (event) => {
      const types = event.target.closest?.("input, select, textarea, [contenteditable]");
      if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || types || event.defaultPrevented) return;
      event.preventDefault();
      open();
    });
  }

  // Keeps the whole course for reading without a network, once the page is done; not where the reader saves data, nor in a frame.
  function offline() {
    if (!worker || !navigator.serviceWorker || navigator.connection?.saveData || top !== window) return;
    const say = () => { for (const it of document.querySelectorAll("[data-offline-note]")) it.hidden = false; };
    if (navigator.serviceWorker.controller) say();
    const register = async () => {
      try {
        await navigator.serviceWorker.register(new URL(worker, document.baseURI), { updateViaCache: "none" });
        await navigator.serviceWorker.ready;
        say();
      } catch { /* the course is read from the network */ }
    };
    const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 3000));
    addEventListener("load", () => idle(register), { once: true });
  }

  themeSwitch();
  offline();
  search();
  copyButtons();
  addresses();
  onThisPage();
  progress();
  menu();
})();
