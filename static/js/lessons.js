/* The bar of a tutorial (#lesson). Its data-target is a selector of the control that its step means: what of it can be seen
   is marked data-pointed and, once for each step, brought into view and given the focus; nobody is torn from a field or a
   dialog for it. A form opened in the dialog counts as a place: the bar is told. Without this script the bar only links. */
(() => {
  let shown = "";
  const bar = () => document.getElementById("lesson");

  function targets() {
    const selector = bar()?.dataset.target;
    return selector ? [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility()) : [];
  }

  const isBusy = () => document.querySelector("dialog[open]") || document.activeElement?.matches("input, select, textarea");

  function point() {
    if (!bar()) return;
    const found = targets();
    const inDialog = found.filter((one) => one.closest("dialog"));
    const meant = inDialog.length ? inDialog : found.slice(0, 2);
    for (const old of document.querySelectorAll("[data-pointed]")) if (!meant.includes(old)) old.removeAttribute("data-pointed");
    for (const one of meant) one.dataset.pointed = "";
    if (!meant.length || shown === bar().dataset.lesson || isBusy()) return;
    shown = bar().dataset.lesson;
    meant[0].scrollIntoView({ block: "nearest" });
    meant[0].focus({ preventScroll: true, focusVisible: true });
  }

  function tellPlace(path) {
    const url = new URL(path, location.href);
    if (!bar()?.dataset.live) return;
    htmx.ajax("GET", `/learn/bar/?at=${encodeURIComponent(url.pathname + url.search)}`, {
      source: bar(), target: bar(), swap: "morph", headers: { "X-Live": "1" },
    });
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "dialog" && bar()) tellPlace(event.detail.pathInfo.requestPath);
    point();
  });
  document.addEventListener("DOMContentLoaded", point);
  document.addEventListener("close", () => setTimeout(point, 0), true);
})();
