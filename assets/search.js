// The site's search: a dialog over the index that the prerenderer wrote. Loaded, with the index, when it is first opened.
"use strict";
(() => {
  const { index: address, sheet, root } = document.currentScript.dataset;
  const KINDS = ["Section", "Term", "Simulation", "Question"];
  const SHOWN = 24;
  let index = null;

  // Cut as in app/src/pages/search.rs.
  const words = (text) => (text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [])
    .filter((it) => [...it].length >= 2)
    .map((it) => (it.length > 3 && it.endsWith("s") && !it.endsWith("ss") && !it.endsWith("us") ? it.replace(/s+$/, "") : it));

  // As `slug` in content/src/escape.rs.
  const slug = (text) => text.toLowerCase().replace(/['\u2019]/gu, "").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "section";

  // Every place as [kind, title, where it stands, address], in the order of their numbers.
  function unfold({ modules, terms, simulations }) {
    const places = [];
    for (const [module, name, lessons, questions] of modules) {
      for (const [lesson, title, ...headings] of lessons) {
        const url = `course/${module}/${lesson}.html`;
        places.push([0, title, name, url]);
        for (const heading of headings) {
          const [text, id] = [heading].flat();
          places.push([0, text, title, `${url}#${id ?? slug(text)}`]);
        }
      }
      for (const question of questions) {
        const [id] = question.split(" ", 1);
        places.push([3, question.slice(id.length + 1), name, `course/${module}/quiz.html#q-${id}-prompt`]);
      }
    }
    for (const term of terms) {
      const [title, id] = [term].flat();
      places.push([1, title, "Glossary", `glossary.html#${id ?? slug(title).replaceAll("-", "_")}`]);
    }
    for (const [id, title] of simulations) places.push([2, title, "Simulation", `sim/${id}.html`]);
    return places;
  }

  // The words, each written as what it shares with the one before and its rest.
  function unfoldWords(folded) {
    let last = "";
    return folded.split(" ").map((it) => (last = [...last].slice(0, parseInt(it[0], 36)).join("") + it.slice(1)));
  }

  async function load() {
    if (index) return index;
    const answer = await fetch(new URL(address, document.baseURI));
    if (!answer.ok) throw new Error(`the index: ${answer.status}`);
    const read = await answer.json();
    if (read.v !== 2) throw new Error("the index is of another version");
    const unfolded = { places: unfold(read), words: unfoldWords(read.words), hits: read.hits.split(",") };
    const at = new Map(unfolded.words.map((word, n) => [word, n]));
    // The words of titles stand in the titles only.
    unfolded.titled = unfolded.words.map(() => []);
    unfolded.places.forEach(([, title], place) => {
      for (const word of new Set(words(title))) {
        if (!at.has(word)) {
          at.set(word, unfolded.words.push(word) - 1);
          unfolded.titled.push([]);
        }
        unfolded.titled[at.get(word)].push(place);
      }
    });
    index = unfolded;
    return index;
  }

  // Places of a word, decoded when they are asked for.
  function placesOf(at) {
    let place = 0;
    const inText = index.hits[at]?.split(" ").map((step) => (place += parseInt(step, 36))) ?? [];
    return [...inText, ...index.titled[at]];
  }

  // Whether two words differ by one letter more, less, or other.
  function isNear(one, other) {
    if (Math.abs(one.length - other.length) > 1) return false;
    let from = 0;
    while (from < one.length && one[from] === other[from]) from += 1;
    const rest = (it, skip) => it.slice(from + skip);
    return rest(one, 1) === rest(other, 1) || rest(one, 0) === rest(other, 1) || rest(one, 1) === rest(other, 0);
  }

  // Words of the index that a typed one may mean, with how well they fit.
  function meant(word) {
    const exact = [], begins = [], near = [];
    index.words.forEach((it, at) => {
      if (it === word) exact.push([at, 1]);
      else if (it.startsWith(word)) begins.push([at, 0.4 + 0.4 * (word.length / it.length)]);
      else if (word.length > 4 && isNear(word, it)) near.push([at, 0.3]);
    });
    return exact.length + begins.length > 0 ? exact.concat(begins) : near;
  }

  // The best places for a text: all of its words count, rare ones more, and those in a title most.
  function find(text) {
    const asked = [...new Set(words(text))];
    const scores = new Map();
    for (const word of asked) {
      const best = new Map();
      for (const [at, fit] of meant(word)) {
        const found = placesOf(at);
        const rare = Math.log(1 + index.places.length / found.length);
        for (const place of found) {
          const inTitle = index.titled[at].includes(place);
          const score = fit * rare * (inTitle ? 3 : 1);
          if (score > (best.get(place) ?? 0)) best.set(place, score);
        }
      }
      for (const [place, score] of best) {
        const old = scores.get(place) ?? { score: 0, n: 0 };
        scores.set(place, { score: old.score + score, n: old.n + 1 });
      }
    }
    const whole = words(text).join(" ");
    const rank = ([place, { score, n }]) => {
      const [kind, title] = index.places[place];
      const isWhole = words(title).join(" ") === whole;
      return score * (n / asked.length) ** 2 * (isWhole ? 2 : 1) * [1.1, 1, 1.05, 0.6][kind];
    };
    return [...scores].map((it) => [rank(it), it[0]]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, SHOWN)
      .map(([, place]) => index.places[place]);
  }

  const make = (tag, attributes, ...inside) => {
    const it = Object.assign(document.createElement(tag), attributes);
    it.append(...inside);
    return it;
  };

  const input = make("input", { type: "text", enterKeyHint: "search", id: "search-text", placeholder: "A word or two", autocomplete: "off", spellcheck: false });
  const status = make("p", { className: "search-status" });
  status.setAttribute("role", "status");
  const list = make("ul", { className: "search-results" });
  const close = make("button", { type: "button", className: "quiet", textContent: "Close" });
  const dialog = make("dialog", { className: "search" },
    make("div", { className: "search-head" }, make("label", { htmlFor: "search-text", textContent: "Search the course" }), close),
    input, status, list);
  dialog.setAttribute("aria-label", "Search");
  document.head.append(make("link", { rel: "stylesheet", href: new URL(sheet, document.baseURI).href }));
  document.body.append(dialog);

  function draw() {
    const text = input.value.trim();
    const found = text === "" || !index ? [] : find(text);
    const row = ([kind, title, within, url]) => {
      const link = make("a", { href: root + url },
        make("span", { className: "search-title", textContent: title }),
        make("span", { className: "search-within", textContent: kind === 0 || kind === 3 ? `${KINDS[kind]} · ${within}` : within }));
      link.addEventListener("click", () => dialog.close());
      return make("li", {}, link);
    };
    list.replaceChildren(...found.map(row));
    if (text === "") status.textContent = "";
    else if (found.length === 0) status.textContent = "Nothing found. Try another word.";
    else status.textContent = found.length === SHOWN ? `The best ${SHOWN} places` : `${found.length} ${found.length === 1 ? "place" : "places"}`;
  }

  // Up and down walk through input and results, Enter in the input opens the first.
  function onKey(event) {
    event.stopPropagation();
    if (event.key === "Escape") {
      // At once, so that a `/` typed right after it opens the search again.
      event.preventDefault();
      dialog.close();
      if (dialog.contains(document.activeElement)) document.activeElement.blur();
      return;
    }
    const stops = [input, ...list.querySelectorAll("a")];
    const at = stops.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && stops[at + step]) {
      stops[at + step].focus();
      event.preventDefault();
    } else if (event.key === "Enter" && at === 0 && stops[1]) {
      stops[1].click();
      event.preventDefault();
    }
  }

  async function open() {
    if (dialog.open) return;
    dialog.showModal();
    input.focus();
    input.select();
    try {
      if (!index) status.textContent = "One moment …";
      await load();
      draw();
    } catch (error) {
      console.warn("The search could not start.", error);
      status.textContent = "The index could not be loaded. Check the connection, then open the search again.";
    }
  }

  input.addEventListener("input", draw);
  dialog.addEventListener("keydown", onKey);
  close.addEventListener("click", () => dialog.close());
  // A click beside the dialog closes it.
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  addEventListener("interleave-search", open);
  open();
})();
