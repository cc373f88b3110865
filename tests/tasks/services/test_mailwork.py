"""Letters that ask for something become work."""

import pytest

from agents.llm.scripted import say
from agents.models import Message
from tasks.models import Task
from tasks.services.mailwork import take_up_mail
from tests.agents.factories import make_message
from tests.tasks.driving import StillCell, make_worker, script

pytestmark = pytest.mark.django_db


def test_a_request_to_a_general_agent_becomes_its_task_once() -> None:
    worker = make_worker(program="loop")
    letter = make_message(worker, kind="request", subject="Count the files", body="All of them.")
    assert take_up_mail() == 1
    assert take_up_mail() == 0
    task = Task.objects.get()
    assert (task.agent, task.pinned, task.status) == (worker, True, "ready")
    assert "All of them." in task.text
    letter.refresh_from_db()
    assert letter.status == "read"


@pytest.mark.parametrize(("kind", "program"), [("inform", "loop"), ("handover", "loop"), ("request", "test.script")])
def test_other_letters_stay_in_the_mailbox(kind: str, program: str) -> None:
    letter = make_message(make_worker(program=program), kind=kind)
    assert take_up_mail() == 0
    letter.refresh_from_db()
    assert letter.status == "delivered"


def test_the_agent_answers_and_the_answer_names_the_letter() -> None:
    worker = make_worker(program="loop", tools=["send_mail"])
    letter = make_message(worker, kind="question", subject="How many?")
    take_up_mail()
    arguments = {"to": "operators", "kind": "answer", "subject": "Seven", "reply_to": letter.pk}
    script(answers=[say(call="send_mail", arguments=arguments), say(call="complete", arguments={"result": "Seven."})])
    StillCell().work()
    answer = Message.objects.get(kind="answer")
    assert (answer.reply_to, answer.sender_agent, answer.recipient) == (letter, worker, None)
    assert Task.objects.get().status == "completed"
