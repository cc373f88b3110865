"""The menu of a card: what can be done, what that does, and the way back."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.actors import person
from audit.models import Entry
from tasks.models import Attempt, Task
from tasks.services.work import release_task, shelve_task
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_attempt, make_task, make_tasks
from victoros.lib.errors import Conflict, VictorError

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def test_the_menu_says_what_each_act_does(signed_in: SignedIn) -> None:
    task = make_task(status="ready")
    text = signed_in().get(f"/tasks/{task.pk}/move/?next=/tasks/?view=board", headers=HTMX).text
    assert "Agents do not see it any more" in text
    assert 'value="shelve"' in text
    assert f"/tasks/{task.pk}/control/?act=cancel&amp;next=/tasks/%3Fview%3Dboard" in text
    assert 'name="priority"' in text
    assert "<html" not in text


def test_without_script_the_menu_is_a_page(signed_in: SignedIn) -> None:
    task = make_task(status="ready")
    client = signed_in()
    text = client.get(f"/tasks/{task.pk}/move/").text
    assert "<h1>" in text
    assert "hx-post" not in text.partition('id="page"')[2].partition("</main>")[0]
    answer = client.post(f"/tasks/{task.pk}/move/", {"act": "shelve", "next": "/tasks/?view=board"})
    assert answer.headers["Location"] == "/tasks/?view=board"
    task.refresh_from_db()
    assert task.status == "backlog"


@pytest.mark.parametrize(
    ("status", "act", "becomes", "back"),
    [
        ("ready", "shelve", "backlog", "release"),
        ("backlog", "release", "ready", "shelve"),
        ("ready", "pause", "blocked", "resume"),
    ],
)
def test_what_happens_at_once_can_be_taken_back(
    signed_in: SignedIn, status: str, act: str, becomes: str, back: str
) -> None:
    task, client = make_task(status=status), signed_in()
    answer = client.post(f"/tasks/{task.pk}/move/", {"act": act}, headers=HTMX)
    assert answer.status_code == 204
    undo = json.loads(answer.headers["HX-Trigger"])["done"]["undo"]
    task.refresh_from_db()
    assert task.status == becomes
    assert undo == {"url": f"/tasks/{task.pk}/move/", "values": {"act": back}, "word": "Undo"}
    assert client.post(undo["url"], undo["values"], headers=HTMX).status_code == 204
    task.refresh_from_db()
    assert task.status == status


def test_a_priority_is_set_and_taken_back(signed_in: SignedIn) -> None:
    task, client = make_task(priority=3), signed_in()
    answer = client.post(f"/tasks/{task.pk}/move/", {"act": "priority", "priority": "7"}, headers=HTMX)
    undo = json.loads(answer.headers["HX-Trigger"])["done"]["undo"]
    assert undo["values"] == {"act": "priority", "priority": "3"}
    task.refresh_from_db()
    assert task.priority == 7
    for wrong in ("101", "x", ""):
        refused = client.post(f"/tasks/{task.pk}/move/", {"act": "priority", "priority": wrong}, headers=HTMX)
        assert 'class="error"' in refused.text
    task.refresh_from_db()
    assert task.priority == 7


def test_what_is_not_possible_now_or_never_is_refused(signed_in: SignedIn) -> None:
    task, client = make_task(status="verified"), signed_in()
    assert client.post(f"/tasks/{task.pk}/move/", {"act": "shelve"}).status_code == 409
    assert client.post(f"/tasks/{task.pk}/move/", {"act": "cancel"}).status_code == 400
    assert client.post(f"/tasks/{task.pk}/move/", {}).status_code == 400
    assert "a verified result stays" in client.get(f"/tasks/{task.pk}/move/").text
    assert client.get("/tasks/999999/move/").status_code == 404


@pytest.mark.parametrize(("role", "status"), [("stranger", 404), ("viewer", 403), ("operator", 302)])
def test_only_who_may_operate_moves_cards(signed_in: SignedIn, role: str, status: int) -> None:
    task = make_task(status="ready")
    client = signed_in(role, task.swarm)
    assert client.post(f"/tasks/{task.pk}/move/", {"act": "shelve"}).status_code == status
    if role != "stranger":
        board = client.get("/tasks/?view=board").text
        assert (f'href="/tasks/{task.pk}/move/?next=/tasks/%3Fview%3Dboard"' in board) == (role == "operator")
    task.refresh_from_db()
    assert task.status == ("backlog" if role == "operator" else "ready")


def test_shelving_leaves_an_entry_and_twice_is_refused() -> None:
    actor, task = person(make_user()), make_task(status="ready")
    shelve_task(actor=actor, task=task)
    assert Entry.objects.filter(kind="task.shelved", object_ref=task.pk, actor_name=actor.name).count() == 1
    with pytest.raises(VictorError):
        shelve_task(actor=actor, task=task)
    release_task(actor=actor, task=task)
    assert Task.objects.get(pk=task.pk).status == "ready"


def test_what_an_agent_has_taken_up_cannot_be_shelved() -> None:
    actor, agent = person(make_user()), make_agent()
    task = make_task(agent.swarm, status="ready")
    make_attempt(task, agent, status="ready")
    with pytest.raises(Conflict):
        shelve_task(actor=actor, task=task)
    assert Attempt.objects.get(task=task).status == "ready"
    for status in ("in_progress", "blocked", "completed"):
        with pytest.raises(VictorError):
            shelve_task(actor=actor, task=make_task(agent.swarm, status=status, agent=agent))


def test_the_board_asks_the_same_for_ten_and_a_thousand_cards(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    client = signed_in("operator", swarm)
    counts = []
    for number in (10, 990):
        make_tasks(swarm, number, status="blocked")
        make_tasks(swarm, number, status="ready")
        with CaptureQueriesContext(connection) as queries:
            assert "/move/" in client.get("/tasks/?view=board").text
        counts.append(len(queries))
    assert counts[0] == counts[1]
