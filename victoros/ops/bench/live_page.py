"""A real Chromium that says when the page changed and how much it jumped."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from victoros.ops.browsing import browsing, show_cookies

WATCH_SHIFTS = """
window.shifts = [];
const told = ({ node }) => {
  const element = node?.nodeType === 1 ? node : node?.parentElement;
  return element?.outerHTML.slice(0, 80) ?? node?.nodeValue ?? "gone";
};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) window.shifts.push({ value: entry.value, what: entry.sources.map(told) });
  }
}).observe({ type: "layout-shift", buffered: true });
"""
AWAIT_WORDS = """(words) => {
  window.changed = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector("#page").textContent.includes(words)) return;
      observer.disconnect();
      resolve((performance.timeOrigin + performance.now()) / 1000);
    });
    observer.observe(document.querySelector("#page"), { subtree: true, childList: true, characterData: true, attributes: true });
  });
}"""


class WatchedPage:
    """One open page."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def await_words(self, words: str) -> None:
        """Look out for words from now on."""
        self._page.evaluate(AWAIT_WORDS, words)

    def changed_at(self) -> float:
        """Return when they stood there, in seconds since 1970."""
        return float(self._page.evaluate("window.changed"))

    def forget_shifts(self) -> None:
        """Count layout shifts from now on."""
        self._page.evaluate("window.shifts = []")

    def shifted(self) -> list[str]:
        """Return the beginnings of the elements that have moved since, each once, at most five."""
        found: list[str] = self._page.evaluate("[...new Set(window.shifts.flatMap((one) => one.what))].slice(0, 5)")
        return found

    def layout_shift(self) -> float:
        """Return the sum of all layout shifts since they were last forgotten."""
        return float(self._page.evaluate("window.shifts.reduce((sum, one) => sum + one.value, 0)"))


@contextmanager
def watching_page(url: str, path: str, cookies: dict[str, str]) -> Iterator[WatchedPage]:
    """Open a page and wait until it is live."""
    with browsing() as context:
        show_cookies(context, url, cookies)
        page = context.new_page()
        page.add_init_script(WATCH_SHIFTS)
        page.goto(f"{url}{path}")
        page.wait_for_selector("[data-live-state=live]", timeout=20_000)
        yield WatchedPage(page)
