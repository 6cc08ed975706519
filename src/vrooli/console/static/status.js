// The status page is read anew by itself while somebody looks.
(() => {
  const seconds = Number(document.documentElement.dataset.refresh);
  if (!seconds) return;
  setInterval(() => { if (document.visibilityState === "visible") location.reload(); }, seconds * 1000);
})();
