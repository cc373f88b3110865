"""Texts that agents and people wrote, as Markdown made safe: `{% load prose %}` and `{{ text|prose }}`."""

from functools import lru_cache

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

register = template.Library()

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable("table")
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
"""No images: an agent's text must not make the reader's browser call anybody."""
MAX_CHARACTERS = 200_000
SHORT = 2_000
"""Texts up to here, such as the purpose of a swarm, are kept as they were rendered; live pages show them again and again."""


@register.filter
def prose(text: str | None) -> SafeString:
    """Render Markdown to HTML with a short list of tags; links open nothing but http(s) and mailto."""
    shown = (text or "")[:MAX_CHARACTERS]
    html = _remember(shown) if len(shown) <= SHORT else _render(shown)
    if text and len(text) > MAX_CHARACTERS:
        said = _("Shown are the first %(n)s of %(all)s characters.")
        html += f"<p>{said % {'n': f'{MAX_CHARACTERS:,}', 'all': f'{len(text):,}'}}</p>"
    return mark_safe(html)  # nosec B308 B703: cleaned by nh3 just below


def _render(text: str) -> str:
    return nh3.clean(
        _MARKDOWN.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


_remember = lru_cache(256)(_render)
