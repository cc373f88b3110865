"""Moving old entries from the database into files, so that the record stays whole and can be proved.

A batch is written to a file first, then an entry says so with the file's sha256, and only then are the rows deleted. What
a crash leaves behind is found by that entry.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from audit.actors import SYSTEM
from audit.events import Fact, Kind, record
from audit.models import Entry

IN_A_FILE = 5000
DELETED_AT_ONCE = 200


def archive_entries(before: datetime) -> int:
    """Do one short piece of work: delete rows that a file holds, else write the next file; returns rows dealt with.

    Events: `audit.archived`, with file, first and last id, number and sha256.
    """
    return _delete_archived() or _write_next(before)


def count_due(before: datetime) -> int:
    """Count the entries that would leave the database."""
    return Entry.objects.filter(at__lt=before).count()


def archive_folder() -> Path:
    """Return where the files are."""
    return Path(settings.VICTOR_HOME) / "archive"


@transaction.atomic
def _delete_archived() -> int:
    newest = Entry.objects.filter(object_kind="archive", kind=Kind.AUDIT_ARCHIVED).order_by("-id").first()
    if newest is None:
        return 0
    held = Entry.objects.filter(pk__lte=newest.detail["last"]).order_by("pk")
    return Entry.objects.filter(pk__in=list(held.values_list("pk", flat=True)[:DELETED_AT_ONCE])).delete()[0]


def _write_next(before: datetime) -> int:
    oldest = Entry.objects.order_by("pk")[:IN_A_FILE]
    rows = list(takewhile(lambda entry: entry.at < before, oldest))
    if not rows:
        return 0
    first, last = rows[0].pk, rows[-1].pk
    name = f"entries-{first:012}-{last:012}.jsonl"
    digest = _write(archive_folder() / name, map(_as_line, rows))
    detail = {"file": name, "first": first, "last": last, "entries": len(rows), "sha256": digest}
    with transaction.atomic():
        record(Fact(Kind.AUDIT_ARCHIVED, SYSTEM, "archive", last, name, detail=detail))
    return len(rows)


def _as_line(entry: Entry) -> str:
    fields: dict[str, Any] = {field.name: field.value_from_object(entry) for field in entry._meta.concrete_fields}
    return json.dumps(fields, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"


def _write(path: Path, lines: Iterable[str]) -> str:
    """Write the file whole or not at all; returns its sha256."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    raw = "".join(lines).encode()
    fresh = path.with_suffix(".new")
    with open(fresh, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return hashlib.sha256(raw).hexdigest()
