"""The general agent's loop, with a model that says what the test wants."""

from typing import Any

import pytest

from agents.llm.errors import LlmBadAnswer
from agents.llm.scripted import say
from agents.models import Agent
from audit.models import AttentionItem
from tasks.models import Step, Task
from tasks.services.making import create_task
from tasks.services.questions import answer_question
from tests.agents.factories import OPERATOR
from tests.tasks.driving import SCRIPT, StillCell, live_attempt, make_worker

pytestmark = pytest.mark.django_db


def give(worker: Agent, **fields: Any) -> Task:
    return create_task(actor=OPERATOR, swarm=worker.swarm, title="Count the files", agent=worker, **fields)


def make_thinker(**fields: Any) -> Agent:
    return make_worker(program="loop", tools=["list_files", "write_file", "subtask", "ask", "send_mail"], **fields)


def test_it_acts_observes_and_completes_with_evidence() -> None:
    task = give(make_thinker())
    SCRIPT.answers[:] = [
        say(call="list_files"),
        say(call="complete", arguments={"result": "There are none.", "evidence": "The list was empty."}),
    ]
    StillCell().work()
    task.refresh_from_db()
    assert (task.status, task.result) == ("completed", "There are none.")
    assert task.evidence == {"said": "The list was empty."}
    assert "Count the files" in SCRIPT.asked[0].turns[0].text
    assert '"total": 0' in SCRIPT.asked[1].turns[-1].text


def test_a_tool_it_may_not_use_comes_back_as_an_error_it_can_read() -> None:
    task = give(make_thinker())
    SCRIPT.answers[:] = [
        say(call="publish_file", arguments={"path": "a", "text": "b"}),
        say(call="complete", arguments={"result": "x"}),
    ]
    StillCell().work()
    task.refresh_from_db()
    assert task.status == "completed"
    assert "may not use publish_file" in SCRIPT.asked[1].turns[-1].text


def test_arguments_that_break_the_schema_come_back_as_an_error() -> None:
    give(make_thinker())
    SCRIPT.answers[:] = [say(call="write_file", arguments={"path": 7}), say(call="complete", arguments={"result": "x"})]
    StillCell().work()
    assert "cannot be called like this" in SCRIPT.asked[1].turns[-1].text


def test_the_same_call_again_and_again_ends_the_attempt_and_says_why() -> None:
    task = give(make_thinker())
    SCRIPT.answers[:] = [say(call="list_files") for _ in range(10)]
    StillCell().work()
    task.refresh_from_db()
    assert task.status == "failed"
    assert "4 times with the same arguments" in task.reason
    assert "exactly this before" in SCRIPT.asked[2].turns[-1].text
    assert AttentionItem.objects.filter(kind="failed", task_ref=task.pk).exists()


def test_words_without_a_call_are_taken_as_the_result_in_the_end() -> None:
    task = give(make_thinker())
    SCRIPT.answers[:] = [say("I think"), say("so"), say("it is done")]
    StillCell().work()
    task.refresh_from_db()
    assert (task.status, task.result) == ("completed", "it is done")


def test_a_question_waits_for_a_person_and_the_answer_is_read() -> None:
    task = give(make_thinker())
    SCRIPT.answers[:] = [
        say(call="ask", arguments={"question": "Which folder?"}),
        say(call="complete", arguments={"result": "x"}),
    ]
    cell = StillCell()
    cell.work()
    assert live_attempt(task).status == "waiting"
    answer_question(actor=OPERATOR, item=AttentionItem.objects.get(kind="question"), text="The second one.")
    cell.work()
    task.refresh_from_db()
    assert task.status == "completed"
    assert SCRIPT.asked[1].turns[-1].text == "The second one."


def test_a_subtask_is_done_by_a_colleague_before_its_parent_goes_on() -> None:
    worker = make_thinker()
    make_worker(worker.swarm, "colleague", program="loop", capabilities=["count"])
    task = give(worker)
    SCRIPT.answers[:] = [
        say(call="subtask", arguments={"title": "Count", "needs": ["count"]}),
        say(call="complete", arguments={"result": "seven"}),
        say(call="complete", arguments={"result": "There are seven."}),
    ]
    StillCell().work()
    task.refresh_from_db()
    part = Task.objects.get(parent=task)
    assert (part.status, part.agent.name if part.agent else "") == ("completed", "colleague")
    assert task.result == "There are seven."
    assert "seven" in SCRIPT.asked[2].turns[-1].text


def test_later_prompts_are_kept_short_in_the_journal() -> None:
    task = give(make_thinker())
    SCRIPT.answers[:] = [say(call="list_files"), say(call="complete", arguments={"result": "x"})]
    StillCell().work()
    first, second = Step.objects.filter(attempt=live_attempt(task), kind="think").order_by("n")
    assert "Count the files" in first.request["turns"][0]["text"]
    assert second.request["since_step"] == 1
    assert "turns" not in second.request


def test_a_bad_answer_is_asked_for_again_with_some_chance_in_it() -> None:
    give(make_thinker())
    SCRIPT.answers[:] = [LlmBadAnswer("That was no JSON."), say(call="complete", arguments={"result": "x"})]

    async def at_once(_: float) -> None:
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tasks.engine.thinking.asyncio.sleep", at_once)
        StillCell().work()
    first, second = SCRIPT.asked
    assert (first.temperature, first.seed) == (0.0, None)
    assert (second.temperature, second.seed) == (0.3, 1)
