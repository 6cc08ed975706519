// What a form holds, by the names of its fields. Times are the reader's own, and leave as UTC.
window.vrooliFields = (form) => {
  const said = Object.fromEntries(new FormData(form));
  for (const field of form.elements) {
    if (field.type === "datetime-local" && field.name && field.value) {
      said[field.name] = new Date(field.value).toISOString();
    }
  }
  return said;
};

// A bar of a step: from when to when it went on within its run. It grows by itself, until `until`.
(() => {
  class Span extends HTMLElement {
    static observedAttributes = ["from", "to", "begin", "end"];
    connectedCallback() {
      this.bar = this.bar ?? this.appendChild(document.createElement("span"));
      this.show();
    }
    disconnectedCallback() { clearTimeout(this.timer); }
    attributeChangedCallback() { if (this.bar) this.show(); }
    at(name) { return this.hasAttribute(name) ? Number(this.getAttribute(name)) : Date.now() / 1000; }
    show() {
      clearTimeout(this.timer);
      const [begin, end] = [this.at("begin"), this.at("end")];
      const whole = Math.max(end - begin, 0.001);
      const within = (share) => Math.min(Math.max(100 * share, 0), 100);
      const left = Math.min(within((this.at("from") - begin) / whole), 99.5);
      const width = Math.min(Math.max(within((this.at("to") - begin) / whole) - left, 0.5), 100 - left);
      this.bar.style.marginLeft = `${left}%`;
      this.bar.style.width = `${width}%`;
      if (this.isConnected && !this.hasAttribute("end")) this.timer = setTimeout(() => this.show(), 1000);
    }
  }
  customElements.define("vrooli-span", Span);
})();
