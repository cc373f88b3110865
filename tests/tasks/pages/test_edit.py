"""Making a task and changing one from the page."""

import pytest

from tasks.models import Task
from tests.agents.factories import make_agent, make_swarm
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_task

pytestmark = pytest.mark.django_db


def test_a_task_is_made_with_all_it_was_given(signed_in: SignedIn) -> None:
    agent = make_agent()
    first = make_task(agent.swarm)
    response = signed_in("operator", agent.swarm).post(
        f"/tasks/new/?swarm={agent.swarm_id}",
        {
            "title": "Read it",
            "text": "All of it.\n",
            "acceptance": "It is read.\n\nIt is short.",
            "needs": "Read, edit",
            "priority": "7",
            "deadline": "2026-12-24T18:00",
            "agent": agent.pk,
            "depends_on": f"#{first.pk}",
        },
    )

    task = Task.objects.get(title="Read it")
    assert response["Location"] == f"/tasks/{task.pk}/"
    assert (task.needs, task.priority, task.agent, task.pinned) == (["edit", "read"], 7, agent, True)
    assert [item["text"] for item in task.acceptance] == ["It is read.", "It is short."]
    assert task.deadline is not None
    assert [row.on for row in task.dependencies.all()] == [first]
    assert task.status == "blocked"


def test_sending_the_form_twice_makes_one_task(signed_in: SignedIn) -> None:
    swarm, client = make_swarm(), signed_in()
    words = {"title": "Read it", "once": "abc"}

    first = client.post(f"/tasks/new/?swarm={swarm.pk}", words)
    second = client.post(f"/tasks/new/?swarm={swarm.pk}", words)

    assert first["Location"] == second["Location"]
    assert Task.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"title": "T", "priority": "500"}, "less than or equal to 100"),
        ({"title": "T", "needs": "Ü!"}, "is not a capability"),
        ({"title": "T", "depends_on": "999"}, "No such task in the swarm"),
        ({"title": "T", "depends_on": "99999999999999999999"}, "These are not task ids"),
        ({"title": "T", "deadline": "tomorrow"}, "Enter a valid date"),
        ({"title": "T", "agent": "999"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_made_comes_back_with_the_reason(signed_in: SignedIn, words: dict[str, str], said: str) -> None:
    response = signed_in().post(f"/tasks/new/?swarm={make_swarm().pk}", {"text": "keep me", **words})

    assert response.status_code == 422
    assert said in response.content.decode()
    assert "keep me" in response.content.decode()
    assert not Task.objects.exists()


def test_the_only_swarm_is_chosen_by_itself_and_of_many_one_is_asked_for(signed_in: SignedIn) -> None:
    swarm, client = make_swarm("Desk"), signed_in()

    assert 'name="title"' in client.get("/tasks/new/").content.decode()
    other = make_swarm("Press")
    page = client.get("/tasks/new/").content.decode()
    assert f"/tasks/new/?swarm={swarm.pk}" in page
    assert f"/tasks/new/?swarm={other.pk}" in page


def test_without_a_swarm_the_page_says_what_to_do(signed_in: SignedIn) -> None:
    assert "There is no swarm you may give work to" in signed_in("stranger").get("/tasks/new/").content.decode()


def test_only_operators_give_work(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    url = f"/tasks/new/?swarm={swarm.pk}"

    assert signed_in("operator", swarm).get(url).status_code == 200
    assert signed_in("viewer", swarm).get(url).status_code == 403
    assert signed_in("stranger").get(url).status_code == 404
    assert signed_in("viewer", swarm).post(url, {"title": "T"}).status_code == 403
    assert not Task.objects.exists()


def test_an_edit_changes_what_differs_and_keeps_evidence(signed_in: SignedIn) -> None:
    item = {"text": "It is read.", "met": True, "evidence": "yes", "by": "Checker"}
    task = make_task(title="Read it", acceptance=[item], priority=1, needs=["read"])
    client = signed_in("operator", task.swarm)
    words = {"title": "Read it well", "acceptance": "It is read.", "priority": "9", "needs": "read"}
    response = client.post(f"/tasks/{task.pk}/edit/", words)

    task.refresh_from_db()
    assert response["Location"] == f"/tasks/{task.pk}/"
    assert (task.title, task.priority, task.acceptance) == ("Read it well", 9, [item])


@pytest.mark.parametrize("status", ["in_progress", "completed"])
def test_a_task_at_work_or_ended_is_not_edited(signed_in: SignedIn, status: str) -> None:
    task = make_task(agent=make_agent(), status=status, title="Read it")
    response = signed_in().post(f"/tasks/{task.pk}/edit/", {"title": "Other"})

    task.refresh_from_db()
    assert response.status_code == 422
    assert "is being worked on or has ended" in response.content.decode()
    assert task.title == "Read it"


def test_only_operators_edit(signed_in: SignedIn) -> None:
    task = make_task()
    url = f"/tasks/{task.pk}/edit/"

    assert signed_in("operator", task.swarm).get(url).status_code == 200
    assert signed_in("viewer", task.swarm).get(url).status_code == 403
    assert signed_in("stranger").post(url, {"title": "T"}).status_code == 404
