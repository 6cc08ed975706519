// Bars of uptime: one path a colour, whatever their number.
(() => {
  const names = { o: "ok", w: "warning", c: "critical", "-": "unknown" };
  const svg = "http://www.w3.org/2000/svg";
  class Bars extends HTMLElement {
    static observedAttributes = ["parts"];
    connectedCallback() { this.show(); }
    attributeChangedCallback() { if (this.isConnected) this.show(); }
    show() {
      const parts = this.getAttribute("parts") || "-";
      if (this.shown === parts) return;
      this.shown = parts;
      const root = document.createElementNS(svg, "svg");
      root.setAttribute("viewBox", `0 0 ${parts.length * 4} 10`);
      root.setAttribute("preserveAspectRatio", "none");
      root.setAttribute("aria-hidden", "true");
      for (const [letter, name] of Object.entries(names)) {
        let path = "";
        // What was bad is taller as well: colour is not the only sign.
        const top = letter === "c" ? 0 : letter === "w" ? 1.5 : 3;
        [...parts].forEach((one, at) => { if (one === letter) path += `M${at * 4} ${top}h3v${10 - top}h-3z`; });
        if (!path) continue;
        const drawn = document.createElementNS(svg, "path");
        drawn.setAttribute("d", path);
        drawn.setAttribute("class", name);
        root.append(drawn);
      }
      this.replaceChildren(root);
    }
  }
  customElements.define("vrooli-bars", Bars);
})();
