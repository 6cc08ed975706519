// A click on the axis of time chooses the moment to go back to; what is chosen or typed there counts.
(() => {
  const local = (seconds) => {
    const date = new Date(seconds * 1000);
    return new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
  };
  document.addEventListener("click", (event) => {
    const line = event.target.closest?.("svg[data-begin]");
    const field = document.querySelector("input[data-moment]");
    if (!line || !field) return;
    const box = line.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const [begin, end] = [Number(line.dataset.begin), Number(line.dataset.end)];
    field.value = local(Math.min(begin + share * (end - begin), Date.now() / 1000));
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("input[data-moment]")) return;
    document.getElementById(event.target.dataset.moment).value = "moment";
  });
})();
