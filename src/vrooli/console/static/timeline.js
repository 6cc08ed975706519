// While somebody reads further down, what comes on top is counted, and told once.
(() => {
  let seen = 0;
  const newest = (list) => Number(list.firstElementChild?.dataset.seq ?? 0);
  const look = () => {
    const list = document.querySelector("[data-story]");
    if (!list) return;
    const button = document.querySelector("[data-story-new]");
    const top = newest(list);
    if (!seen || list.getBoundingClientRect().top > 0) seen = top;
    const number = [...list.children].filter((row) => Number(row.dataset.seq) > seen).length;
    const words = `${number} new`;
    button.hidden = number === 0;
    if (number && button.textContent !== words) {
      button.textContent = words;
      document.querySelector("[data-story-said]").textContent = words;
    }
  };
  addEventListener("load", () => {
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    addEventListener("scroll", look, { passive: true });
    look();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-story-new]")) scrollTo({ top: 0 });
  });
})();
