"""`victor task`: give work, look at it, wait for it, end it or have it tried again."""

import argparse
import sys
from typing import Any

from agents.models import Agent, Swarm
from agents.permissions import OPERATE, require, visible_to
from audit.actors import person
from tasks.models import Attempt, Task
from tasks.selectors.detail import find_task
from tasks.selectors.filters import GROUPS, TaskFilter
from tasks.selectors.verdict import wait_for_end
from tasks.selectors.words import say_state
from tasks.services.making import create_task
from tasks.services.work import cancel_task, open_descendants, retry_task
from victoros.lib.commands import Acts, Answer, VictorCommand, add_paging, list_answer
from victoros.lib.errors import InvalidInput
from victoros.lib.rows import Document, describe_row, find_row, list_rows
from victoros.lib.terminal import make_facts
from victoros.management.stops import add_wait, confirm

COLUMNS = {
    "id": "id",
    "title": "title",
    "status": "status",
    "swarm": "swarm_name",
    "agent": "agent_name",
    "priority": "priority",
    "attempts": "attempt_count",
    "reason": "reason",
}


class Command(VictorCommand):
    """See the module."""

    help = "Create, list, show, wait for, cancel and retry tasks."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        _add_create_options(acts.add("create", self.create, "give a swarm a task and print its id"))
        listing = acts.add("list", self.list_tasks, "list tasks, newest first")
        listing.add_argument("--swarm", metavar="S", help="only those of this swarm (id or name)")
        listing.add_argument("--agent", metavar="A", help="only those of this agent (id or name)")
        listing.add_argument("--state", choices=[*Task.Status.values, *GROUPS], metavar="STATE", help=_states())
        listing.add_argument("--search", default="", metavar="WORDS", help="only those with these words in the title")
        add_paging(listing)
        _add_id(acts.add("show", self.show, "show one task with its attempts"))
        waiting = _add_id(acts.add("wait", self.wait, "wait until a task has ended or needs a person, and say which"))
        waiting.add_argument("--timeout", type=float, default=300, metavar="S", help="seconds (default 300)")
        cancelling = _add_id(acts.add("cancel", self.cancel, "end a task for good, with its open subtasks"))
        cancelling.add_argument("--reason", default="", metavar="TEXT", help="why; goes into the record")
        add_wait(cancelling)
        _add_id(acts.add("retry", self.retry, "try a failed, cancelled or quarantined task again"))

    def create(
        self,
        swarm: str,
        title: str,
        text: str,
        needs: str,
        priority: int,
        agent: str | None,
        depends_on: list[str],
        acceptance: list[str],
        key: str | None,
        backlog: bool,
    ) -> Answer:
        """Give a swarm a task."""
        target = self._find_swarm(swarm)
        require(self.user, OPERATE, target)
        task = create_task(
            actor=person(self.user),
            swarm=target,
            title=title,
            text=sys.stdin.read() if text == "-" else text,
            needs=needs.split(","),
            priority=priority,
            agent=find_row(Agent.objects.filter(swarm=target, retired_at=None), agent, "agent") if agent else None,
            depends_on=[self._find(pk) for pk in _numbers(depends_on)],
            acceptance=acceptance,
            key=key,
            backlog=backlog,
        )
        return Answer(describe(task), str(task.pk))

    def list_tasks(
        self, swarm: str | None, agent: str | None, state: str | None, search: str, after: int | None, limit: int
    ) -> Answer:
        """List the tasks that are chosen."""
        agents = visible_to(self.user, Agent.objects.all())
        choice = TaskFilter(
            swarm=self._find_swarm(swarm).pk if swarm else None,
            agent=find_row(agents, agent, "agent").pk if agent else None,
            state=state or "",
            search=search.strip(),
        )
        rows = choice.choose(visible_to(self.user, Task.objects.select_related("swarm", "agent")))
        rows = rows.filter(status__in=choice.states) if choice.states else rows
        return list_answer(
            list_rows(rows, describe, after=after, limit=limit), COLUMNS, empty="There are no such tasks."
        )

    def show(self, task: int) -> Answer:
        """Show one task."""
        row = self._find(task)
        attempts = Attempt.objects.filter(task=row).select_related("agent").order_by("n")
        document = describe(row)
        text = make_facts(document)
        for attempt in attempts:
            text += f"\nattempt {attempt.n}  {say_state(attempt)}, {attempt.steps:,} steps by {attempt.agent.name}"
        described = [describe_row(attempt, agent_name=attempt.agent.name) for attempt in attempts]
        return Answer({**document, "attempts": described}, text)

    def wait(self, task: int, timeout: float) -> Answer:
        """Wait until the task has ended or needs a person; exit code 1 when it ended badly."""
        if not 0 <= timeout <= 7 * 86_400:
            raise InvalidInput(f"A time-out of {timeout:g} s makes no sense.", hint="Give seconds from 0 to 604800.")
        self._find(task)
        verdict = wait_for_end(task, timeout_s=timeout)
        document = {**describe(self._find(task)), "status": verdict.status, "waiting_for": verdict.waiting_for}
        return Answer(document, verdict.text, exit_code=0 if verdict.is_good else 1)

    def cancel(self, task: int, reason: str, wait: float) -> Answer:
        """Cancel a task, and wait until its cell has let go of it."""
        row = self._find_operable(task)
        family = [row.pk, *open_descendants(row)]
        cancel_task(actor=person(self.user), task=row, reason=reason)
        answer = Answer(describe(row), f"Task {row.pk} is {say_state(row)}.")
        return confirm(answer, wait, attempt__task__in=family)

    def retry(self, task: int) -> Answer:
        """Have a task tried again."""
        row = self._find_operable(task)
        retry_task(actor=person(self.user), task=row)
        return Answer(describe(row), f"Task {row.pk} is {say_state(row)}.")

    def _find(self, pk: int) -> Task:
        return find_task(self.user, pk)

    def _find_operable(self, pk: int) -> Task:
        task = self._find(pk)
        require(self.user, OPERATE, task.swarm)
        return task

    def _find_swarm(self, reference: str) -> Swarm:
        return find_row(visible_to(self.user, Swarm.objects.filter(archived_at=None), "pk"), reference, "swarm")


def describe(task: Task) -> Document:
    """Return a task as a document."""
    return describe_row(task, swarm_name=task.swarm.name, agent_name=task.agent.name if task.agent else None)


def _add_create_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--swarm", required=True, metavar="S", help="id or name of the swarm")
    parser.add_argument("--title", required=True, metavar="T", help="what is to be done, in one line")
    parser.add_argument("--text", default="", metavar="T", help="all the agent should know; - reads standard input")
    parser.add_argument("--needs", default="", metavar="A,B", help="capabilities an agent must have")
    parser.add_argument("--priority", type=int, default=0, metavar="N", help="-100 to 100, higher goes first")
    parser.add_argument("--agent", metavar="A", help="id or name of the only agent who may take it")
    parser.add_argument(
        "--depends-on", action="append", default=[], metavar="ID", help="wait for this task; repeatable"
    )
    parser.add_argument(
        "--acceptance", action="append", default=[], metavar="T", help="must be true at the end; repeatable"
    )
    parser.add_argument("--key", metavar="K", help="names this act: the same key again makes no second task")
    parser.add_argument("--backlog", action="store_true", help="keep it from the agents until it is released")


def _add_id(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("task", type=int, metavar="ID", help="id of the task")
    return parser


def _states() -> str:
    return f"only those in this state: {', '.join(Task.Status.values)}; {', '.join(GROUPS)} stand for several"


def _numbers(words: list[str]) -> list[int]:
    found: list[Any] = [word.strip() for text in words for word in text.split(",") if word.strip()]
    if wrong := [word for word in found if not (word.isascii() and word.isdigit())]:
        raise InvalidInput(f"{wrong[0][:40]!r} is not the id of a task.", hint="--depends-on takes ids, such as 12.")
    return [int(word) for word in found]
