"""What happens at the bounds of docs/bounds.md: a clear refusal or a clear policy, never a crash or silence."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from agents.llm.client import LlmClient
from agents.llm.scripted import say
from agents.llm.types import Connection
from agents.models import Agent, Message, Swarm
from agents.services.mail import read_mailbox, send_message
from agents.tools.files import write_file
from agents.tools.registry import EffectClass, Tool, ToolContext, register, schema
from tasks.engine import acting, hints, run
from tasks.engine.hints import HintSender
from tasks.models import Step, Task
from tasks.services import checks
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_task, create_tasks
from tests.agents.factories import OPERATOR, make_swarm
from tests.tasks.driving import SCRIPT, StillCell, act, make_worker, script, status_of, think
from victoros.lib.errors import Category, InvalidInput, LimitReached

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_swarm()


@pytest.fixture
def worker(swarm: Swarm) -> Agent:
    return make_worker(swarm, tools=["bounds_long"])


register(
    Tool(
        "bounds_long",
        "Return a lot.",
        schema(["letters"], letters={"type": "integer"}),
        EffectClass.REVERSIBLE,
        lambda context, arguments: {"text": "x" * arguments["letters"]},
    )
)


def give(swarm: Swarm, number: int = 1, **fields: Any) -> list[Task]:
    return create_tasks(actor=OPERATOR, swarm=swarm, drafts=[TaskDraft(f"Task {n}", **fields) for n in range(number)])


def test_a_swarm_has_room_for_so_many_unended_tasks(swarm: Swarm, settings: Settings) -> None:
    settings.VICTOR_SWARM_TASKS = 5
    give(make_swarm(), 3)
    first = give(swarm, 4)

    with pytest.raises(LimitReached, match="5 that have not ended") as caught:
        give(swarm, 2)
    assert caught.value.category == Category.RESOURCE
    assert Task.objects.filter(swarm=swarm).count() == 4

    Task.objects.filter(pk=first[1].pk).update(status="completed")
    give(swarm, 2)
    assert Task.objects.filter(swarm=swarm).exclude(status="completed").count() == 5


def test_the_same_key_again_needs_no_room(swarm: Swarm, settings: Settings) -> None:
    settings.VICTOR_SWARM_TASKS = 1
    made = create_task(actor=OPERATOR, swarm=swarm, title="Once", key="k")

    assert create_task(actor=OPERATOR, swarm=swarm, title="Once", key="k") == made


def test_nothing_is_counted_far_from_the_bound(swarm: Swarm) -> None:
    give(swarm, 50)

    with CaptureQueriesContext(connection) as queries:
        give(swarm)

    assert [query["sql"] for query in queries if "COUNT(" in query["sql"] and "tasks_task" in query["sql"]] == []


def test_too_many_tasks_in_one_call_are_refused(swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MAX_AT_ONCE", 3)

    assert len(give(swarm, 3)) == 3
    with pytest.raises(LimitReached, match="4 tasks at once"):
        give(swarm, 4)


def test_subtasks_go_only_so_deep(swarm: Swarm, settings: Settings) -> None:
    settings.VICTOR_SUBTASK_DEPTH = 2
    top = create_task(actor=OPERATOR, swarm=swarm, title="Top")
    below = create_task(actor=OPERATOR, swarm=swarm, title="Below", parent=top)
    deep = create_task(actor=OPERATOR, swarm=swarm, title="Deep", parent=below)

    with pytest.raises(LimitReached, match="2 deep"):
        create_task(actor=OPERATOR, swarm=swarm, title="Too deep", parent=deep)


@pytest.mark.parametrize(
    ("most", "too_much"),
    [
        ({"text": "x" * 200_000}, {"text": "x" * 200_001}),
        ({"data": {"a": "x" * 199_990}}, {"data": {"a": "x" * 200_000}}),
        ({"needs": [f"n{n}" for n in range(20)]}, {"needs": [f"n{n}" for n in range(21)]}),
        ({"acceptance": ["x"] * 100}, {"acceptance": ["x"] * 101}),
        ({"acceptance": ["x" * 1000]}, {"acceptance": ["x" * 1001]}),
    ],
    ids=["text", "data", "needs", "acceptance", "item"],
)
def test_words_and_lists_of_a_task_end_somewhere(swarm: Swarm, most: Any, too_much: Any) -> None:
    give(swarm, **most)
    with pytest.raises(InvalidInput):
        give(swarm, **too_much)


def test_an_attempt_ends_after_so_many_steps_and_is_not_tried_again(worker: Agent, settings: Settings) -> None:
    settings.VICTOR_ATTEMPT_STEPS = 3
    script(*[think] * 5, answers=[say("on and on")] * 5)
    [task] = give(worker.swarm)

    StillCell().work()

    assert (status_of(task), task.attempt_count) == ("failed", 1)
    assert "3 steps" in task.reason
    assert Step.objects.count() == 3


def test_a_tool_that_returns_too_much_is_done_and_says_so(worker: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "MAX_RESULT", 1000)
    script(act("bounds_long", letters=900), act("bounds_long", letters=1100))
    [task] = give(worker.swarm)

    StillCell().work()

    assert status_of(task) == "completed"
    assert len(SCRIPT.seen[0]["text"]) == 900
    assert SCRIPT.seen[1]["error"]["category"] == "resource"


def test_a_result_that_is_too_long_is_cut_and_says_so(worker: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MAX_TASK_RESULT", 2)
    script(think, answers=[say("ok")])
    [task] = give(worker.swarm)

    StillCell().work()

    task.refresh_from_db()
    assert task.result == "do\n… 2 more characters were left out."


def test_a_full_mailbox_takes_no_letter_until_some_are_read(worker: Agent, settings: Settings) -> None:
    settings.VICTOR_MAILBOX = 2

    def send(recipient: Agent | None, key: str | None = None) -> None:
        send_message(actor=OPERATOR, swarm=worker.swarm, recipient=recipient, subject="Hello", key=key)

    send(worker, "one")
    send(worker)
    with pytest.raises(LimitReached, match="worker: 2 letters"):
        send(worker)
    send(None)
    read_mailbox(agent=worker)
    send(worker)
    assert Message.objects.filter(recipient=worker).count() == 3


def test_the_operators_mailbox_is_bounded_by_swarm(worker: Agent, settings: Settings) -> None:
    settings.VICTOR_MAILBOX = 1
    send_message(actor=OPERATOR, swarm=worker.swarm, recipient=None, subject="Hello")

    with pytest.raises(LimitReached, match="operators"):
        send_message(actor=OPERATOR, swarm=worker.swarm, recipient=None, subject="Hello")
    send_message(actor=OPERATOR, swarm=make_swarm(), recipient=None, subject="Hello")


@pytest.fixture
def context(swarm: Swarm, settings: Settings, tmp_path: Any) -> ToolContext:
    settings.VICTOR_HOME = tmp_path
    return ToolContext(1, "a", swarm.pk, 1, 1, swarm.folder, "", "k")


def test_a_folder_takes_so_many_files(context: ToolContext, settings: Settings) -> None:
    settings.VICTOR_FOLDER_FILES = 2
    for name in ("a.md", "deep/b.md"):
        write_file(context, {"path": name, "text": "x"})

    with pytest.raises(LimitReached, match="2 files"):
        write_file(context, {"path": "c.md", "text": "x"})
    write_file(context, {"path": "a.md", "text": "over it"})
    assert (context.folder / "a.md").read_text() == "over it"


def test_a_folder_takes_so_many_bytes(context: ToolContext, settings: Settings) -> None:
    settings.VICTOR_FOLDER_MB = 1
    write_file(context, {"path": "a.md", "text": "x" * 900_000})

    with pytest.raises(LimitReached, match="1 MB"):
        write_file(context, {"path": "b.md", "text": "x" * 200_000})
    write_file(context, {"path": "a.md", "text": "x" * 950_000})


def test_hints_are_dropped_rather_than_gathered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "MOST_PENDING", 3)
    sending, go_on, sent = threading.Event(), threading.Event(), []

    def publish(versions: dict[str, int]) -> bool:
        """Take long, as a slow Redis does."""
        sending.set()
        sent.append(versions)
        return go_on.wait(10)

    monkeypatch.setattr("victoros.lib.live.publish", publish)
    sender = HintSender()
    sender.post({"first": 1})
    assert sending.wait(10)

    for n in range(10):
        sender.post({f"task:{n}": 1})
    go_on.set()
    sender.close()

    assert [len(versions) for versions in sent] == [1, 3]


def test_places_of_connections_nobody_uses_are_forgotten() -> None:
    client = LlmClient()
    held = Connection("scripted", "", "echo", name="held", max_concurrent=3)
    held_places = client._find_places(held)
    held_places._value -= 1  # one call is under way

    for n in range(1000):
        client._find_places(Connection("scripted", "", f"model {n}"))

    assert len(client._places) <= 256
    assert client._find_places(held) is held_places
