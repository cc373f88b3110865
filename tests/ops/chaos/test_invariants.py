"""The judge finds what is broken on purpose, names it, and finds nothing in what is whole."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from agents.models import Agent
from audit.actors import SYSTEM
from audit.events import Fact, Kind, record
from audit.models import Entry
from tasks.engine.claims import take
from tasks.engine.commit import commit_batch
from tasks.engine.orders import Completed, Order, StepDraft, Write
from tasks.engine.presence import close_cell, open_cell
from tasks.models import Attempt, Cell, Effect, Step, Task
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_tasks
from tests.agents.factories import OPERATOR, make_agent, make_swarm
from victoros.ops.chaos.invariants import RULES
from victoros.ops.chaos.outcome import Outcome
from victoros.ops.chaos.outside import EFFECTS, MODEL
from victoros.ops.chaos.record import Line, Record
from victoros.ops.chaos.recovery import measure_recovery
from victoros.ops.chaos.world import ACCEPTED, FAULTS

pytestmark = pytest.mark.django_db
STEPS = 3


@pytest.fixture
def outcome(tmp_path: Path) -> Outcome:
    """Two tasks of three steps, done by one cell, with whole records."""
    swarm = make_swarm()
    make_agent(swarm, "worker", program="chaos.steps", max_active=5)
    tasks = create_tasks(actor=OPERATOR, swarm=swarm, drafts=[TaskDraft(f"Task {n}") for n in range(2)])
    accepted, model, effects = (Record(tmp_path / name) for name in (ACCEPTED, MODEL, EFFECTS))
    cell = open_cell(10, 0)
    orders = take(cell, 10).orders
    for task in tasks:
        accepted.add(task=task.pk, steps=STEPS)
    for n in range(STEPS):
        for order in orders:
            if n % 2:
                key = f"{order.task.id}-{n}"
                effect = Effect(key=key, attempt_id=order.attempt_id, step_n=n + 1, tool="chaos_post", status="done")
                effect.save()
                effects.add(task=order.task.id, n=n, key=key, applied=True)
            else:
                model.add(asked=f"{order.task.id}:{n}", task=order.task.id, n=n)
        commit_batch(
            cell, [Write(order, n, step=step_of(order, n + 1, "act" if n % 2 else "think")) for order in orders]
        )
    commit_batch(cell, [Write(order, STEPS, ending=Completed("done")) for order in orders])
    close_cell(cell, "over")
    return Outcome(tmp_path)


def step_of(order: Order, n: int, kind: str) -> StepDraft:
    """Return a finished step."""
    now = timezone.now()
    name = "chaos_post" if kind == "act" else "chaos"
    return StepDraft(order.attempt_id, n, kind, name, {}, now, now, tokens_in=20, tokens_out=10)


def broken(outcome: Outcome) -> set[str]:
    """Return the names of the invariants that do not hold."""
    return {name for name, rule in RULES.items() if list(rule(outcome))}


def first_task() -> Task:
    return Task.objects.earliest("pk")


def test_what_is_whole_is_found_whole(outcome: Outcome) -> None:
    assert broken(outcome) == set()


def lose_task() -> None:
    Task.objects.filter(pk=first_task().pk).update(status="in_progress")


def fail_task() -> None:
    task = first_task()
    Task.objects.filter(pk=task.pk).update(status="failed")
    Entry.objects.filter(kind="task.completed", object_ref=task.pk).update(kind="task.failed")
    Attempt.objects.filter(task=task).update(fence=F("fence") - 1)


def lose_step() -> None:
    step = Step.objects.filter(n=3).earliest("pk")
    step.delete()


def leave_on_cell() -> None:
    Agent.objects.update(active=4)


def miscount_agent() -> None:
    Agent.objects.update(step_count=F("step_count") + 1)


def forget_effect() -> None:
    Effect.objects.filter(attempt__task=first_task()).delete()


def miscount() -> None:
    Attempt.objects.filter(task=first_task()).update(tokens_in=F("tokens_in") + 1)


def forget_entry() -> None:
    Entry.objects.filter(kind="task.completed", object_ref=first_task().pk).delete()


def forget_pass() -> None:
    Attempt.objects.filter(task=first_task()).update(fence=F("fence") + 1)


def forget_cell() -> None:
    Entry.objects.filter(kind="cell.ended").delete()
    Cell.objects.update(status="ended")


def never_deliver() -> None:
    Effect.objects.filter(attempt__task=first_task()).update(key="never delivered")


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lose_task, "lost"),
        (fail_task, "wrong end"),
        (lose_step, "journal"),
        (leave_on_cell, "left over"),
        (miscount, "spend"),
        (miscount_agent, "spend"),
        (forget_effect, "effect missing"),
        (forget_entry, "state without entry"),
        (forget_pass, "fence without entry"),
        (forget_cell, "cell without entry"),
        (never_deliver, "effect missing"),
    ],
)
def test_what_is_broken_in_the_database_is_named(outcome: Outcome, spoil: Callable[[], None], name: str) -> None:
    spoil()
    assert name in broken(outcome)


def test_a_task_that_vanished_is_lost(outcome: Outcome, tmp_path: Path) -> None:
    Record(tmp_path / ACCEPTED).add(task=999_999, steps=STEPS)
    assert broken(outcome) == {"lost"}


def test_an_effect_carried_out_twice_is_named(outcome: Outcome, tmp_path: Path) -> None:
    Record(tmp_path / EFFECTS).add(task=first_task().pk, n=1, key="another key", applied=True)
    assert broken(outcome) == {"effect doubled"}


def test_a_repeated_delivery_under_the_same_key_is_no_doubling(outcome: Outcome, tmp_path: Path) -> None:
    Record(tmp_path / EFFECTS).add(task=first_task().pk, n=1, key=f"{first_task().pk}-1", applied=False)
    assert broken(outcome) == set()


def test_a_finished_question_asked_again_is_named(outcome: Outcome, tmp_path: Path) -> None:
    Record(tmp_path / MODEL).add(asked=f"{first_task().pk}:0", task=first_task().pk, n=0)
    assert broken(outcome) == {"asked again"}


def test_one_question_of_a_thawed_process_is_excused_and_no_more(outcome: Outcome, tmp_path: Path) -> None:
    task = first_task().pk
    Record(tmp_path / FAULTS).add(event="thaw", cells=[1], tasks=[task])
    model = Record(tmp_path / MODEL)
    model.add(asked=f"{task}:0", task=task, n=0)
    assert list(RULES["asked again"](outcome)) == []
    model.add(asked=f"{task}:2", task=task, n=2)
    assert len(list(RULES["asked again"](Outcome(tmp_path)))) == 1


def test_an_effect_nobody_accepted_is_named(outcome: Outcome, tmp_path: Path) -> None:
    Record(tmp_path / EFFECTS).add(task=999_999, n=1, key="stray", applied=True)
    assert broken(outcome) == {"effect missing"}


def test_a_task_with_a_cell_that_is_silent_is_lost(outcome: Outcome) -> None:
    task = first_task()
    cell = Cell.objects.create(host="here", pid=1)
    Task.objects.filter(pk=task.pk).update(status="in_progress")
    Attempt.objects.filter(task=task).update(status="running", cell=cell)
    assert list(RULES["lost"](outcome)) == []
    Cell.objects.filter(pk=cell.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    fresh = Outcome(outcome.home)
    assert len(list(RULES["lost"](fresh))) == 1


def test_the_database_itself_refuses_a_second_result(outcome: Outcome) -> None:
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "tasks_step")
    assert [one for one in constraints.values() if one["unique"] and one["columns"] == ["attempt_id", "n"]]
    assert list(RULES["two results"](outcome)) == []


def kill_and_go_on(gone_s: float, *, held: bool = True) -> list[Line]:
    """Write the entries of a death at second 10 and of going on; returns the record of the kill."""
    task = first_task()
    attempt = Attempt.objects.get(task=task)
    cell = Cell.objects.create(host="here", pid=1, status="dead", reason="process 1 died")
    start = timezone.now()

    def at(kind: Kind, second: float, **detail: object) -> None:
        about = ("cell", cell.pk) if kind == Kind.CELL_DIED else ("task", task.pk)
        record(Fact(kind, SYSTEM, *about, detail=dict(detail)))
        Entry.objects.filter(pk=Entry.objects.latest("pk").pk).update(at=start + timedelta(seconds=second))

    at(Kind.CELL_DIED, 10.1)
    at(Kind.ATTEMPT_RELEASED, 10.1 if held else 14, attempt=attempt.n)
    at(Kind.ATTEMPT_RESUMED, 10 + gone_s, attempt=attempt.n)
    return [{"event": "kill", "at": start.timestamp() + 10, "cell": cell.pk, "way": "cell", "attempts": [attempt.pk]}]


def test_recovery_is_measured_from_the_kill_to_the_entry(outcome: Outcome) -> None:
    recovery = measure_recovery(kill_and_go_on(0.5))
    assert recovery.gaps_s == pytest.approx([0.5], abs=0.01)
    assert (recovery.late, recovery.is_quick, len(recovery.seen_s)) == (0, True, 1)


@pytest.mark.parametrize(("during", "fault"), [("", "cell"), ("restart", "restart")])
def test_recovery_is_told_by_fault_and_by_what_of_it_was_the_burial(outcome: Outcome, during: str, fault: str) -> None:
    kills = [kill | {"during": during} for kill in kill_and_go_on(0.5)]
    assert measure_recovery(kills).as_figures()["by_fault"] == {
        fault: {"moved": 1, "seen_dying": 1, "buried_p50_s": 0.1, "buried_p99_s": 0.1, "p50_s": 0.5, "p99_s": 0.5}
    }


def test_what_goes_on_late_is_late(outcome: Outcome) -> None:
    recovery = measure_recovery(kill_and_go_on(16))
    assert (recovery.late, recovery.is_quick) == (1, False)


def test_what_the_burial_did_not_give_back_is_not_measured(outcome: Outcome) -> None:
    assert measure_recovery(kill_and_go_on(16, held=False)).gaps_s == []
