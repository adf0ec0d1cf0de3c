// <os-viz sim="cpu/srtf" params="#v=1&step=4" theme="dark"></os-viz> puts one figure of the course into any page.
// Load it from the site that serves the course: <script src="https://…/embed.js" async></script>
"use strict";
(() => {
  const site = new URL(".", document.currentScript.src);
  const OPTIONS = ["theme", "controls", "autoplay", "loop", "speed", "start", "end", "bg"];

  class OsViz extends HTMLElement {
    static observedAttributes = ["sim", "params", ...OPTIONS];
    connectedCallback() { this.draw(); }
    attributeChangedCallback() { if (this.isConnected) this.draw(); }
    disconnectedCallback() { removeEventListener("message", this.fit); }

    draw() {
      const sim = this.getAttribute("sim") || "";
      if (!/^[a-z0-9_]+\/[a-z0-9_]+$/.test(sim)) return;
      const url = new URL(`embed/${sim}.html`, site);
      for (const key of OPTIONS) if (this.hasAttribute(key)) url.searchParams.set(key, this.getAttribute(key));
      url.hash = (this.getAttribute("params") || "").replace(/^#/, "");
      const frame = document.createElement("iframe");
      frame.src = url;
      frame.title = this.getAttribute("title") || `Simulation ${sim}`;
      frame.loading = "lazy";
      frame.allow = "fullscreen; clipboard-write";
      frame.width = "100%";
      frame.height = this.getAttribute("height") || "480";
      frame.style.cssText = "border:0;display:block;width:100%";
      removeEventListener("message", this.fit);
      this.fit = ({ source, data }) => {
        if (source !== frame.contentWindow || !data || data.source !== "interleave" || data.type !== "resize") return;
        const height = Number(data.height);
        if (100 <= height && height <= 4000) frame.height = String(Math.ceil(height));
      };
      addEventListener("message", this.fit);
      this.replaceChildren(frame);
    }
  }
  if (!customElements.get("os-viz")) customElements.define("os-viz", OsViz);
})();
