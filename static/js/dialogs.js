/* [data-dialog] opens the linked page's form in the page's one <dialog>; [data-close] and [data-dismiss] close. Without
   this script the same links are pages. */
(() => {
  const box = () => document.getElementById("dialog");

  function open(link) {
    htmx.ajax("GET", link.href, { source: link, target: "#dialog", swap: "innerHTML" }).then(() => {
      if (!box().open && box().childElementCount) box().showModal();
      box().querySelector("[autofocus]")?.focus();
    });
  }

  document.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a[data-dialog]");
    if (link && box()) {
      event.preventDefault();
      open(link);
    } else if (event.target.closest("[data-close]") && event.target.closest("dialog")) {
      event.preventDefault();
      box().close();
    } else if (event.target === box()) {
      box().close();
    } else if (event.target.closest("[data-dismiss]")) {
      event.target.closest(".toast").remove();
    }
  });

  document.addEventListener("close", (event) => event.target === box() && box().replaceChildren(), true);
  document.addEventListener("htmx:responseError", (event) => {
    const text = event.detail.xhr.responseText;
    const said = new DOMParser().parseFromString(text, "text/html").querySelector("[data-error]");
    if (!event.detail.requestConfig.headers["X-Live"]) toast(said ? said.textContent.trim() : "That did not work. Reload the page and try again.", "error");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!event.detail.requestConfig?.headers["X-Live"]) toast("The server does not answer. Nothing was changed.", "error");
  });

  /* A form answered in place says so through an HX-Trigger header: {"done": {"text": ..., "tone": ...}}. */
  document.addEventListener("done", (event) => {
    if (box()?.open) box().close();
    toast(event.detail.text, event.detail.tone);
  });

  document.addEventListener("DOMContentLoaded", () => document.querySelector("form[data-send-now]")?.requestSubmit());

  function toast(text, tone) {
    const element = document.createElement("div");
    element.className = "toast";
    element.dataset.tone = tone || "success";
    const words = document.createElement("span");
    words.textContent = text;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    button.dataset.dismiss = "";
    button.setAttribute("aria-label", "Dismiss");
    element.append(words, button);
    document.getElementById("toasts").append(element);
    if (tone !== "error") setTimeout(() => element.remove(), 8000);
  }
})();
