"""`victor swarm`: make a swarm, by hand or from a template, look at it, give it a budget, start, pause and stop it."""

import argparse
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from django.db.models import QuerySet
from django.urls import reverse

from agents.models import Provider, Swarm, Workspace
from agents.permissions import ADMINISTER, OPERATE, may, require, visible_to
from agents.services.swarms import change_swarm, create_swarm
from audit.actors import person
from tasks.catalog import create_from_template
from tasks.models import Task
from tasks.selectors.lists import count_by_state
from tasks.services import control
from victoros.lib.commands import Acts, Answer, VictorCommand, add_paging, list_answer, page_address
from victoros.lib.errors import InvalidInput, NotAllowed, NotFound
from victoros.lib.figures import DOLLAR, say_money
from victoros.lib.rows import Document, describe_row, find_row, list_rows
from victoros.lib.terminal import make_facts
from victoros.management.stops import add_wait, confirm

COLUMNS = {"id": "id", "name": "name", "status": "status", "template": "template", "input": "input_folder"}


class Command(VictorCommand):
    """See the module."""

    help = "Create, list, show, start, pause and stop swarms, and give them budgets."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        _add_create_options(
            acts.add("create", self.create, "make a swarm and print its id and the address of its page")
        )
        add_paging(acts.add("list", self.list_swarms, "list swarms, newest first"))
        for name, act, summary in (
            ("show", self.show, "show one swarm with its agents and how its tasks stand"),
            ("start", self.start, "let it work; what was stopped goes on"),
            ("pause", self.pause, "let it finish the steps in flight and begin no new one"),
        ):
            acts.add(name, act, summary).add_argument("swarm", help="id or name")
        stopping = acts.add("stop", self.stop, "stop everything it does, now, and say whether it has stopped")
        stopping.add_argument("swarm", help="id or name")
        add_wait(stopping)
        budget = acts.add("budget", self.budget, "set what its calls may cost in a calendar month")
        budget.add_argument("swarm", help="id or name")
        budget.add_argument("dollars", help="US dollars, such as 25 or 0.50, or `none` for no limit")

    def create(
        self,
        template: str,
        input: str,
        name: str,
        provider: str | None,
        workspace: str | None,
        purpose: str,
    ) -> Answer:
        """Make a swarm: from a template with its agents and tasks, or an empty one."""
        home = self._find_workspace(workspace)
        asks = find_row(Provider.objects.filter(archived_at=None), provider, "provider") if provider else None
        folder = _full_path(input)
        if template:
            swarm = create_from_template(
                actor=person(self.user),
                workspace=home,
                name=name or _free_name(home, template),
                template=template,
                input_folder=folder,
                provider=asks,
            )
        else:
            if not name:
                raise InvalidInput("A swarm without a template needs a name.", hint="Give --name or --template desk.")
            swarm = create_swarm(
                actor=person(self.user), workspace=home, name=name, purpose=purpose, provider=asks, input_folder=folder
            )
        address = page_address(reverse("swarm_view", args=[swarm.pk]))
        return Answer({**describe(swarm), "url": address}, f"{swarm.pk}\n{address}")

    def list_swarms(self, after: int | None, limit: int) -> Answer:
        """List swarms that are not archived."""
        rows = self._visible().select_related("workspace")
        return list_answer(list_rows(rows, describe, after=after, limit=limit), COLUMNS, empty="There are no swarms.")

    def show(self, swarm: str) -> Answer:
        """Show one swarm."""
        row = find_row(self._visible(), swarm, "swarm")
        tasks = {count.state: count.count for count in count_by_state(Task.objects.filter(swarm=row))}
        agents = [
            describe_row(agent, without=("instructions",))
            for agent in row.agents.filter(retired_at=None).order_by("name")
        ]
        document = {**describe(row), "tasks": tasks}
        facts = {**document, "tasks": ", ".join(f"{n} {state}" for state, n in tasks.items() if n)}
        budget = facts.pop("budget_nanos")
        lines = make_facts({**facts, "budget": f"{say_money(budget)} a month" if budget else None})
        for agent in agents:
            lines += f"\nagent {agent['id']}  {agent['name']}, {agent['status']}, {agent['done_count']} done"
        return Answer({**document, "agents": agents}, lines)

    def start(self, swarm: str) -> Answer:
        """Start one swarm."""
        return self._control(swarm, control.start_swarm, "running")

    def pause(self, swarm: str) -> Answer:
        """Pause one swarm."""
        return self._control(swarm, control.pause_swarm, "paused")

    def stop(self, swarm: str, wait: float) -> Answer:
        """Stop one swarm, and wait until its cells have let go of its work."""
        answer = self._control(swarm, control.stop_swarm, "stopped")
        return confirm(answer, wait, swarm=answer.document["id"])

    def budget(self, swarm: str, dollars: str) -> Answer:
        """Set the budget of one swarm."""
        row = find_row(self._visible(), swarm, "swarm")
        require(self.user, ADMINISTER, row)
        row = change_swarm(actor=person(self.user), swarm=row, budget_nanos=_read_dollars(dollars))
        said = (
            f"{row.name} may spend {say_money(row.budget_nanos)} a month."
            if row.budget_nanos
            else f"{row.name} has no budget."
        )
        return Answer(describe(row), said)

    def _control(self, reference: str, change: Callable[..., control.ControlResult], state: str) -> Answer:
        swarm = find_row(self._visible(), reference, "swarm")
        require(self.user, OPERATE, swarm)
        result = change(actor=person(self.user), swarm=swarm)
        swarm.refresh_from_db()
        said = f"{swarm.name} is {state}." if result.changed else f"{swarm.name} was {state} already."
        if result.stopped_attempts:
            said += f" Work stopped: {result.stopped_attempts}."
        document = describe(swarm)
        return Answer({**document, "changed": result.changed, "stopped_attempts": result.stopped_attempts}, said)

    def _visible(self) -> QuerySet[Swarm]:
        return visible_to(self.user, Swarm.objects.filter(archived_at=None), "pk")

    def _find_workspace(self, reference: str | None) -> Workspace:
        rows = Workspace.objects.filter(archived_at=None).order_by("pk")
        if reference:
            workspace = find_row(rows, reference, "workspace")
            require(self.user, ADMINISTER, workspace)
            return workspace
        for workspace in rows:
            if may(self.user, ADMINISTER, workspace):
                return workspace
        if rows:
            raise NotAllowed(
                "You may not make swarms in any workspace.", hint="Ask an admin of a workspace for the role admin."
            )
        raise NotFound("There is no workspace yet.", hint="`./victor up` makes the first one.")


def describe(swarm: Swarm) -> Document:
    """Return a swarm as a document."""
    return describe_row(swarm, status=swarm.desired_state)


def _add_create_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--template", default="", metavar="T", help="what to make it from, such as desk; empty by hand")
    parser.add_argument(
        "--input",
        default="",
        metavar="FOLDER",
        help="folder whose files it works on; the template's samples if not given",
    )
    parser.add_argument("--name", default="", metavar="N", help="unique in its workspace; the template's if not given")
    parser.add_argument("--provider", metavar="P", help="id or name of the language-model provider its agents ask")
    parser.add_argument("--workspace", metavar="W", help="id or name; the first one you administer if not given")
    parser.add_argument("--purpose", default="", metavar="TEXT", help="what it is for")


def _read_dollars(text: str) -> int | None:
    """Return billionths of a dollar; `none` is None."""
    if text == "none":
        return None
    try:
        return int(Decimal(text) * DOLLAR)
    except (ArithmeticError, ValueError) as error:
        raise InvalidInput(f"{text!r} is no amount.", hint="Give US dollars, such as 25 or 0.50, or none.") from error


def _full_path(text: str) -> str:
    """Return a folder as seen from where the command was typed; empty stays empty."""
    return str(Path(text).expanduser().resolve()) if text else ""


def _free_name(workspace: Workspace, wanted: str) -> str:
    taken = set(Swarm.objects.filter(workspace=workspace, archived_at=None).values_list("name", flat=True))
    number = 2
    name = wanted
    while name in taken:
        name, number = f"{wanted} {number}", number + 1
    return name
