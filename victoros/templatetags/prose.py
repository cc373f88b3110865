"""Texts that agents and people wrote, as Markdown made safe: `{% load prose %}` and `{{ text|prose }}`."""

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


@register.filter
def prose(text: str | None) -> SafeString:
    """Render Markdown to HTML with a short list of tags; links open nothing but http(s) and mailto."""
    shown = (text or "")[:MAX_CHARACTERS]
    html = nh3.clean(
        _MARKDOWN.render(shown),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    if text and len(text) > MAX_CHARACTERS:
        said = _("Shown are the first %(n)s of %(all)s characters.")
        html += f"<p>{said % {'n': f'{MAX_CHARACTERS:,}', 'all': f'{len(text):,}'}}</p>"
    return mark_safe(html)  # nosec B308 B703: cleaned by nh3 just above
