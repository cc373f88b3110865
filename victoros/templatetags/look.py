"""How status, facts, figures and live sections are written in templates: `{% load look %}`."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from audit import phrases
from audit.watch import Watch
from victoros.lib import figures
from victoros.lib.shapes import look_of

register = template.Library()


@register.simple_tag
def shape(status: str) -> SafeString:
    """Draw the symbol of a status alone; say the word beside it yourself."""
    look = look_of(status)
    return format_html(
        '<svg class="shape" data-tone="{}" aria-hidden="true"><use href="#shape-{}"/></svg>', look.tone, look.shape
    )


@register.simple_tag
def status(value: str, word: str = "") -> SafeString:
    """Draw a status: shape, word and tone. `word` replaces the status's own word."""
    look = look_of(value)
    return format_html(
        '<span class="status" data-status="{}" data-tone="{}">'
        '<svg class="shape" aria-hidden="true"><use href="#shape-{}"/></svg>{}</span>',
        value,
        look.tone,
        look.shape,
        word or value.replace("_", " "),
    )


@register.simple_tag
def facts(*named: Any) -> SafeString:
    """Draw the three squares from facts that have `name`, `state` (yes, late, no, unknown) and `source`."""
    drawn = format_html_join("", "{}", ((_fact(fact),) for fact in named))
    said = ", ".join(f"{fact.name}: {fact.state}" for fact in named)
    return format_html('<span class="facts" role="img" aria-label="{}">{}</span>', said, drawn)


def _fact(fact: Any) -> SafeString:
    look = look_of(fact.state)
    symbol = look.shape if look.shape.startswith("fact-") else "fact-unknown"
    return format_html(
        '<svg class="shape" data-tone="{}"><title>{}: {}</title><use href="#shape-{}"/></svg>',
        look.tone,
        fact.name,
        _say_fact(fact),
        symbol,
    )


def _say_fact(fact: Any) -> str:
    seen = f" {figures.say_since(fact.at)} ago" if fact.at else ""
    return f"{fact.state}, {fact.source}{seen}"


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
def age(moment: datetime | None) -> SafeString | str:
    """Write how long ago something was; the page keeps it ticking."""
    if moment is None:
        return figures.NONE
    return format_html(
        '<time datetime="{}" title="{}" data-age>{}</time>',
        moment.isoformat(),
        f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}",
        figures.say_since(moment),
    )


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
def money(nanos: int | None) -> str:
    """Write billionths of a dollar as dollars."""
    return figures.say_money(nanos)


@register.filter
def number(value: int | None) -> str:
    """Write a count with its thousands parted."""
    return figures.say_count(value)


@register.filter
def words(value: str) -> str:
    """Turn a name from the rows (`in_progress`, `task.completed`) into words."""
    return str(value).replace("_", " ").replace(".", " ")


@register.simple_tag
def server_now() -> datetime:
    """Return the server's time, for `as of`."""
    return timezone.now()


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
    page = phrases.PAGES.get(entry.object_kind)
    if page is None:
        return format_html("<b>{}</b>", name)
    args = [] if page.endswith("_list") else [entry.object_ref]
    return format_html('<a class="strong" href="{}">{}</a>', reverse(page, args=args), name)


@register.simple_tag
def entry_detail(entry: Any) -> str:
    """Write the detail of an entry in one line."""
    return phrases.say_detail(entry)
