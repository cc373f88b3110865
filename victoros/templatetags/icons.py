"""Icons from the package lucide, each drawn once a process: `{% load icons %}`, `{% icon "bell" size=16 %}`."""

from functools import lru_cache

from django import template
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, *, size: int) -> str:
    """Draw an icon, `size` pixels wide and high, as decoration: what it stands for is said beside it."""
    return lucide(name, size=size, aria_hidden="true")
