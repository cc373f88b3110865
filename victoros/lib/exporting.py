"""Lists as files: CSV that no spreadsheet runs as formulas, or JSON; streamed page by page, so that memory stays flat."""

import csv
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from victoros.lib import clock
from victoros.lib.errors import InvalidInput

FORMATS = ("csv", "json")
MOST = 100_000
"""Rows of one file; what is beyond is named in the file's name, in JSON also inside."""
AT_ONCE = 1_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_SPACES = " \u00a0\ufeff\u200b"
Columns = Mapping[str, Callable[[Any], Any]]


@dataclass(frozen=True)
class Export:
    """What goes into a file: the rows of `queryset`, newest first, in these columns."""

    name: str
    queryset: QuerySet[Any]
    columns: Columns
    format: str
    bom: bool = False
    """Begin with a byte order mark: some spreadsheets take UTF-8 for something else without."""
    tie: str = "pk"
    """The id as it is sorted by, as in `victoros.lib.paging.Order`."""

    @property
    def is_cut(self) -> bool:
        """Whether there are more than `MOST` rows. One query."""
        return self.queryset.order_by(f"-{self.tie}").values_list("pk", flat=True)[MOST : MOST + 1].exists()


def read_format(request: HttpRequest) -> str:
    """Return the format the address asks for; empty for a page. Anything else is refused."""
    wanted = request.GET.get("format", "")
    if wanted and wanted not in FORMATS:
        raise InvalidInput(
            _("There is no format %(value)s.") % {"value": repr(wanted[:40])},
            hint=_("Formats are %(formats)s.") % {"formats": _(" and ").join(FORMATS)},
        )
    return wanted


def answer_file(request: HttpRequest, export: Export, *, is_cut: bool) -> StreamingHttpResponse:
    """Stream the file. Pages are read in turn by id, so that no cursor and no transaction stays open meanwhile."""
    parts = _csv(export) if export.format == "csv" else _json(export, is_cut)
    kind = "text/csv" if export.format == "csv" else "application/json"
    content: Any = _in_turn(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(content, content_type=f"{kind}; charset=utf-8")
    cut = f"-first-{MOST}" if is_cut else ""
    name = f"victor-{export.name}-{timezone.localtime():%Y%m%d-%H%M%S}{cut}.{export.format}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def guard_cell(value: Any) -> Any:
    """Return a cell that a spreadsheet shows and does not run: a text that looks like a formula gets a quote before it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return guard_cell(json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder))
    if isinstance(value, str) and value.lstrip(_SPACES).startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _csv(export: Export) -> Iterator[bytes]:
    yield ("\ufeff" if export.bom else "").encode() + _lines([list(export.columns)])
    for rows in _pages(export):
        yield _lines([[guard_cell(read(row)) for read in export.columns.values()] for row in rows])


def _lines(rows: list[list[Any]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", errors="replace")


def _json(export: Export, is_cut: bool) -> Iterator[bytes]:
    head = {"list": export.name, "at": clock.now().isoformat(), "limit": MOST, "is_cut": is_cut}
    yield (json.dumps(head)[:-1] + ', "rows": [').encode()
    separator = "\n"
    for rows in _pages(export):
        found = [{name: read(row) for name, read in export.columns.items()} for row in rows]
        texts = [json.dumps(row, ensure_ascii=False, cls=DjangoJSONEncoder) for row in found]
        yield (separator + ",\n".join(texts)).encode("utf-8", errors="replace")
        separator = ",\n"
    yield b"\n]}\n"


def _pages(export: Export) -> Iterator[list[Any]]:
    ordered, left, after = export.queryset.order_by(f"-{export.tie}"), MOST, None
    while left > 0:
        page = list((ordered.filter(pk__lt=after) if after else ordered)[: min(AT_ONCE, left)])
        if not page:
            return
        yield page
        left, after = left - len(page), page[-1].pk


async def _in_turn(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read each part in the request's thread, while the event loop serves others."""
    ask = sync_to_async(lambda: next(parts, None))
    while (part := await ask()) is not None:
        yield part
