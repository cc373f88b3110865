"""Whether what an open page shows is what the server would render now: section by section, ages and tokens aside."""

import time
from typing import Any

COMPARE = r"""
async () => {
  const AGE = /\b(in )?\d[\d,]*(\.\d+)? (ms|s|min|h|d)\b/g;
  const DROPPED = ["data-version", "data-held", "aria-busy", "aria-selected", "tabindex", "open", "data-refresh",
    "data-first", "data-last", "data-seen"];  // the last three: how far the reader has come
  const plain = (root) => {
    const copy = root.cloneNode(true), isAging = "refresh" in root.dataset;  // last signs of life move all the time
    for (const note of copy.querySelectorAll("[data-note], [data-jump]")) note.remove();
    for (const element of [copy, ...copy.querySelectorAll("*")]) {
      for (const name of DROPPED) element.removeAttribute(name);
      element.classList.remove("htmx-request", "htmx-added", "htmx-settling");
      if (!element.classList.length) element.removeAttribute("class");
      if (element.name === "csrfmiddlewaretoken") element.setAttribute("value", "");
      if (element.matches("time")) element.textContent = "";
      if (element.matches("time") && (isAging || /as of\s*$/.test(element.previousSibling?.nodeValue ?? ""))) {
        for (const name of ["datetime", "title"]) element.removeAttribute(name);
      }
    }
    return copy.outerHTML.replace(AGE, "#").replace(/(\d)\.0+%/g, "$1%").replace(/\s+/g, " ").replace(/ ?(<[^>]*>) ?/g, "$1");
  };
  const AGES = "(asks again by itself) ";
  const differ = (have, want) => {
    let at = 0;
    while (at < have.length && have[at] === want[at]) at += 1;
    return `shows ...${have.slice(Math.max(at - 60, 0), at + 60)}... and not ...${want.slice(Math.max(at - 60, 0), at + 60)}...`;
  };
  const kept = (root) => {  // what the page keeps up to date by itself comes empty with the section around it
    const copy = root.cloneNode(true);
    for (const part of copy.querySelectorAll("[data-keep]")) {
      part.replaceChildren();
      for (const name of part.getAttributeNames()) if (name !== "id") part.removeAttribute(name);
    }
    return copy;
  };
  const found = [];
  for (const section of document.querySelectorAll("[data-live]")) {
    const name = `${location.pathname}#${section.id}`;
    if ("gone" in section.dataset) continue;
    const answer = await fetch(section.getAttribute("hx-get"), { headers: { "HX-Request": "true" }, cache: "no-store" });
    const box = document.createElement("template");
    box.innerHTML = await answer.text();
    const want = box.content.firstElementChild;
    if (!answer.ok || !want) found.push(`${name}: asked anew it answers ${answer.status}`);
    else if (plain(kept(section)) !== plain(kept(want))) {
      const ages = "refresh" in section.dataset ? AGES : "";
      found.push(`${ages}${name} ${differ(plain(kept(section)), plain(kept(want)))}`);
    }
  }
  const parts = document.querySelectorAll("[data-keep]");
  if (parts.length) {
    const answer = await fetch(location.href, { cache: "no-store" });
    const whole = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts) {
      const want = whole.getElementById(part.id);
      const name = `${location.pathname}#${part.id}`;
      if (!answer.ok || !want) found.push(`${name}: asked anew it answers ${answer.status}`);
      else if (plain(part) !== plain(want)) found.push(`${name} ${differ(plain(part), plain(want))}`);
    }
  }
  return found;
}
"""


def differences(page: Any) -> list[str]:
    """Return in words where an open page is not what the server would render now; nothing may change meanwhile."""
    found: list[str] = page.evaluate(COMPARE)
    return found


AGES = "(asks again by itself) "
"""Begins what is said of a section whose facts age: it asks again every few seconds, whatever it is told."""


def await_same(pages: list[Any], timeout_s: float) -> tuple[float, list[str]]:
    """Look until all pages are the same as a fresh render; returns the seconds that took, and what differed to the end.

    Sections whose facts age must come to be the same too, but the seconds are those of the others.
    """
    began, took = time.monotonic(), None
    while True:
        looked = time.monotonic() - began
        said = [words for page in pages for words in differences(page)]
        if took is None and all(words.startswith(AGES) for words in said):
            took = looked
        if not said or looked > timeout_s:
            return looked if took is None else took, said
        time.sleep(0.1)
