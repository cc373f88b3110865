/* The first run: a form marked data-busy says what it waits for, [data-strength] tells how good a password is, a
   [data-zone-guess] takes the browser's time zone. Without this script the forms are the same, only quieter. */
(() => {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-busy]");
    const button = event.submitter;
    if (!form || !button || event.defaultPrevented) return;
    button.setAttribute("aria-disabled", "true");
    if (!button.hasAttribute("formaction")) button.textContent = form.dataset.busy;
  });
  addEventListener("pageshow", (event) => event.persisted && document.querySelector("form[data-busy]") && location.reload());

  /* 0 to 3: length counts most, then how many different signs there are. */
  function strengthOf(password) {
    if (password.length < 10) return 0;
    const signs = new Set(password).size;
    if (signs < 6 || /^(.+)\1+$/.test(password) || /^[0-9]+$/.test(password)) return 1;
    return password.length >= 16 && signs >= 8 ? 3 : password.length >= 13 || /[^a-zA-Z0-9]/.test(password) ? 2 : 1;
  }

  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-strength]");
    const place = field && document.getElementById(field.dataset.strength);
    if (!place) return;
    place.hidden = !field.value;
    place.textContent = place.dataset.words.split("|")[strengthOf(field.value)];
  });

  document.addEventListener("DOMContentLoaded", () => {
    const field = document.querySelector("select[data-zone-guess]");
    if (!field) return; // to ask for the zone takes a phone longer than all else that happens here
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if ([...field.options].some((option) => option.value === zone)) field.value = zone;
  });
})();
