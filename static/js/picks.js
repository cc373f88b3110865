/* Picking rows: x (see keys.js), a click, or shift and a click for all between; the bar marked data-bulk says how many and
   what can be done to them. The full stop opens it for the picked row. Without this script the bar is always there. */
(() => {
  const bar = () => document.querySelector("[data-bulk]");
  const boxes = () => [...document.querySelectorAll("input[data-pick]")];
  let last = null;

  function show() {
    const one = bar();
    if (!one) return;
    const all = one.querySelector("input[name=all]");
    const count = boxes().filter((box) => box.checked).length;
    const matching = document.querySelector("[data-matching]")?.dataset.matching; // the list is live, the bar is not
    const said = one.querySelector("[data-matches]");
    if (matching) said.textContent = matching;
    all.closest("label").hidden = said.textContent === "0";
    all.checked &&= said.textContent !== "0";
    one.hidden = !count && !all.checked;
    one.querySelector("[data-picked]").textContent = all.checked ? said.textContent : count;
  }

  function fill(from, to) {
    const list = boxes();
    const [a, b] = [list.indexOf(from), list.indexOf(to)].sort((x, y) => x - y);
    if (a >= 0) for (const box of list.slice(a, b + 1)) box.checked = to.checked;
  }

  function drop() {
    for (const box of document.querySelectorAll("input[data-pick], [data-bulk] input[name=all]")) box.checked = false;
    show();
  }

  /* For the picked row: its bar of acts; where rows cannot be picked, its own first control. */
  function openActs() {
    const row = document.querySelector("[data-keys] [data-row][aria-selected=true]");
    const box = row?.querySelector("input[data-pick]");
    if (box && !boxes().some((one) => one.checked)) box.checked = true;
    show();
    const first = bar() && !bar().hidden ? bar().querySelector("button") : row?.querySelector(".acts a, .acts button, a");
    first?.focus();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-drop]")) return drop();
    const box = event.target.closest("input[data-pick]");
    if (!box) return;
    if (event.shiftKey && last?.isConnected) fill(last, box);
    last = box;
    if (event.detail) box.blur(); // the mouse: keys go on to work, and the list goes on to be live
    show();
  });
  document.addEventListener("change", show);
  document.addEventListener("htmx:afterSwap", show);
  addEventListener("pageshow", show);
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("keydown", (event) => {
    const busy = event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]");
    if (busy || event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    if (event.key === ".") {
      event.preventDefault();
      openActs();
    } else if (event.key === "Escape") drop();
  });
})();
