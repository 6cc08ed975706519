// Times tick by themselves, in the reader's own zone; nothing is asked for it.
(() => {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const ago = (seconds) => {
    const past = Math.abs(seconds);
    if (past < 1) return "now";
    const [unit, size] = units.find(([, size]) => past >= size);
    const text = `${Math.floor(past / size)} ${unit}`;
    return seconds >= 0 ? `${text} ago` : `in ${text}`;
  };
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  class Moment extends HTMLElement {
    static observedAttributes = ["at", "mode"];
    connectedCallback() {
      this.show();
      if (this.getAttribute("mode") === "since") this.timer = setInterval(() => this.show(), 1000);
    }
    disconnectedCallback() { clearInterval(this.timer); }
    attributeChangedCallback() { if (this.isConnected) this.show(); }
    show() {
      const at = Number(this.getAttribute("at"));
      const date = new Date(at * 1000);
      const mode = this.getAttribute("mode");
      const text = mode === "since" ? ago(Date.now() / 1000 - at) : local.format(date);
      if (this.textContent !== text) this.textContent = text;
      this.title = mode === "since"
        ? `${local.format(date)} (${date.toISOString()})` : date.toISOString();
    }
  }
  customElements.define("vrooli-time", Moment);

  // The menu folds where there is no room for it.
  const fold = (button, open) => {
    button.setAttribute("aria-expanded", String(open));
    document.getElementById(button.getAttribute("aria-controls"))?.classList.toggle("open", open);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-unfold]");
    if (button) fold(button, button.getAttribute("aria-expanded") !== "true");
  });
  document.addEventListener("keydown", (event) => {
    const button = document.querySelector("[data-unfold][aria-expanded=true]");
    if (event.key !== "Escape" || !button) return;
    fold(button, false);
    button.focus();
  });

  const kept = localStorage.getItem("theme");
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const paint = (theme) => {
    document.documentElement.dataset.theme = theme;
    globalThis.Quasar?.Dark.set(theme === "dark");
  };
  paint(dark ? "dark" : "light");
  addEventListener("load", () => paint(document.documentElement.dataset.theme));
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme]:not(html)")) return;
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    paint(next);
    localStorage.setItem("theme", next);
    document.dispatchEvent(new CustomEvent("vrooli-theme", { detail: next }));
  });
})();
// Who is refused because the session is over is led to the log-in, which leads others back at once.
addEventListener("load", () => {
  globalThis.socket?.on("connect_error", async () => {
    try {
      const answer = await fetch("/login", { redirect: "manual" });
      if (answer.status === 200) location.assign(`/login?over=1&to=${encodeURIComponent(location.pathname)}`);
    } catch { /* the console is away; it is asked again with the next try */ }
  });
});
