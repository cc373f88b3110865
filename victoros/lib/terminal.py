"""Text for a terminal. What agents wrote is printed without control characters: it must not steer the terminal."""

import io
import os
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

PIPE_WIDTH = 200


def make_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return an aligned table; it fits the terminal, or 200 characters when written to a file."""
    from rich.box import SIMPLE_HEAD  # rich takes 70 ms to load: only who prints a table pays
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(format_value(value)) for value in row))
    return _render(table)


def make_facts(facts: dict[str, Any]) -> str:
    """Return `name  value` lines, aligned; empty values are left out."""
    shown = {name: format_value(value) for name, value in facts.items() if value not in (None, "", [], {})}
    width = max(map(len, shown), default=0)
    indent = "\n" + " " * (width + 2)
    return "\n".join(f"{name:<{width}}  {value.replace(chr(10), indent)}" for name, value in shown.items())


def format_value(value: Any) -> str:
    """Return a value as people read it: local time to the second, lists joined, yes and no."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
        case Decimal():
            return f"{value.normalize():f}"
        case list() | tuple():
            return ", ".join(format_value(item) for item in value)
        case _:
            return clean_for_terminal(str(value))


def clean_for_terminal(text: str) -> str:
    """Replace control characters, other than line breaks and tabs, by a visible mark."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_control(sign) else sign for sign in text)


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs") and sign not in "\n\t\N{ZERO WIDTH JOINER}"


def _render(table: Any) -> str:
    from rich.console import Console

    is_terminal = os.isatty(1)
    width = shutil.get_terminal_size().columns if is_terminal else PIPE_WIDTH
    drawn = io.StringIO()
    console = Console(file=drawn, width=width, force_terminal=is_terminal, no_color=not is_terminal)
    console.print(table)
    return "\n".join(line.rstrip() for line in drawn.getvalue().splitlines())
