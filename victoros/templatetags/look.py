"""How status, facts, figures and live sections are written in templates: `{% load look %}`."""

from datetime import datetime, timedelta
from functools import cache, lru_cache
from html import escape
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from audit import phrases
from audit.reasons import say_reason
from audit.watch import Watch
from victoros.lib import clock, figures, signs
from victoros.lib.shapes import Look, look_of
from victoros.lib.wording import say_word

register = template.Library()


@register.filter
def reason(kept: str) -> str:
    """Say why something is as it is: `{{ task.reason|reason }}`."""
    return say_reason(kept)


@register.simple_tag
def shape(status: str) -> SafeString:
    """Draw the symbol of a status alone; say the word beside it yourself."""
    look = look_of(status)
    return _draw_shape(look.tone, look.shape)


@cache
def _draw_shape(tone: str, name: str) -> SafeString:
    """Draw a symbol, once a process: tones and shapes are few."""
    return format_html('<svg class="shape" data-tone="{}" aria-hidden="true"><use href="#shape-{}"/></svg>', tone, name)


@register.simple_tag
def status(value: str, word: str = "") -> SafeString:
    """Draw a status: shape, word and tone. `word` replaces the status's own word."""
    look = look_of(value)
    return _draw_status(value, look, str(word or say_word(value)))


@lru_cache(1024)
def _draw_status(value: str, look: Look, word: str) -> SafeString:
    """Draw a status, once a process as long as they are few."""
    return format_html(
        '<span class="status" data-status="{}" data-tone="{}">'
        '<svg class="shape" aria-hidden="true"><use href="#shape-{}"/></svg>{}</span>',
        value,
        look.tone,
        look.shape,
        word,
    )


@register.simple_tag
def facts(*named: Any) -> SafeString:
    """Draw the squares, told apart on the hover, from facts that have `name`, `state` (yes, late, no, unknown) and `source`."""
    words = [(say_word(fact.name), say_word(fact.state)) for fact in named]
    drawn = format_html("{}" * len(named), *map(_fact, named))
    told = "\n".join(f"{name}: {_say_fact(state, fact)}" for (name, state), fact in zip(words, named, strict=True))
    said = ", ".join(f"{name}: {state}" for name, state in words)
    return format_html('<span class="facts" role="img" aria-label="{}" title="{}">{}</span>', said, told, drawn)


def _fact(fact: Any) -> SafeString:
    look = look_of(fact.state)
    return _draw_shape(look.tone, look.shape if look.shape.startswith("fact-") else "fact-unknown")


def _say_fact(state: str, fact: Any) -> str:
    said = f"{state}, {fact.source}"
    if not fact.at:
        return said
    return gettext("%(said)s %(age)s ago") % {"said": said, "age": figures.say_since(fact.at)}


@register.simple_tag
def live(watch: Watch) -> SafeString:
    """Write the attributes that keep a section live; its element needs an `id` too."""
    refresh = format_html(' data-refresh="{}"', watch.refresh_s) if watch.refresh_s else ""
    return format_html(
        'data-live="{}" data-version="{}"{} hx-get="{}" hx-trigger="live" hx-swap="morph"',
        watch.topics,
        watch.numbers,
        refresh,
        watch.url,
    )


@register.filter
def reveal(text: str) -> str:
    """Write out signs that nobody sees."""
    return signs.reveal(str(text))


@register.filter
def age(moment: datetime | None) -> SafeString | str:
    """Write how long ago something was; the page keeps it ticking."""
    if moment is None:
        return figures.NONE
    local = timezone.localtime(moment).isoformat(" ")[:19]
    since = escape(figures.say_since(moment))
    return mark_safe(f'<time datetime="{moment.isoformat()}" title="{local}" data-age>{since}</time>')  # nosec B308 B703: digits, and words escaped just above


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Write a point in time: the hour when it is today, else the date too."""
    if value is None:
        return figures.NONE
    local = timezone.localtime(value)
    today = local.date() == timezone.localdate()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        f"{local:%Y-%m-%d %H:%M:%S %Z}",
        f"{local:%H:%M:%S}" if today else f"{local:%Y-%m-%d %H:%M}",
    )


@register.filter
def took(value: timedelta | float | None) -> str:
    """Write a duration: `42 ms`, `8.4 s`, `14 min`."""
    return figures.say_seconds(value.total_seconds() if isinstance(value, timedelta) else value)


@register.filter
def took_ms(milliseconds: int | None) -> str:
    """Write a duration that is kept in milliseconds."""
    return figures.NONE if milliseconds is None else figures.say_seconds(milliseconds / 1000)


@register.filter
def money(nanos: int | None) -> str:
    """Write billionths of a dollar as dollars."""
    return figures.say_money(nanos)


@register.filter
def number(value: int | None) -> str:
    """Write a count with its thousands parted."""
    return figures.say_count(value)


@register.filter
def words(value: str) -> str:
    """Turn a name from the rows (`in_progress`, `task.completed`) into words of the reader's language."""
    return say_word(value)


@register.filter
def get(known: Any, key: Any) -> Any:
    """Return what a dictionary holds under a key that another variable names."""
    return known.get(key) if known else None


@register.filter
def coded(text: Any) -> SafeString:
    """Write a sentence whose names stand between backticks, as code."""
    pieces = str(text).split("`")
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", piece) if n % 2 else piece,) for n, piece in enumerate(pieces))
    )


@register.simple_tag
def server_now() -> datetime:
    """Return the server's time, for `as of`."""
    return clock.now()


@register.simple_tag
def tone(status: str) -> str:
    """Return the tone of a status, for `data-tone`."""
    return look_of(status).tone


@register.simple_tag
def entry_shape(entry: Any) -> SafeString:
    """Draw the symbol of what an audit entry says."""
    return shape(phrases.shape_of(entry.kind))


@register.simple_tag
def entry_verb(entry: Any) -> str:
    """Say what happened to the object of an entry: `was paused`."""
    return phrases.say_kind(entry.kind)


@register.simple_tag
def entry_name(entry: Any) -> SafeString:
    """Write what an entry is about, linked to its page where it has one."""
    name = phrases.name_of(entry)
    page = phrases.page_of(entry.object_kind, entry.object_ref)
    if not page:
        return format_html("<b>{}</b>", name)
    return format_html('<a class="strong" href="{}" data-key-press="Enter">{}</a>', page, name)


@register.simple_tag
def entry_detail(entry: Any) -> str:
    """Write the detail of an entry in one line."""
    return phrases.say_detail(entry.detail)
