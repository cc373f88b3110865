"""Pictures of figures, drawn by the server as SVG: `{% load charts %}`. Each says in words what it shows."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from victoros.lib.charts import draw_columns, draw_curve
from victoros.lib.figures import say_count
from victoros.lib.shapes import look_of

register = template.Library()


@register.inclusion_tag("components/_sparkline.html")
def sparkline(values: Sequence[float | None], said: str, tone: str = "", kind: str = "line") -> dict[str, Any]:
    """Draw figures in a row as a line, or as `kind` columns; `said` is what somebody hears who does not see it."""
    is_line = kind == "line"
    return {
        "curve": draw_curve(values) if is_line else None,
        "columns": [] if is_line else draw_columns(values),
        "said": said,
        "tone": tone,
    }


@register.inclusion_tag("components/_columns.html")
def columns(points: Sequence[Any], said: str, tone: str = "") -> dict[str, Any]:
    """Draw a column for each point that has `label`, `value`, `said` and perhaps `url`, with the table behind it."""
    drawn = draw_columns([point.value for point in points])
    highest = max(points, key=lambda point: point.value, default=None)
    bars = list(zip(points, drawn, strict=True))
    return {"bars": bars, "points": points, "highest": highest, "said": said, "tone": tone}


@register.inclusion_tag("components/_bars.html")
def bars(rows: Sequence[Any], tone: str = "") -> dict[str, Any]:
    """List rows that have `label`, `value` and `said`, perhaps `url` and `tone`; the longest bar is the largest.

    A row with `is_rest` stands for all others and has no bar.
    """
    most = max((row.value for row in rows if not getattr(row, "is_rest", False)), default=0) or 1
    return {"rows": rows, "most": most, "tone": tone}


@register.inclusion_tag("components/_meter.html")
def meter(value: int, most: int, said: str, tone: str = "", mark: int | None = None) -> dict[str, Any]:
    """Draw how much of `most` is taken, in words beside it; it turns to the tone wait from 80 % and to bad from 100 %.

    `mark` draws a line where something will be, such as a forecast; `tone` replaces the tone found.
    """
    share = 100 * value / most if most > 0 else 0
    found = "bad" if share >= 100 else "wait" if share >= 80 else "good"
    marked = min(100 * mark / most, 100) if mark is not None and most > 0 else None
    return {"share": round(min(share, 100), 1), "said": said, "tone": tone or found, "mark": marked}


@register.simple_tag
def map_wire(wire: Any) -> SafeString:
    """Draw the letters from one to another: `path`, `width`, `lost`, `sender`, `recipient`, `letters`. A map has a hundred."""
    return format_html(
        '<path class="wire" d="{}" stroke-width="{}"{}><title>{} → {}: {}</title></path>',
        wire.path,
        f"{wire.width:.1f}",
        " data-late" if wire.lost else "",
        wire.sender.name,
        wire.recipient.name,
        say_count(wire.letters),
    )


@register.simple_tag
def map_node(node: Any) -> SafeString:
    """Draw a point of the map and its name, turned by `turn` degrees around where it stands."""
    turned = ' dominant-baseline="central" transform="rotate({} {} {})"'
    label = (f"{node.label_x:.1f}", f"{node.label_y:.1f}")
    return format_html(
        '<circle class="node" data-tone="{}" cx="{}" cy="{}" r="7"/><text x="{}" y="{}" text-anchor="{}"{}>{}</text>',
        look_of(node.status).tone,
        f"{node.x:.1f}",
        f"{node.y:.1f}",
        *label,
        node.anchor,
        format_html(turned, f"{node.turn:.1f}", *label) if node.turn else "",
        node.short_name,
    )
