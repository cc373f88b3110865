"""What agents ask people, and what the engine asks them after a kill."""

import pytest

from agents.tools.registry import EffectClass, Tool, find_tool, register, schema
from audit.models import AttentionItem
from tasks.engine.burial import bury_cell
from tasks.models import Effect, Task
from tasks.services.making import create_task
from tasks.services.questions import answer_question, dismiss, settle_uncertain_effect
from tasks.services.work import cancel_task, retry_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import (
    JUDGE,
    SCRIPT,
    Move,
    ProcessDied,
    StillCell,
    act,
    live_attempt,
    make_worker,
    script,
    status_of,
)
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db
PAID: list[str] = []


def pay(context: object, arguments: dict[str, object]) -> dict[str, object]:
    PAID.append(str(arguments["to"]))
    return {"paid": arguments["to"]}


register(
    Tool(
        "test_pay",
        "Pay.",
        schema(["to"], to={"type": "string"}),
        EffectClass.REVERSIBLE,
        pay,
        repeatable=False,
    )
)


@pytest.fixture
def task() -> Task:
    PAID.clear()
    worker = make_worker(tools=["test_pay", "remember"])
    return create_task(actor=OPERATOR, swarm=worker.swarm, title="Work")


def die_in_the_act() -> None:
    cell = StillCell()
    cell.die_after_commit = 1
    with pytest.raises(ProcessDied):
        cell.work()
    bury_cell(cell.id, "killed")


def ask(question: str) -> Move:
    return lambda run: run.ask_person(question)


def test_a_question_waits_and_its_answer_goes_to_the_agent(task: Task) -> None:
    script(ask("Which colour?"))
    StillCell().work()
    item = AttentionItem.objects.get()
    assert (item.kind, item.title, live_attempt(task).waiting_for) == ("question", "Which colour?", "answer")
    answer_question(actor=JUDGE, item=item, text=" Blue ")
    StillCell().work()
    assert SCRIPT.seen == ["Blue"]
    assert status_of(task) == "completed"


def test_two_questions_in_a_row_get_their_own_answers(task: Task) -> None:
    script(ask("One?"), ask("Two?"))
    for text in ("first", "second"):
        StillCell().work()
        answer_question(actor=JUDGE, item=AttentionItem.objects.get(status="open"), text=text)
    StillCell().work()
    assert SCRIPT.seen == ["first", "second"]


def test_a_question_is_answered_once_and_not_with_nothing(task: Task) -> None:
    script(ask("Which?"))
    StillCell().work()
    item = AttentionItem.objects.get()
    with pytest.raises(InvalidInput):
        answer_question(actor=JUDGE, item=item, text="  ")
    answer_question(actor=JUDGE, item=item, text="This")
    with pytest.raises(Conflict):
        answer_question(actor=OPERATOR, item=item, text="That")


def test_cancelling_the_task_withdraws_its_question(task: Task) -> None:
    script(ask("Which?"))
    StillCell().work()
    cancel_task(actor=OPERATOR, task=task)
    assert AttentionItem.objects.get().status == "withdrawn"


def test_what_an_agent_waits_for_cannot_be_dismissed(task: Task) -> None:
    script(ask("Which?"))
    StillCell().work()
    with pytest.raises(Conflict):
        dismiss(actor=JUDGE, item=AttentionItem.objects.get())


def test_an_uncertain_act_is_not_repeated_but_asked_about(task: Task) -> None:
    script(act("test_pay", to="Ann"))
    assert not find_tool("test_pay").repeatable
    die_in_the_act()
    StillCell().work()
    assert (live_attempt(task).waiting_for, PAID) == ("effect", [])
    assert AttentionItem.objects.get().kind == "uncertain_effect"


@pytest.mark.parametrize(("happened", "paid"), [(True, []), (False, ["Ann"])])
def test_the_persons_word_decides_whether_it_is_done(task: Task, happened: bool, paid: list[str]) -> None:
    script(act("test_pay", to="Ann"))
    die_in_the_act()
    StillCell().work()
    settle_uncertain_effect(actor=JUDGE, item=AttentionItem.objects.get(), happened=happened)
    StillCell().work()
    assert (status_of(task), paid) == ("completed", PAID)
    assert Effect.objects.get().status == "done"


def test_an_uncertain_act_of_an_earlier_attempt_can_be_settled(task: Task) -> None:
    script(act("test_pay", to="Ann"))
    die_in_the_act()
    cancel_task(actor=OPERATOR, task=task)
    retry_task(actor=OPERATOR, task=task)
    StillCell().work()
    settle_uncertain_effect(actor=JUDGE, item=AttentionItem.objects.get(status="open"), happened=True)
    StillCell().work()
    assert (status_of(task), PAID) == ("completed", [])


def test_only_the_right_item_can_be_settled(task: Task) -> None:
    script(ask("Which?"))
    StillCell().work()
    with pytest.raises(InvalidInput):
        settle_uncertain_effect(actor=JUDGE, item=AttentionItem.objects.get(), happened=True)
