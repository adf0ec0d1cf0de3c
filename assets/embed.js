// <os-viz sim="cpu/srtf" params="#v=1&step=4" theme="dark"></os-viz> puts one figure of the course into any page.
// Further attributes: theme, controls, autoplay, loop, speed, start, show-title="0", height, and data-title, the name of the frame.
// Load it from the site that serves the course: <script src="https://…/embed.js" async></script>
"use strict";
(() => {
  const site = new URL(".", document.currentScript.src);
  const OPTIONS = ["theme", "controls", "autoplay", "loop", "speed", "start"];

  class OsViz extends HTMLElement {
    static observedAttributes = ["sim", "params", "show-title", "data-title", ...OPTIONS];
    connectedCallback() {
      this.draw();
      addEventListener("message", this);
    }
    attributeChangedCallback() { if (this.isConnected) this.draw(); }
    disconnectedCallback() { removeEventListener("message", this); }

    draw() {
      const sim = this.getAttribute("sim") || "";
      if (!/^[a-z0-9_]+\/[a-z0-9_]+$/.test(sim)) return;
      const url = new URL(`embed/${sim}.html`, site);
      for (const key of OPTIONS) if (this.hasAttribute(key)) url.searchParams.set(key, this.getAttribute(key));
      if (this.hasAttribute("show-title")) url.searchParams.set("title", this.getAttribute("show-title"));
      url.hash = (this.getAttribute("params") || "").replace(/^#/, "");
      const title = this.getAttribute("data-title") || `Simulation ${sim}`;
      // A new frame begins the simulation anew, so there is one only for a new address.
      if (this.frame?.parentNode === this && this.frame.src === url.href) {
        this.frame.title = title;
        return;
      }
      const frame = document.createElement("iframe");
      frame.src = url.href;
      frame.title = title;
      frame.loading = "lazy";
      frame.allow = "fullscreen; clipboard-write";
      frame.width = "100%";
      frame.height = this.getAttribute("height") || "480";
      frame.style.cssText = "border:0;display:block;width:100%";
      this.frame = frame;
      this.replaceChildren(frame);
    }

    handleEvent({ source, data }) {
      if (source !== this.frame?.contentWindow || !data || data.source !== "interleave" || data.type !== "resize") return;
      const height = Number(data.height);
      if (100 <= height && height <= 4000) this.frame.height = String(Math.ceil(height));
    }
  }
  if (!customElements.get("os-viz")) customElements.define("os-viz", OsViz);
})();
