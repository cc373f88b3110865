"""`victor approval`: see what waits for a yes or no, and give it."""

from django.db.models import QuerySet

from agents.models import Swarm
from agents.permissions import OPERATE, require, visible_to
from audit.actors import person
from tasks.models import Approval
from tasks.selectors.needs import say_arguments, say_when
from tasks.services.approvals import approve, reject
from victoros.lib.commands import Acts, Answer, VictorCommand, add_paging, list_answer
from victoros.lib.errors import NotFound
from victoros.lib.rows import Document, describe_row, find_row, list_rows

COLUMNS = {
    "id": "id",
    "status": "status",
    "tool": "tool",
    "arguments": "arguments",
    "agent": "agent_name",
    "task": "task_title",
    "expires": "expires_at",
}


class Command(VictorCommand):
    """See the module."""

    help = "List, approve and reject what waits for a person."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        listing = acts.add("list", self.list_approvals, "list what waits for a yes or no, newest first")
        listing.add_argument("--swarm", metavar="S", help="only those of this swarm (id or name)")
        listing.add_argument("--all", action="store_true", help="the decided ones too")
        add_paging(listing)
        approving = acts.add("approve", self.approve, "allow exactly this act; the agent goes on at once")
        approving.add_argument("approval", type=int, metavar="ID", help="id of the approval")
        approving.add_argument("--note", default="", metavar="TEXT", help="goes into the record")
        rejecting = acts.add("reject", self.reject, "forbid this act; the agent is told why")
        rejecting.add_argument("approval", type=int, metavar="ID", help="id of the approval")
        rejecting.add_argument("--reason", required=True, metavar="TEXT", help="the agent reads it")

    def list_approvals(self, swarm: str | None, all: bool, after: int | None, limit: int) -> Answer:
        """List approvals."""
        rows = self._visible() if all else self._visible().filter(status=Approval.Status.PENDING)
        if swarm:
            rows = rows.filter(swarm=find_row(visible_to(self.user, Swarm.objects.all(), "pk"), swarm, "swarm"))
        page = list_rows(rows, describe, after=after, limit=limit)
        short = [{**item, "arguments": say_arguments(item["arguments"])} for item in page["items"]]
        return Answer(page, list_answer({**page, "items": short}, COLUMNS, empty="Nothing waits for a yes or no.").text)

    def approve(self, approval: int, note: str) -> Answer:
        """Say yes."""
        row = approve(actor=person(self.user), approval=self._find(approval), note=note)
        return Answer(describe(row), f"Approval {row.pk} is {row.status}; {row.agent.name} goes on{say_when(row)}.")

    def reject(self, approval: int, reason: str) -> Answer:
        """Say no."""
        row = reject(actor=person(self.user), approval=self._find(approval), reason=reason)
        return Answer(describe(row), f"Approval {row.pk} is {row.status}; {row.agent.name} is told why.")

    def _visible(self) -> QuerySet[Approval]:
        return visible_to(self.user, Approval.objects.select_related("agent", "task", "swarm"))

    def _find(self, pk: int) -> Approval:
        row = self._visible().filter(pk=pk).first()
        if row is None:
            raise NotFound(f"There is no approval {pk}.", hint="`./victor approval list --all` shows what there is.")
        require(self.user, OPERATE, row.swarm)
        return row


def describe(approval: Approval) -> Document:
    """Return an approval as a document."""
    return describe_row(approval, agent_name=approval.agent.name, task_title=approval.task.title)
