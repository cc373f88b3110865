"""A little of everything, so that no page is empty."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from agents.models import Agent, Swarm
from agents.permissions import grant
from agents.services.agents import change_agent
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.events import Fact, Kind, record
from tasks.models import Cell, Dependency, StandingRule
from tests.agents.factories import make_agent, make_message, make_provider, make_swarm, make_user, make_workspace
from tests.tasks.pages.rows import make_approval, make_attempt, make_steps, make_task

LONG = "Summarise-the-incident-report-0412-of-the-fourth-of-November-without-a-single-break.md"


def make_world() -> Swarm:
    """Make a swarm with agents, tasks in several states, a running attempt with steps, mail, questions and a record."""
    swarm = make_swarm("desk", workspace=make_workspace("Home"), purpose="Read and digest.", budget_nanos=10**9)
    make_provider("far away")
    cell = Cell.objects.create(host="a-host-with-a-rather-long-name.example", pid=4711, heartbeat_at=timezone.now())
    Cell.objects.create(host="north-1", pid=1, status="dead", ended_at=timezone.now(), reason="silent for 10 s")
    reader = make_agent(swarm, "reader-with-a-long-name-01", role="reads", capabilities=["read"])
    for text in ("Quote.", "Quote word for word.", "Quote word for word.\nNever guess a date."):
        change_agent(actor=SYSTEM, agent=reader, instructions=text)
    editor = make_agent(swarm, "editor")
    Agent.objects.filter(pk=reader.pk).update(status="busy", active=1)
    done = make_task(
        swarm, title="Read it", status="verified", agent=reader, result="# Done\n\n- one\n- two", text="Do *it*."
    )
    work = make_task(
        swarm, title=LONG, status="in_progress", agent=reader, acceptance=[{"text": "quoted", "met": False}]
    )
    make_steps(make_attempt(work, reader, status="running", cell=cell, last_step_at=timezone.now()), 12)
    make_task(swarm, title="W" * 150, status="backlog")
    wait = make_task(swarm, title="Publish the digest", status="blocked", agent=editor, reason="Waits for a person.")
    Dependency.objects.create(task=wait, on=work)
    attempt = make_attempt(wait, editor, status="waiting", waiting_for="approval", waiting_since=timezone.now())
    approval = make_approval(attempt, arguments={"path": "digest.md", "text": f"{LONG} " * 30}, why="All is verified.")
    where: dict[str, Any] = {"swarm_ref": swarm.pk, "agent_name": editor.name, "task_ref": wait.pk}
    soon = timezone.now() + timedelta(hours=1)
    raise_item(
        actor=SYSTEM,
        kind="approval",
        title=f"Publish {LONG}",
        object_kind="approval",
        object_ref=approval.pk,
        expires_at=soon,
        **where,
    )
    raise_item(actor=SYSTEM, kind="question", title="Which one?", object_kind="attempt", object_ref=attempt.pk, **where)
    raise_item(actor=SYSTEM, kind="failed", title="It failed", object_kind="task", object_ref=done.pk, **where)
    make_message(editor, subject="Ten summaries", body=f"See *{LONG}*.")
    make_task(swarm, title="Later", status="backlog")
    StandingRule.objects.create(swarm=swarm, tool="publish_file", max_uses=3, made_by="tester", expires_at=soon)
    record(Fact(Kind.TASK_VERIFIED, SYSTEM, "task", done.pk, done.title, swarm_ref=swarm.pk, detail={"quotes": 9}))
    return swarm


def make_readers(world: Swarm) -> dict[str, Any]:
    """Make who may only look at the world, who answers for another swarm beside it, and who may do everything."""
    other = make_swarm(workspace=world.workspace)
    raise_item(
        actor=SYSTEM, kind="failed", title="It failed", object_kind="swarm", object_ref=other.pk, swarm_ref=other.pk
    )
    both = make_user("operator", other)
    grant(both, "viewer", world)
    return {"viewer": make_user("viewer", world), "both": both, "superuser": make_user(superuser=True)}
