/* The command palette: Ctrl or Cmd + K, or a [data-palette] link. The server says what fits; the arrows pick, Enter goes.
   A [data-set-look] offer changes the look of the pages in this browser. Without this script /find/ is a page. */
(() => {
  const box = () => document.getElementById("palette");
  const field = () => box().querySelector("input");
  const offers = () => [...box().querySelectorAll("[role=option]")];
  const picked = () => box().querySelector("[role=option][aria-selected=true]");

  function open() {
    if (!box() || box().open) return;
    document.getElementById("dialog")?.close();
    field().value = "";
    box().showModal();
    field().focus();
    htmx.trigger(field(), "open");
  }

  function pick(offer) {
    picked()?.setAttribute("aria-selected", "false");
    offer?.setAttribute("aria-selected", "true");
    offer?.scrollIntoView({ block: "nearest" });
    if (offer) field().setAttribute("aria-activedescendant", offer.id);
    else field().removeAttribute("aria-activedescendant");
  }

  function move(by) {
    const all = offers();
    if (all.length) pick(all[(all.indexOf(picked()) + by + all.length) % all.length]);
  }

  function setLook(look) {
    const kept = look === "system" ? 0 : 31536000;
    document.cookie = `victor_look=${look}; path=/; max-age=${kept}; samesite=lax`;
    document.documentElement.dataset.look = look;
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (box()?.open) box().close();
      else open();
    } else if (box()?.open && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (box()?.open && event.key === "Enter" && event.target === field()) {
      event.preventDefault();
      picked()?.click();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const offer = event.target.closest("#palette [role=option]");
    if (offer) {
      box().close();
      if (offer.dataset.setLook) {
        event.preventDefault();
        setLook(offer.dataset.setLook);
      }
    } else if (event.target.closest("a[data-palette]")) {
      event.preventDefault();
      open();
    } else if (event.target === box()) {
      box().close();
    }
  });

  document.addEventListener("victor:palette", open);
  document.addEventListener("htmx:afterSwap", (event) => event.target.id === "found" && pick(offers()[0]));
})();
