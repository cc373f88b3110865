/* Keys for lists marked data-keys: j and k move, Enter opens, other letters press the control marked data-key-press. */
(() => {
  const rows = () => [...document.querySelectorAll("[data-keys] [data-row]")];
  const picked = () => rows().find((row) => row.getAttribute("aria-selected") === "true");

  function pick(row) {
    picked()?.removeAttribute("aria-selected");
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
  }

  function move(by) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(picked());
    pick(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
  }

  document.addEventListener("keydown", (event) => {
    const busy = event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]");
    if (busy || event.target.closest("input, select, textarea")) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else {
      const scope = picked() || document.querySelector("[data-keys-page]") || document;
      const control = [...scope.querySelectorAll("[data-key-press]")].find((one) => one.dataset.keyPress === event.key);
      if (!control || (event.key === "Enter" && event.target.closest("a, button"))) return;
      event.preventDefault();
      control.click();
    }
  });
})();
