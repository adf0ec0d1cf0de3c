// Sets the theme before the first paint. Without it the page follows the system.
"use strict";
(() => {
  const root = document.documentElement;
  const query = new URLSearchParams(location.search);
  let theme = query.get("theme");
  if (theme === null && query.get("storage") !== "0") {
    // A sandboxed frame throws here.
    try { theme = localStorage.getItem("interleave.v1.theme"); } catch { theme = null; }
  }
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (query.get("bg") === "transparent") root.dataset.bg = "transparent";
  root.dataset.scripts = "on";
  // Paper is light, whatever the screen is.
  let shown;
  addEventListener("beforeprint", () => { shown = root.dataset.theme; root.dataset.theme = "light"; });
  addEventListener("afterprint", () => {
    if (shown === undefined) delete root.dataset.theme;
    else root.dataset.theme = shown;
  });
})();
