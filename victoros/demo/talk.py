"""What the agents of the sample say and ask: approvals, questions and what went wrong in the queue, and letters.

Items count as noticed: nobody's phone rings for a sample.
"""

from collections.abc import Sequence
from datetime import timedelta

from agents.models import Message
from agents.tools.policy import digest_act
from audit.models import AttentionItem
from tasks.models import Approval, Attempt
from victoros.demo.words import BODIES, QUESTIONS, REASONS, SUBJECTS
from victoros.demo.work import Done, Run, Scene
from victoros.lib.inserting import insert_rows
from victoros.lib.sentences import sentence

PAST_APPROVALS = 0.05
"""Share of ended attempts that had asked for leave."""
LETTERS = 0.35
"""Letters that begin a conversation, for each task; every third is answered."""
QUIET = ("inform", "inform", "handover")
"""Kinds that nobody makes work of: an unread request to an agent would become a task."""
TROUBLE = {
    "failed": sentence("“%(title)s” failed"),
    "quarantined": sentence("“%(title)s” was quarantined"),
}
LASTS = timedelta(days=30)
"""How long what waits may wait: an installation that runs must not let the sample expire within days."""


def write_needs(scene: Scene, batch: Sequence[Done]) -> list[Approval]:
    """Write approvals and attention items of one batch; returns the approvals."""
    runs = [run for done in batch for run in done.runs]
    approvals = _write_approvals(scene, runs)
    items = [_item_of_approval(scene, row, run) for row, run in approvals]
    items += [_item_of_trouble(scene, done) for done in batch if done.row.status in ("failed", "quarantined")]
    insert_rows(AttentionItem, items)
    _write_questions(scene, [run for run in runs if run.row.waiting_for == "answer"])
    return [row for row, _ in approvals]


def _write_approvals(scene: Scene, runs: list[Run]) -> list[tuple[Approval, Run]]:
    asking = [
        run
        for run in runs
        if run.row.waiting_for == "approval" or (run.row.ended_at and scene.random.random() < PAST_APPROVALS)
    ]
    rows = [_make_approval(scene, run) for run in asking]
    for pk, row in zip(insert_rows(Approval, rows), rows, strict=True):
        row.pk = pk
        if row.status == "pending":
            Attempt.objects.filter(pk=row.attempt_id).update(waiting_ref=pk)
    return list(zip(rows, asking, strict=True))


def _make_approval(scene: Scene, run: Run) -> Approval:
    attempt, random = run.row, scene.random
    arguments = {"path": f"{attempt.task_id}.md", "text": random.choice(BODIES)}
    at = attempt.last_step_at or attempt.created_at
    status = "pending" if attempt.waiting_for else random.choices(("approved", "rejected", "expired"), (85, 12, 3))[0]
    decided = status in ("approved", "rejected")
    return Approval(
        attempt_id=attempt.pk,
        task_id=attempt.task_id,
        swarm_id=attempt.swarm_id,
        agent_id=attempt.agent_id,
        tool="publish_file",
        arguments=arguments,
        digest=digest_act("publish_file", arguments),
        effect_class="irreversible",
        why=random.choice(REASONS),
        status=status,
        created_at=at,
        expires_at=scene.now + LASTS if status == "pending" else at + timedelta(days=1),
        decided_at=at + timedelta(seconds=20) if decided else None,
        decided_by=scene.by if decided else "",
        note="The third figure is last year's." if status == "rejected" else "",
    )


def _item_of_approval(scene: Scene, row: Approval, run: Run) -> AttentionItem:
    is_open = row.status == "pending"
    return AttentionItem(
        kind="approval",
        status="open" if is_open else "expired" if row.status == "expired" else "answered",
        severity=70,
        title=f"{run.done.row.title}: publish_file {row.arguments['path']}"[:200],
        body=row.why,
        swarm_ref=row.swarm_id,
        task_ref=row.task_id,
        agent_ref=row.agent_id,
        agent_name=run.done.plan.player.name,
        object_kind="approval",
        object_ref=row.pk,
        created_at=row.created_at,
        noticed_at=row.created_at,
        expires_at=row.expires_at,
        answered_at=row.decided_at,
        answered_by=row.decided_by,
        answer=row.status if row.decided_at else "",
    )


def _item_of_trouble(scene: Scene, done: Done) -> AttentionItem:
    """What failed lately still waits for a person; older cases were dealt with."""
    row, is_open = done.row, done.plan.is_recent and scene.random.random() < 0.3
    return AttentionItem(
        kind=row.status,
        status="open" if is_open else "answered",
        severity=80 if row.status == "quarantined" else 50,
        title=TROUBLE[row.status] % {"title": row.title},
        body=row.reason,
        swarm_ref=row.swarm_id,
        task_ref=row.pk,
        agent_ref=row.agent_id,
        agent_name=done.plan.player.name,
        object_kind="task",
        object_ref=row.pk,
        created_at=row.status_since,
        noticed_at=row.status_since,
        answered_at=None if is_open else row.status_since + timedelta(minutes=5),
        answered_by="" if is_open else scene.by,
        answer="" if is_open else "noted",
    )


def _write_questions(scene: Scene, runs: list[Run]) -> None:
    items = [_make_question(scene, run) for run in runs]
    for pk, run in zip(insert_rows(AttentionItem, items), runs, strict=True):
        Attempt.objects.filter(pk=run.row.pk).update(waiting_ref=pk)


def _make_question(scene: Scene, run: Run) -> AttentionItem:
    question = scene.random.choice(QUESTIONS)
    return AttentionItem(
        kind="question",
        severity=60,
        title=question,
        body=question,
        swarm_ref=run.row.swarm_id,
        task_ref=run.row.task_id,
        agent_ref=run.row.agent_id,
        agent_name=run.done.plan.player.name,
        object_kind="attempt",
        object_ref=run.row.pk,
        created_at=run.row.last_step_at or run.row.created_at,
        noticed_at=run.row.last_step_at or run.row.created_at,
    )


def write_letters(scene: Scene, batch: Sequence[Done]) -> list[Message]:
    """Write letters between agents of one swarm, and answers to some of them; returns all."""
    random = scene.random
    first = [_make_letter(scene, done) for done in batch if random.random() < LETTERS]
    for pk, row in zip(insert_rows(Message, first), first, strict=True):
        row.pk = pk
    asked = [
        row for row in first if row.status in ("read", "acknowledged") and row.recipient_id and random.random() < 0.4
    ]
    answers = [_make_answer(scene, row) for row in asked]
    for pk, row in zip(insert_rows(Message, answers), answers, strict=True):
        row.pk = pk
    return first + answers


def _make_letter(scene: Scene, done: Done) -> Message:
    random, players = scene.random, done.plan.troupe.players
    reader = random.choice(players) if random.random() < 0.9 else None
    can_lie = reader is None or (reader.waits_for != "mail" and done.plan.is_recent)
    status = (
        "delivered"
        if can_lie and random.random() < 0.3
        else random.choices(("read", "acknowledged", "expired", "dead"), (70, 24, 4, 2))[0]
    )
    sent = done.row.started_at or done.row.created_at
    return Message(
        swarm_id=done.row.swarm_id,
        sender_agent_id=done.plan.player.pk,
        sender_name=done.plan.player.name,
        recipient_id=reader.pk if reader else None,
        kind=random.choice(QUIET if reader and status == "delivered" else (*QUIET, "request", "question")),
        priority=random.choice((0, 0, 0, 10)),
        subject=f"{random.choice(SUBJECTS)} {done.row.title[0].lower()}{done.row.title[1:]}"[:200],
        body=random.choice(BODIES),
        task_ref=done.row.pk,
        status=status,
        sent_at=sent,
        read_at=sent + timedelta(seconds=30) if status in ("read", "acknowledged") else None,
        acknowledged_at=sent + timedelta(seconds=50) if status == "acknowledged" else None,
        expires_at=sent + timedelta(hours=1) if status == "expired" else None,
        dead_reason={"dead": "Nobody acknowledged it in time.", "expired": "It expired unread."}.get(status, ""),
    )


def _make_answer(scene: Scene, row: Message) -> Message:
    return Message(
        swarm_id=row.swarm_id,
        sender_agent_id=row.recipient_id,
        sender_name=scene.names[row.recipient_id or 0],
        recipient_id=row.sender_agent_id,
        kind="answer",
        subject=f"Re: {row.subject}"[:200],
        body=scene.random.choice(BODIES),
        task_ref=row.task_ref,
        reply_to_id=row.pk,
        status="read",
        sent_at=min(row.sent_at + timedelta(minutes=3), scene.now),
        read_at=min(row.sent_at + timedelta(minutes=4), scene.now),
    )
