"""Acts whose answer was lost: nobody knows whether they happened, so they keep their key until somebody does."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.llm.errors import LlmLimited
from agents.tools import registry
from agents.tools.policy import effect_key
from agents.tools.registry import EffectClass, OutcomeUnknown, Tool, ToolContext, register, schema
from audit.models import AttentionItem
from tasks.models import Effect, Step, Task
from tasks.services.making import create_task
from tasks.services.questions import settle_uncertain_effect
from tests.agents.factories import OPERATOR
from tests.tasks.driving import SCRIPT, StillCell, act, live_attempt, make_worker, script, status_of, think
from tests.tasks.engine.test_run import die

pytestmark = pytest.mark.django_db


@dataclass
class Receiver:
    """Takes each key once and loses its first answers."""

    loses: int = 0
    keys: list[str] = field(default_factory=list)

    def deliver(self, context: ToolContext, arguments: dict[str, Any]) -> dict[str, Any]:
        """Be the tool."""
        self.keys.append(context.key)
        if len(self.keys) <= self.loses:
            raise OutcomeUnknown("The line went dead.")
        return {"received": len(self.keys)}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """A receiver with a tool that may be repeated, one that may not, and one that only reads."""
    monkeypatch.setattr(registry, "_TOOLS", dict(registry._TOOLS))
    made = Receiver()
    for name, effect, repeatable in (
        ("post", EffectClass.REVERSIBLE, True),
        ("pay", EffectClass.REVERSIBLE, False),
        ("peek", EffectClass.READ, True),
    ):
        register(Tool(name, "Deliver.", schema(), effect, made.deliver, repeatable=repeatable))
    return made


@pytest.fixture
def task(receiver: Receiver) -> Task:
    worker = make_worker(tools=["post", "pay", "peek"])
    return create_task(actor=OPERATOR, swarm=worker.swarm, title="Work")


def outcomes(task: Task) -> list[tuple[str, str]]:
    return list(Step.objects.filter(attempt__task=task).order_by("n").values_list("kind", "outcome"))


def answer_person(*, happened: bool) -> None:
    item = AttentionItem.objects.get(status="open", kind="uncertain_effect")
    settle_uncertain_effect(actor=OPERATOR, item=item, happened=happened)


def test_a_repeatable_act_is_tried_again_under_its_key(task: Task, receiver: Receiver, pauses: list[float]) -> None:
    receiver.loses = 2
    script(act("post"), think)
    StillCell().work()
    assert status_of(task) == "completed"
    assert len(receiver.keys) == 3
    assert len(set(receiver.keys)) == 1
    assert pauses == [1.0, 4.0]
    assert outcomes(task) == [("act", "failed"), ("act", "failed"), ("act", "done"), ("think", "done")]
    effect = Effect.objects.get()
    assert (effect.status, effect.tries) == ("done", 3)
    assert SCRIPT.seen[0] == {"received": 3}


@pytest.mark.usefixtures("pauses")
def test_after_the_last_try_a_person_is_asked_and_believed(task: Task, receiver: Receiver) -> None:
    receiver.loses = 99
    script(act("post"))
    StillCell().work()
    assert (len(receiver.keys), status_of(task)) == (4, "blocked")
    assert Effect.objects.get().status == "intended"
    answer_person(happened=True)
    StillCell().work()
    assert (len(receiver.keys), status_of(task)) == (4, "completed")


@pytest.mark.usefixtures("pauses")
def test_an_act_that_did_not_happen_after_all_is_done_under_its_key(task: Task, receiver: Receiver) -> None:
    receiver.loses = 5
    script(act("post"))
    StillCell().work()
    answer_person(happened=False)
    StillCell().work()
    assert status_of(task) == "completed"
    assert len(receiver.keys) == 6
    assert len(set(receiver.keys)) == 1


@pytest.mark.usefixtures("pauses")
def test_a_crash_between_two_tries_neither_forgets_the_key_nor_the_tries(task: Task, receiver: Receiver) -> None:
    receiver.loses = 99
    script(act("post"))
    cell = StillCell()
    cell.die_after_commit = 4  # intended, failed, intended, failed
    die(cell)
    StillCell().work()
    assert (len(receiver.keys), len(set(receiver.keys)), status_of(task)) == (4, 1, "blocked")


def test_an_act_that_is_not_repeatable_asks_a_person_at_once(task: Task, receiver: Receiver) -> None:
    receiver.loses = 1
    script(act("pay"))
    StillCell().work()
    assert (len(receiver.keys), status_of(task)) == (1, "blocked")
    assert outcomes(task) == [("act", "failed")]
    answer_person(happened=True)
    StillCell().work()
    assert (len(receiver.keys), status_of(task)) == (1, "completed")


def test_what_only_reads_has_no_unknown_outcome(task: Task, receiver: Receiver) -> None:
    receiver.loses = 1
    script(act("peek"))
    StillCell().work()
    assert SCRIPT.seen[0]["error"]["message"] == "The line went dead."
    assert not Effect.objects.exists()


@pytest.mark.usefixtures("pauses")
def test_a_question_that_failed_before_does_not_change_the_key_of_an_act(task: Task, receiver: Receiver) -> None:
    script(think, act("post"))
    StillCell().work()
    first = receiver.keys.pop()
    again = create_task(actor=OPERATOR, swarm=task.swarm, title="Again")
    script(think, act("post"), answers=[LlmLimited("slowly", retry_after_s=1)])
    StillCell().work()
    assert live_attempt(again).steps == 3
    assert [first, receiver.keys[0]] == [effect_key(pk, 2, "post", {}) for pk in (task.pk, again.pk)]
