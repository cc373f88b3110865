/* Keys. In lists marked data-keys j and k move; other letters press the control marked data-key-press of the picked row, or else
   of the page. What stands in a row that nobody picked is pressed by no key: it may be an approval. g and a letter goes to the
   place marked data-go, / into the search field, ? shows all keys. Ctrl or Cmd + Enter in a text sends its form. */
(() => {
  const GO_MS = 1500;
  const rows = () => [...document.querySelectorAll("[data-keys] [data-row]")];
  const picked = () => rows().find((row) => row.getAttribute("aria-selected") === "true");
  let goingUntil = 0;

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

  function search() {
    const field = document.querySelector("#page input[type=search]");
    if (field) field.focus();
    else document.dispatchEvent(new Event("victor:palette"));
  }

  function find(key) {
    const fits = (one) => one.dataset.keyPress === key;
    const within = (scope) => [...(scope?.querySelectorAll("[data-key-press]") ?? [])].filter(fits);
    const ofPage = [...within(document.querySelector("[data-keys-page]")), ...within(document)];
    return within(picked())[0] || ofPage.find((one) => !one.closest("[data-keys] [data-row]"));
  }

  function press(event) {
    const control = find(event.key);
    if (!control || (event.key === "Enter" && event.target.closest("a, button"))) return;
    event.preventDefault();
    control.click();
  }

  function go(event) {
    goingUntil = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) event.preventDefault();
    link?.click();
    return link;
  }

  /* As Enter in a field of one line does: by the form's first button. */
  function send(field) {
    field.form?.requestSubmit(field.form.querySelector("button:not([type=button])"));
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) return send(event.target);
    const busy = event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]");
    if (busy || event.target.closest("input, select, textarea")) return;
    if (event.timeStamp < goingUntil && go(event)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "g") goingUntil = event.timeStamp + GO_MS;
    else if (event.key === "?") document.querySelector("[data-keys-help]")?.click();
    else if (event.key === "/") {
      event.preventDefault();
      search();
    } else press(event);
  });
})();
