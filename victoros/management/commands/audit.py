"""`victor audit`: who did what, and when."""

from agents.models import Swarm
from agents.permissions import visible_to
from audit.events import Kind
from audit.models import Entry
from audit.phrases import say_detail
from victoros.lib.access import scope_of
from victoros.lib.commands import Acts, Answer, VictorCommand, add_paging, list_answer
from victoros.lib.errors import InvalidInput
from victoros.lib.rows import Document, describe_row, find_row, list_rows

COLUMNS = {"id": "id", "at": "at", "kind": "kind", "by": "actor_name", "object": "object", "detail": "detail"}
LONGEST_DETAIL = 90
"""Characters of a line; `--json` has details whole."""


class Command(VictorCommand):
    """See the module."""

    help = "List who did what, and when."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        listing = acts.add("list", self.list_entries, "list entries of the record, newest first")
        listing.add_argument("--swarm", metavar="S", help="only what happened in this swarm (id or name)")
        listing.add_argument(
            "--kind", default="", metavar="KIND", help="only this kind, such as task.completed, or task."
        )
        listing.add_argument("--by", default="", metavar="NAME", help="only what this person or agent did")
        listing.add_argument(
            "--object", default="", metavar="NOUN:ID", help="only what happened to this, such as task:12"
        )
        add_paging(listing)

    def list_entries(self, swarm: str | None, kind: str, by: str, object: str, after: int | None, limit: int) -> Answer:
        """List entries."""
        rows = Entry.objects.filter(scope_of(self.user).as_filter())
        if swarm:
            rows = rows.filter(swarm_ref=find_row(visible_to(self.user, Swarm.objects.all(), "pk"), swarm, "swarm").pk)
        if kind:
            rows = rows.filter(kind__startswith=kind) if kind.endswith(".") else rows.filter(kind=_check_kind(kind))
        if by:
            rows = rows.filter(actor_name__iexact=by)
        if object:
            noun, ref = _split_object(object)
            rows = rows.filter(object_kind=noun, object_ref=ref)
        page = list_rows(rows, describe, after=after, limit=limit)
        short = [{**item, "detail": say_detail(item["detail"], LONGEST_DETAIL)} for item in page["items"]]
        return Answer(page, list_answer({**page, "items": short}, COLUMNS, empty="The record has no such entry.").text)


def describe(entry: Entry) -> Document:
    """Return an entry as a document; its status is always `recorded`, as entries never change."""
    named = f"{entry.object_kind} {entry.object_ref or ''}".strip()
    return describe_row(entry, status="recorded", object=f"{named} {entry.object_name}".strip())


def _check_kind(kind: str) -> str:
    if kind not in Kind.values:
        families = sorted({value.partition(".")[0] for value in Kind.values})
        raise InvalidInput(
            f"There is no kind {kind[:60]!r}.",
            hint=f"docs/events.md lists them; {', '.join(f'{f}.' for f in families)}",
        )
    return kind


def _split_object(text: str) -> tuple[str, int]:
    noun, _, ref = text.partition(":")
    if not noun or not (ref.isascii() and ref.isdigit() and len(ref) < 19):
        raise InvalidInput(f"{text[:60]!r} names no object.", hint="Write it as task:12 or agent:3.")
    return noun, int(ref)
