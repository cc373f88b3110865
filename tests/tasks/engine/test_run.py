"""What an attempt did is read back, never done again."""

import pytest

from agents.llm.errors import LlmLimited, LlmRejected, LlmServerFailed, LlmTimeout
from agents.llm.scripted import say
from tasks.engine import tries
from tasks.engine.burial import bury_cell
from tasks.models import Attempt, Effect, Step, Task
from tasks.services.making import create_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import (
    SCRIPT,
    ProcessDied,
    StillCell,
    act,
    kinds_about,
    live_attempt,
    make_worker,
    script,
    status_of,
    think,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    worker = make_worker(tools=["remember", "write_file", "read_file"])
    return create_task(actor=OPERATOR, swarm=worker.swarm, title="Work")


def test_a_program_that_ends_completes_its_task(task: Task) -> None:
    script(think, think, answers=[say("one"), say("two")])
    StillCell().work()
    assert status_of(task) == "completed"
    assert task.result == "done"
    assert live_attempt(task).steps == 2
    assert kinds_about(task) == ["task.created", "task.claimed", "task.completed"]


def test_steps_keep_tokens_and_are_credited_to_the_agent(task: Task) -> None:
    script(think, answers=[say("three words here")])
    StillCell().work()
    attempt = live_attempt(task)
    assert (attempt.tokens_out, attempt.agent.token_count, attempt.agent.step_count) == (3, 3, 1)


def die(cell: StillCell) -> None:
    with pytest.raises(ProcessDied):
        cell.work()
    assert bury_cell(cell.id, "killed by the test")


@pytest.mark.parametrize("commits", [1, 2, 3, 4])
def test_finished_steps_are_never_asked_again_after_a_kill(task: Task, commits: int) -> None:
    script(think, act("remember", name="a", text="b"), think, answers=[say("one"), say("two"), say("three")])
    first = StillCell()
    first.die_after_commit = commits
    if commits < 4:
        die(first)
        StillCell().work()
    else:
        with pytest.raises(ProcessDied):
            first.work()
    assert status_of(task) == "completed"
    assert len(SCRIPT.asked) == 2
    assert list(live_attempt(task).journal.order_by("n").values_list("n", "kind")) == [
        (1, "think"),
        (2, "act"),
        (3, "think"),
    ]


def test_a_step_that_was_not_committed_is_done_again(task: Task) -> None:
    script(think, think, answers=[say("one"), say("lost"), say("again")])
    cell = StillCell()
    cell.die_before_commit = 2
    die(cell)
    StillCell().work()
    assert status_of(task) == "completed"
    assert [answer.text for answer in SCRIPT.seen] == ["one", "again"]
    assert live_attempt(task).journal.count() == 2


def test_a_replayed_answer_is_what_was_answered(task: Task) -> None:
    answer = say("words", call="remember", arguments={"name": "x", "text": "y"})
    script(think, think, answers=[answer, say("end")])
    cell = StillCell()
    cell.die_after_commit = 1
    die(cell)
    StillCell().work()
    assert SCRIPT.seen[0] == answer


def test_a_program_that_asks_for_something_else_than_its_journal_holds_fails(task: Task) -> None:
    script(think, think)
    cell = StillCell()
    cell.die_after_commit = 1
    die(cell)
    SCRIPT.moves[0] = act("remember", name="a", text="b")
    StillCell().work()
    assert status_of(task) == "failed"
    assert "The program was changed" not in task.reason
    assert live_attempt(task).error_category == "agent"


def test_failed_tries_are_steps_and_are_followed_by_another_try(task: Task, pauses: list[float]) -> None:
    script(think, answers=[LlmServerFailed("broken"), LlmTimeout("slow"), say("fine")])
    StillCell().work()
    assert status_of(task) == "completed"
    assert list(live_attempt(task).journal.order_by("n").values_list("outcome", flat=True)) == [
        "failed",
        "failed",
        "done",
    ]
    assert pauses == [1.0, 4.0]


def test_a_refused_request_fails_the_task_at_once(task: Task) -> None:
    script(think, answers=[LlmRejected("no such thing")])
    StillCell().work()
    assert status_of(task) == "failed"
    assert task.reason == "validation: no such thing"
    assert len(SCRIPT.asked) == 1


def test_tries_are_bounded_and_the_task_rests_before_its_next_attempt(task: Task, pauses: list[float]) -> None:
    script(think, answers=[LlmServerFailed("broken")] * 4)
    StillCell().work()
    assert status_of(task) == "ready"
    assert task.not_before is not None
    assert live_attempt(task).status == "failed"
    assert len(SCRIPT.asked) == tries.MAX_TRIES


def test_the_last_attempt_fails_the_task_and_tells_a_person(task: Task, pauses: list[float]) -> None:
    script(think, answers=[LlmServerFailed("broken")] * 12)
    for _ in range(3):
        StillCell().work()
        Task.objects.update(not_before=None)
    assert status_of(task) == "failed"
    assert task.attempt_count == 3
    assert "attempt.failed" in kinds_about(task)
    assert kinds_about(task)[-1] == "task.failed"


def test_tries_before_a_kill_count(task: Task, pauses: list[float]) -> None:
    script(think, answers=[LlmServerFailed("broken")] * 5)
    cell = StillCell()
    cell.die_after_commit = 3
    die(cell)
    StillCell().work()
    assert len(SCRIPT.asked) == tries.MAX_TRIES


def test_a_final_failure_is_raised_again_and_not_asked_again(task: Task) -> None:
    script(think, answers=[LlmRejected("never")])
    cell = StillCell()
    cell.die_after_commit = 1
    die(cell)
    StillCell().work()
    assert status_of(task) == "failed"
    assert len(SCRIPT.asked) == 1
    assert live_attempt(task).error_category == "validation"


def test_a_final_failure_keeps_whether_another_attempt_may_help(task: Task, pauses: list[float]) -> None:
    script(think, answers=[LlmServerFailed("broken")] * 4)
    cell = StillCell()
    cell.die_after_commit = 4
    die(cell)
    StillCell().work()
    assert status_of(task) == "ready"


def test_a_short_retry_after_is_waited_in_the_process(task: Task, pauses: list[float]) -> None:
    script(think, answers=[LlmLimited("busy", retry_after_s=7), say("fine")])
    StillCell().work()
    assert pauses == [7]
    assert status_of(task) == "completed"


def test_a_long_retry_after_is_waited_as_a_row(task: Task) -> None:
    script(think, answers=[LlmLimited("quota", retry_after_s=300), say("fine")])
    StillCell().work()
    attempt = live_attempt(task)
    assert (attempt.status, attempt.waiting_for, attempt.cell_id) == ("waiting", "quota", None)
    assert attempt.wake_at is not None
    assert status_of(task) == "blocked"
    assert "300 s" in task.reason


def test_work_goes_on_after_the_long_wait(task: Task) -> None:
    from tasks.engine.waking import wake_due

    script(think, answers=[LlmLimited("quota", retry_after_s=300), say("fine")])
    StillCell().work()
    assert wake_due() == 0
    Attempt.objects.update(wake_at=live_attempt(task).created_at)
    assert wake_due() == 1
    StillCell().work()
    assert status_of(task) == "completed"
    assert len(SCRIPT.asked) == 2


def test_an_agent_without_a_provider_fails_with_a_hint(task: Task) -> None:
    from agents.models import Agent, Provider

    Agent.objects.update(provider=None)
    Provider.objects.update(is_default=False)
    script(think)
    StillCell().work()
    assert status_of(task) == "failed"
    assert task.reason.startswith("configuration:")


def test_a_mistake_in_a_program_fails_the_attempt_as_a_system_error(task: Task) -> None:
    async def stumble(run: object) -> None:
        raise KeyError("oops")

    script(stumble)
    StillCell().work()
    assert live_attempt(task).error_category == "system"
    assert status_of(task) == "ready"


def test_an_attempt_asked_to_leave_is_released_at_a_step_boundary(task: Task) -> None:
    cell = StillCell()
    cell.reason_to_leave = "paused"
    script(think)
    cell.drive(cell.take()[0])
    attempt = live_attempt(task)
    assert (attempt.status, attempt.steps, len(SCRIPT.asked)) == ("ready", 0, 0)
    assert "attempt.released" in kinds_about(task)


def test_an_outside_act_is_intended_done_and_recorded_once(task: Task, home: object) -> None:
    script(act("write_file", path="a.md", text="hello"))
    StillCell().work()
    effect = Effect.objects.get()
    assert (effect.status, effect.step_n, effect.tool) == ("done", 1, "write_file")
    assert (task.swarm.folder / "a.md").read_text() == "hello"
    assert [kind for kind in kinds_about(task) if kind.startswith("effect")] == ["effect.intended", "effect.done"]


def test_a_done_effect_is_not_repeated_by_the_next_attempt(task: Task) -> None:
    script(act("write_file", path="a.md", text="hello"), think, answers=[LlmRejected("no")])
    StillCell().work()
    (task.swarm.folder / "a.md").unlink()
    from tasks.services.work import retry_task

    retry_task(actor=OPERATOR, task=task)
    StillCell().work()
    assert status_of(task) == "completed"
    assert not (task.swarm.folder / "a.md").exists()
    assert Effect.objects.count() == 1


def test_a_repeatable_act_cut_off_is_repeated_under_its_key(task: Task) -> None:
    script(act("write_file", path="a.md", text="hello"))
    cell = StillCell()
    cell.die_after_commit = 1
    die(cell)
    assert Effect.objects.get().status == "intended"
    StillCell().work()
    assert status_of(task) == "completed"
    assert Effect.objects.get().status == "done"
    assert (task.swarm.folder / "a.md").read_text() == "hello"


def test_a_failing_tool_is_an_observation_and_not_an_end(task: Task) -> None:
    script(act("read_file", path="missing.md"), act("no_such_tool"), act("write_file", path="../x", text="y"))
    StillCell().work()
    assert status_of(task) == "completed"
    assert [seen["error"]["category"] for seen in SCRIPT.seen] == ["validation", "validation", "validation"]
    assert Effect.objects.get().status == "failed"


def test_a_tool_not_on_the_agents_list_is_refused(task: Task) -> None:
    script(act("send_mail", to="operators", subject="hi"))
    StillCell().work()
    assert SCRIPT.seen[0]["error"]["category"] == "permission"


def test_arguments_against_the_schema_are_refused(task: Task) -> None:
    script(act("remember", name="only"))
    StillCell().work()
    assert SCRIPT.seen[0]["error"]["category"] == "validation"
    assert Step.objects.count() == 1


def test_a_task_without_a_known_program_fails(task: Task) -> None:
    from agents.models import Agent

    Agent.objects.update(program="gone")
    script(think)
    StillCell().work()
    assert status_of(task) == "failed"
    assert "There is no program" in task.reason
