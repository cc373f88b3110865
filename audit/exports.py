"""Lists taken out of the site as files: each leaves an entry."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from audit.actors import person
from audit.events import Fact, Kind, record
from victoros.lib.exporting import MOST, Columns, Export, answer_file

ENTRY_COLUMNS: Columns = {
    "id": lambda row: row.pk,
    "at": lambda row: row.at,
    "kind": lambda row: row.kind,
    "actor": lambda row: row.actor_name,
    "actor_kind": lambda row: row.actor_kind,
    "object_kind": lambda row: row.object_kind,
    "object_id": lambda row: row.object_ref,
    "object": lambda row: row.object_name,
    "swarm_id": lambda row: row.swarm_ref,
    "workspace_id": lambda row: row.workspace_ref,
    "detail": lambda row: row.detail,
}


def export_list(request: HttpRequest, export: Export) -> StreamingHttpResponse:
    """Answer with a list as a file, and write down who took it, with which filters. Events: `list.exported`."""
    is_cut = export.is_cut
    query = request.GET.copy()
    for name in ("format", "bom", "after", "before"):
        query.pop(name, None)
    detail = {"format": export.format, "filters": query.urlencode(), "limit": MOST, "is_cut": is_cut}
    with transaction.atomic():
        record(Fact(Kind.LIST_EXPORTED, person(request.user), "list", None, export.name, detail=detail))
    return answer_file(request, export, is_cut=is_cut)


def make_export(
    request: HttpRequest, name: str, rows: QuerySet[Any], columns: Columns, format: str, tie: str = "pk"
) -> StreamingHttpResponse:
    """Export these rows; `?bom=1` puts a byte order mark first."""
    return export_list(request, Export(name, rows, columns, format, request.GET.get("bom") == "1", tie))
