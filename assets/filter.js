// Filters a table by a text and by facets. Without it all rows are there. `form[data-filter=ID]` belongs to the table `#ID`;
// a field named `text` looks into the rows, every other one compares with the row's data of the same name.
"use strict";
(() => {
  for (const form of document.querySelectorAll("form[data-filter]")) {
    const table = document.getElementById(form.dataset.filter);
    const said = form.querySelector("[data-filter-count]");
    const rows = [...table.querySelectorAll("tbody tr:not(.calls-group)")];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const fields = [...form.elements].filter((it) => it.name);
    const facets = fields.filter((it) => it.name !== "text");

    const apply = () => {
      const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, n) => {
        const fits = words.every((it) => texts[n].includes(it)) && facets.every((it) => it.value === "" || row.dataset[it.name] === it.value);
        row.hidden = !fits;
        if (fits) shown += 1;
      });
      for (const group of table.tBodies) group.hidden = ![...group.rows].some((row) => !row.hidden && !row.classList.contains("calls-group"));
      said.textContent = shown === rows.length ? `${shown} calls` : `${shown} of ${rows.length} calls`;
    };

    // What was chosen stands in the address, so that it can be sent and survives a reload.
    const keep = () => {
      const set = fields.filter((it) => it.value !== "").map((it) => [it.name, it.value]);
      const text = new URLSearchParams(set).toString();
      history.replaceState(null, "", text === "" ? location.pathname + location.search : `#${text}`);
    };
    const from = new URLSearchParams(location.hash.slice(1));
    for (const it of fields) {
      const value = from.get(it.name);
      if (value !== null) it.value = value;
    }

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => { apply(); keep(); });
    form.addEventListener("reset", () => setTimeout(() => { apply(); keep(); }));
    apply();
  }
})();
