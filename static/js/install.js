/* Registers the service worker, offers to install the site where the browser lets it, and leaves the page for bad times, marked
   data-away, as soon as the server answers again. That page says when the server was last heard of. */
(() => {
  const LOOK_MS = 5000, LAST_WORD = "victor-last-word";
  let offer = null;
  /* A worker that cannot be fetched now is fetched with the next page; this one works without. */
  if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/worker.js").catch(() => {});

  function look() {
    fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok && location.reload(), () => {});
  }

  /* Pages never come from memory, so this very page is the last word. */
  function keepLastWord() {
    try {
      localStorage.setItem(LAST_WORD, new Date().toISOString());
    } catch { /* Kept from storing: the page for bad times then says nothing about it. */ }
  }

  function sayLastWord(place) {
    const at = localStorage.getItem(LAST_WORD);
    if (!at || !place) return;
    const time = place.querySelector("time");
    time.dateTime = at;
    time.textContent = new Date(at).toLocaleString();
    place.hidden = false;
  }

  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    for (const place of document.querySelectorAll("[data-install]")) place.hidden = false;
  });
  addEventListener("appinstalled", () => {
    offer = null;
    for (const place of document.querySelectorAll("[data-install]")) place.hidden = true;
  });
  document.addEventListener("click", (event) => event.target.closest("[data-install] button") && offer?.prompt());

  document.addEventListener("DOMContentLoaded", () => {
    const away = document.querySelector("[data-away]");
    if (!away) {
      keepLastWord();
      return;
    }
    sayLastWord(away.querySelector("[data-last-word]"));
    setInterval(look, LOOK_MS);
    addEventListener("online", look);
  });
})();
