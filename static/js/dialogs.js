/* [data-dialog] opens the linked page's form in the page's one <dialog>; [data-close] and [data-dismiss] close. Without
   this script the same links are pages. */
(() => {
  const box = () => document.getElementById("dialog");

  function open(link) {
    htmx.ajax("GET", link.href, { source: link, target: "#dialog", swap: "innerHTML" }).then(() => {
      if (!box().open && box().childElementCount) box().showModal();
      box().querySelector("[autofocus]")?.focus();
      box().scrollTop = 0; // its heading first: the focus may stand on a button below what can be seen
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
    if (!event.detail.requestConfig.headers["X-Live"]) toast(said ? said.textContent.trim() : victor.word("refused"), "error");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!event.detail.requestConfig?.headers["X-Live"]) toast(victor.word("away"), "error");
  });

  /* A form answered in place says so through an HX-Trigger header: {"done": {"text": ..., "tone": ...}}. */
  document.addEventListener("done", (event) => {
    if (box()?.open) box().close();
    toast(event.detail.text, event.detail.tone, event.detail.undo);
  });

  document.addEventListener("DOMContentLoaded", () => document.querySelector("form[data-send-now]")?.requestSubmit());

  /* What was just done is taken back by one POST, with the token of any form of the page. */
  function takeBack(undo, element) {
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
    element.remove();
    htmx.ajax("POST", undo.url, { source: "body", swap: "none", values: { ...undo.values, csrfmiddlewaretoken: token } });
  }

  function toast(text, tone, undo) {
    const element = document.createElement("div");
    element.className = "toast";
    element.dataset.tone = tone || "success";
    const words = document.createElement("span");
    words.textContent = text;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    button.dataset.dismiss = "";
    button.setAttribute("aria-label", victor.word("dismiss"));
    element.append(words, button);
    if (undo) {
      const back = Object.assign(document.createElement("button"), { type: "button", className: "undo", textContent: undo.word });
      back.addEventListener("click", () => takeBack(undo, element));
      button.before(back);
    }
    document.getElementById("toasts").append(element);
    if (tone !== "error") setTimeout(() => element.remove(), 8000);
  }
})();
