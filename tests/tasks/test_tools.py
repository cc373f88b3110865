"""Tools about work itself, as agents use them."""

import pytest

from agents.models import Agent
from audit.models import AttentionItem
from tasks import tools
from tasks.models import Task
from tasks.services.making import create_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import SCRIPT, Move, StillCell, act, make_worker, script, status_of, think

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Agent:
    return make_worker(name="boss", tools=["subtask", "look_at_task", "verify", "refute"])


@pytest.fixture
def task(boss: Agent) -> Task:
    return create_task(actor=OPERATOR, swarm=boss.swarm, title="Whole", agent=boss, priority=99)


def run(*moves: Move) -> list[object]:
    script(*moves)
    cell = StillCell()
    for order in cell.take():
        cell.drive(order)
    return list(SCRIPT.seen)


def test_a_subtask_belongs_to_its_task_and_goes_before_it(boss: Agent, task: Task) -> None:
    helper = make_worker(boss.swarm, "helper")
    run(act("subtask", title="Part", agent="helper", needs=["a"], data={"x": 1}))
    part = Task.objects.get(parent=task)
    assert (part.title, part.agent, part.pinned, part.priority, part.data) == ("Part", helper, True, 100, {"x": 1})
    assert part.created_by == "boss"


def test_a_subtask_for_nobody_is_refused(task: Task) -> None:
    assert run(act("subtask", title="Part", agent="nobody"))[0]["error"]["category"] == "validation"  # type: ignore[index]
    assert not Task.objects.filter(parent=task).exists()


def test_an_agent_cannot_flood_the_board(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "MAX_SUBTASKS", 2)
    seen = run(*[act("subtask", title=f"Part {n}") for n in range(3)])
    assert ["error" in result for result in seen] == [False, False, True]  # type: ignore[operator]


def test_a_result_can_be_looked_at_verified_and_refuted(boss: Agent, task: Task) -> None:
    helper = make_worker(boss.swarm, "helper")
    good, bad = (create_task(actor=OPERATOR, swarm=boss.swarm, title=title, agent=helper) for title in ("Good", "Bad"))
    task_row = Task.objects.filter(pk=task.pk)
    task_row.update(status="backlog")
    script(think)
    StillCell().work()
    task_row.update(status="ready")
    seen = run(
        act("look_at_task", task=good.pk),
        act("verify", task=good.pk, evidence={"read": "yes"}),
        act("refute", task=bad.pk, reason="Too short"),
        act("look_at_task", task=999_999),
    )
    assert (seen[0]["by"], seen[0]["result"]) == ("helper", "done")  # type: ignore[index]
    assert "error" in seen[3]  # type: ignore[operator]
    assert (status_of(good), good.verified_by) == ("verified", "boss")
    assert (status_of(bad), bad.reason) == ("ready", "Refuted by boss: Too short")
    assert not AttentionItem.objects.exists()


def test_an_agent_cannot_judge_its_own_work(boss: Agent, task: Task) -> None:
    done = create_task(actor=OPERATOR, swarm=boss.swarm, title="Done", agent=boss)
    Task.objects.filter(pk=done.pk).update(status="completed")
    seen = run(act("verify", task=done.pk), act("refute", task=done.pk, reason="Bad"))
    assert [result["error"]["category"] for result in seen] == ["permission", "permission"]  # type: ignore[index]
    assert status_of(done) == "completed"
