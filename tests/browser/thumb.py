"""What a thumb can hit of the page that a browser shows."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

TOUCH = 44
"""Pixels, as `--touch` in tokens.css."""

_NARROW = """(touch) => {
  const isHit = (one, x, y) => {
    const hit = document.elementFromPoint(x, y);
    return Boolean(hit) && (one.contains(hit) || [one, ...one.querySelectorAll("*")].includes(hit.closest("label")?.control));
  };
  const reach = (one, x, y, right, down) => {
    let far = 0;
    while (far < touch && isHit(one, x + right * (far + 1), y + down * (far + 1))) far += 1;
    return far;
  };
  const isOfSentence = (one) => {
    const words = one.closest("p, li, dd, .why, .note, .help, .prose")?.textContent.trim() ?? "";
    return getComputedStyle(one).display === "inline" && words.length > one.textContent.trim().length + 12;
  };
  const say = (one, why) => `${why}: ${one.outerHTML.replace(/\\s+/g, " ").slice(0, 140)}`;
  const judge = (one) => {
    one.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const line = one.getClientRects()[0];
    const x = line.left + line.width / 2, y = line.top + line.height / 2;
    if (!isHit(one, x, y)) return say(one, "covered");
    const width = 1 + reach(one, x, y, -1, 0) + reach(one, x, y, 1, 0);
    const height = 1 + reach(one, x, y, 0, -1) + reach(one, x, y, 0, 1);
    return Math.min(width, height) < touch && !isOfSentence(one) ? say(one, `${width} x ${height}`) : null;
  };
  return [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")]
    .filter((one) => one.checkVisibility() && !one.closest(".skip, .sr"))
    .map(judge)
    .filter(Boolean);
}"""


def find_narrow(page: "Page") -> list[str]:
    """Return what can be pressed and is less wide or high than a thumb, or lies beneath something else.

    Links that are words of a sentence are as high as its lines.
    """
    found: list[str] = page.evaluate(_NARROW, TOUCH)
    return found
