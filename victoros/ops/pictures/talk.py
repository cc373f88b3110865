"""What is asked and told in the invented installation: what waits for a person, and letters."""

from datetime import datetime, timedelta
from typing import Any

from agents.models import Agent, Message, Swarm
from agents.services.mail import send_message
from audit.actors import SYSTEM, Actor
from audit.attention import raise_item
from audit.events import Fact, Kind, record
from tasks.models import Approval, Attempt, Task
from victoros.ops.pictures.work import FILES

PUBLISH = {
    "path": "digests/2026-w47.md",
    "text": "# Incidents of week 47\n\n" + "Three were caused by a full disk. " * 60,
}


def make_needs(desk: Swarm, crew: dict[str, Agent], tasks: dict[str, Task], now: datetime) -> None:
    """Let an act wait for approval, an agent for an answer, one be stalled and one task have failed."""
    attempt = Attempt.objects.get(task=tasks["publish"])
    expires = now + timedelta(minutes=46)
    approval = Approval.objects.create(
        attempt=attempt, task=attempt.task, swarm=desk, agent=crew["editor"], tool="publish_file", arguments=PUBLISH,
        digest="b31c0f2a" * 8, effect_class="irreversible", why="All twelve readings are verified.", expires_at=expires,
    )  # fmt: skip
    where: dict[str, Any] = {"actor": SYSTEM, "swarm_ref": desk.pk}
    raise_item(
        kind="approval",
        title="Publish digests/2026-w47.md",
        object_kind="approval",
        object_ref=approval.pk,
        severity=80,
        agent_name="editor",
        task_ref=tasks["publish"].pk,
        expires_at=expires,
        **where,
    )
    asked = Attempt.objects.get(task=tasks["reader-04"])
    raise_item(
        kind="question",
        title="Which of the two customers named Orsted is meant?",
        object_kind="attempt",
        object_ref=asked.pk,
        severity=60,
        agent_name="reader-04",
        task_ref=asked.task_id,
        body="Both appear in incident-0424.md; three tasks wait behind this one.",
        **where,
    )
    raise_item(
        kind="stalled",
        title="reader-07 is alive but does not advance",
        object_kind="agent",
        object_ref=crew["reader-07"].pk,
        severity=55,
        agent_name="reader-07",
        task_ref=tasks["reader-07"].pk,
        body="The same call six times; no step finished for 16 min, 9 s are usual.",
        **where,
    )
    raise_item(
        kind="failed",
        title=tasks["failed"].title,
        object_kind="task",
        object_ref=tasks["failed"].pk,
        severity=40,
        agent_name="scout-1",
        task_ref=tasks["failed"].pk,
        actor=SYSTEM,
        swarm_ref=tasks["failed"].swarm_id,
    )


def make_mail(desk: Swarm, scout: Swarm, crew: dict[str, Agent], now: datetime) -> None:
    """Let the agents write to each other; the oldest letters are read."""

    def write(sender: str, to: str, subject: str, kind: str = "handover") -> None:
        agent = crew[sender]
        actor = Actor("agent", agent.pk, agent.name)
        send_message(
            actor=actor, swarm=agent.swarm, recipient=crew[to], subject=subject, body=f"See *{subject}*.", kind=kind
        )

    for n in range(1, 8):
        for name in FILES[: 8 - n]:
            write(f"reader-{n:02d}", "checker", f"{name}: 3 quotes to check")
    for name in FILES[:9]:
        write("checker", "editor", f"Verified: {name}")
    write("editor", "reader-04", "One date is missing", "question")
    write("reader-04", "editor", "It was the fourth of November", "answer")
    write("scout-1", "scout-2", "Nothing new about supplier 3", "inform")
    Message.objects.filter(pk__in=list(Message.objects.values_list("pk", flat=True)[:20])).update(
        status="acknowledged", read_at=now
    )


def tell_of_one_done(desk: Swarm, tasks: dict[str, Task]) -> None:
    """Record how one task was completed and verified."""
    checker = Actor("agent", None, "checker")
    record(
        Fact(
            Kind.TASK_COMPLETED,
            Actor("agent", None, "reader-02"),
            "task",
            tasks["done"].pk,
            tasks["done"].title,
            swarm_ref=desk.pk,
            detail={},
        )
    )
    record(
        Fact(
            Kind.TASK_VERIFIED,
            checker,
            "task",
            tasks["done"].pk,
            tasks["done"].title,
            swarm_ref=desk.pk,
            detail={"quotes": 6},
        )
    )
