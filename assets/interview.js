// Interview practice: one question at a time, a clock if wanted, and a rating of one's own that is kept.
// The page reads without it: a question is a heading with `details` behind it, and its theme is the section it stands in.
"use strict";
(() => {
  const KEY = "interleave.v1.interview";
  const RATINGS = ["weak", "fair", "solid"];
  const SECONDS = 180;

  const make = (tag, fields = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), fields);
    element.append(...children);
    return element;
  };

  const sectionOf = (element) => {
    let before = element.previousElementSibling;
    while (before && before.tagName !== "H2") before = before.previousElementSibling;
    return before;
  };

  const prompts = [...document.querySelectorAll(".prose h3[id] + details")].map((details) => {
    const heading = details.previousElementSibling;
    return { id: heading.id, title: heading.textContent, theme: sectionOf(heading)?.textContent ?? "", details };
  });
  const place = document.getElementById("practice");
  if (!place || prompts.length === 0) return;

  // What is kept: {"question": "weak"}. Whatever else stands there, or cannot be read, counts as nothing.
  function stored() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY));
      const pairs = kept && typeof kept === "object" && !Array.isArray(kept) ? Object.entries(kept) : [];
      return new Map(pairs.filter(([, rating]) => RATINGS.includes(rating)));
    } catch {
      return new Map();
    }
  }

  let ratings = stored();
  let isKept = true;

  function keep() {
    try {
      if (ratings.size === 0) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(ratings)));
      isKept = true;
    } catch {
      isKept = false;
    }
  }

  function rate(id, rating) {
    // Another tab may have rated meanwhile.
    ratings = new Map([...ratings, ...stored(), [id, rating]]);
    keep();
    drawRatings();
  }

  // The parts of the box.
  const theme = make("select", { id: "interview-theme" }, new Option("All themes", ""));
  for (const name of new Set(prompts.map((it) => it.theme))) theme.append(new Option(name, name));
  const onlyWeak = make("input", { type: "checkbox", id: "interview-weak" });
  const withTimer = make("input", { type: "checkbox", id: "interview-timer" });
  const ask = make("button", { type: "submit", className: "button", textContent: "Ask me" });
  const choose = make(
    "form",
    { className: "interview-choose" },
    make("label", {}, "Theme ", theme),
    make("label", {}, onlyWeak, " Only weak ones"),
    make("label", {}, withTimer, " Three minutes on a clock"),
    ask,
  );

  const question = make("h3", { className: "interview-question", tabIndex: -1 });
  const clock = make("p", { className: "interview-clock", hidden: true });
  clock.setAttribute("role", "timer");
  const open = make("button", { type: "button", className: "button second", textContent: "Show the outline" });
  const outline = make("div", { className: "interview-outline", hidden: true });
  const buttons = RATINGS.map((rating) => {
    const button = make("button", { type: "button", className: "button small second", textContent: rating });
    button.dataset.rate = rating;
    return button;
  });
  const rating = make("div", { className: "interview-rate", hidden: true }, make("span", { textContent: "I was" }), ...buttons);
  rating.setAttribute("role", "group");
  rating.setAttribute("aria-label", "How good was your answer?");
  const card = make("div", { className: "interview-card", hidden: true }, question, clock, open, outline, rating);
  const status = make("p", { className: "interview-status" });
  status.setAttribute("role", "status");
  const forget = make("button", { type: "button", className: "button small second", textContent: "Forget my ratings", hidden: true });
  const box = make("section", { className: "interview-box" }, choose, card, status, forget);
  box.setAttribute("aria-label", "Practice");

  let now = null;
  let asked = new Set();
  let ticking = 0;

  const wanted = () =>
    prompts.filter((it) => (theme.value === "" || it.theme === theme.value) && (!onlyWeak.checked || ratings.get(it.id) === "weak"));

  // Not one that was just asked, and rather one without a rating.
  function pick() {
    const all = wanted();
    let left = all.filter((it) => !asked.has(it.id));
    if (left.length === 0) {
      asked = new Set();
      left = all.length > 1 ? all.filter((it) => it !== now) : all;
    }
    const fresh = left.filter((it) => !ratings.has(it.id));
    const from = fresh.length > 0 ? fresh : left;
    return from[Math.floor(Math.random() * from.length)] ?? null;
  }

  function stopClock() {
    clearInterval(ticking);
    clock.hidden = true;
  }

  function startClock() {
    stopClock();
    if (!withTimer.checked) return;
    const end = Date.now() + SECONDS * 1000;
    const show = () => {
      const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      clock.textContent = left > 0 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left` : "Time. Say your last sentence, and open the outline.";
      if (left === 0) clearInterval(ticking);
    };
    show();
    clock.hidden = false;
    ticking = setInterval(show, 500);
  }

  function askNext() {
    now = pick();
    card.hidden = now === null;
    stopClock();
    if (now === null) {
      drawStatus("Nothing fits this choice. Rate some questions first, or take another theme.");
      return;
    }
    asked.add(now.id);
    question.textContent = now.title;
    outline.replaceChildren();
    outline.hidden = true;
    rating.hidden = true;
    open.hidden = false;
    ask.textContent = "Next question";
    drawRatings();
    startClock();
    question.focus();
  }

  function showOutline() {
    const parts = [...now.details.children].filter((it) => it.tagName !== "SUMMARY");
    outline.replaceChildren(...parts.map((it) => it.cloneNode(true)));
    outline.hidden = false;
    rating.hidden = false;
    open.hidden = true;
    stopClock();
    buttons[0].focus({ preventScroll: true });
  }

  function drawStatus(text) {
    const count = (rating) => prompts.filter((it) => ratings.get(it.id) === rating).length;
    const rated = RATINGS.reduce((sum, rating) => sum + count(rating), 0);
    const sums = RATINGS.map((rating) => `${count(rating)} ${rating}`).join(", ");
    const note = isKept ? "" : " This browser keeps nothing here: the ratings last until you leave the page.";
    status.textContent = text ?? `${rated} of ${prompts.length} rated: ${sums}.${note}`;
    forget.hidden = rated === 0;
  }

  function drawRatings() {
    for (const { id, details } of prompts) {
      const summary = details.querySelector("summary");
      let mark = summary.querySelector(".interview-mark");
      if (!mark) summary.append((mark = make("span", { className: "interview-mark" })));
      mark.textContent = ratings.get(id) ?? "";
      mark.dataset.rating = ratings.get(id) ?? "";
    }
    for (const button of buttons) button.setAttribute("aria-pressed", String(now !== null && ratings.get(now.id) === button.dataset.rate));
    drawStatus();
  }

  choose.addEventListener("submit", (event) => {
    event.preventDefault();
    askNext();
  });
  choose.addEventListener("change", (event) => {
    if (event.target === withTimer) {
      if (!withTimer.checked) stopClock();
      else if (now !== null && outline.hidden) startClock();
    } else {
      asked = new Set();
    }
  });
  open.addEventListener("click", showOutline);
  for (const button of buttons) button.addEventListener("click", () => rate(now.id, button.dataset.rate));
  forget.addEventListener("click", () => {
    ratings = new Map();
    keep();
    drawRatings();
    ask.focus();
  });
  addEventListener("storage", (event) => {
    if (event.key !== KEY && event.key !== null) return;
    ratings = stored();
    drawRatings();
  });

  // At the end of its section: before the next heading of that level.
  let next = place.nextElementSibling;
  while (next && next.tagName !== "H2") next = next.nextElementSibling;
  place.parentElement.insertBefore(box, next);
  drawRatings();
})();
