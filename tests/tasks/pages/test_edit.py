"""Making a task and changing one from the page."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.utils import timezone

from audit.models import Entry
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
            "deadline": "2099-12-24T18:00",
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
        ({"title": "T", "deadline": "2001-01-01T00:00"}, "The deadline 2001-01-01 00:00 has passed already."),
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


class Fields(HTMLParser):
    """What a browser would send back of the form on a page, with what the form carries along."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._area = ""
        self.feed(page[page.index('<form class="form"') :].partition("</form>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._area = given.get("name") or "" if tag == "textarea" else ""
        if tag in ("input", "textarea") and given.get("name"):
            self.sent[str(given["name"])] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] += data.removeprefix("\n")


def shown_by(page: str) -> dict[str, str]:
    return Fields(page).sent


def test_two_who_edit_different_things_of_one_task_both_have_their_way(signed_in: SignedIn) -> None:
    deadline = timezone.now() + timedelta(days=3)
    task = make_task(title="Read it", text="All\nof it.", priority=1, needs=["read", "edit"], deadline=deadline)
    client, url = signed_in("operator", task.swarm), f"/tasks/{task.pk}/edit/"
    first, second = (shown_by(client.get(url).content.decode()) for _ in range(2))

    client.post(url, {**first, "title": "Read it well"})
    assert client.post(url, {**second, "priority": "9"}).status_code == 302

    task.refresh_from_db()
    assert (task.title, task.priority, task.needs) == ("Read it well", 9, ["read", "edit"])
    assert (task.deadline, task.text) == (deadline, "All\nof it.")
    changed = Entry.objects.filter(kind="task.changed").order_by("pk").values_list("detail__changed", flat=True)
    assert list(changed) == [["title"], ["priority"]]


def test_who_changes_what_somebody_else_changed_meanwhile_is_told_and_may_insist(signed_in: SignedIn) -> None:
    task = make_task(title="Read it", priority=1)
    client, url = signed_in("operator", task.swarm), f"/tasks/{task.pk}/edit/"
    first, second = (shown_by(client.get(url).content.decode()) for _ in range(2))

    client.post(url, {**first, "title": "Read it well", "priority": "5"})
    refused = client.post(url, {**second, "title": "Skim it"})

    task.refresh_from_db()
    assert (refused.status_code, task.title) == (422, "Read it well")
    page = refused.content.decode()
    assert "Somebody else changed the same of task" in page
    assert "Somebody else made it: Read it well" in page
    again = shown_by(page)
    assert (again["title"], again["priority"]) == ("Skim it", "1")
    assert client.post(url, again).status_code == 302
    task.refresh_from_db()
    assert (task.title, task.priority) == ("Skim it", 5)


def test_a_form_that_carries_nonsense_is_refused_and_nothing_is_lost(signed_in: SignedIn) -> None:
    task = make_task(title="Read it", priority=1)
    client, url = signed_in("operator", task.swarm), f"/tasks/{task.pk}/edit/"
    words = {**shown_by(client.get(url).content.decode()), "initial-priority": "x", "priority": "7"}

    assert client.post(url, words).status_code == 422
    task.refresh_from_db()
    assert task.priority == 1


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


def test_a_failed_task_is_edited_and_retried_in_one_go(signed_in: SignedIn) -> None:
    task = make_task(status="failed", title="Read it", reason="It was too much.", attempt_count=3)
    client, url = signed_in("operator", task.swarm), f"/tasks/{task.pk}/edit/?retry=1"

    assert "Save and retry" in client.get(url).content.decode()
    client.post(url, {"title": "Read half of it", "priority": "0"})

    task.refresh_from_db()
    assert (task.title, task.status, task.reason) == ("Read half of it", "ready", "")


def test_a_task_at_work_is_neither_edited_nor_retried(signed_in: SignedIn) -> None:
    task = make_task(status="in_progress", title="Read it")
    response = signed_in("operator", task.swarm).post(f"/tasks/{task.pk}/edit/?retry=1", {"title": "Other"})

    task.refresh_from_db()
    assert response.status_code == 422
    assert (task.title, task.status) == ("Read it", "in_progress")


@pytest.mark.parametrize(
    ("words", "is_open"),
    [({"title": ""}, False), ({"title": "T", "priority": "500"}, True), ({"title": "", "needs": "read"}, True)],
)
def test_the_rest_of_the_form_is_shown_where_it_is_used_or_wrong(
    signed_in: SignedIn, words: dict[str, str], is_open: bool
) -> None:
    page = signed_in().post(f"/tasks/new/?swarm={make_swarm().pk}", words).content.decode()

    assert ('data-key="more" open' in page) is is_open


def test_criteria_of_a_template_join_what_was_typed(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    client = signed_in("operator", swarm)
    typed = {
        "title": "Read it",
        "acceptance": "My own\nEach source has its date.",
        "priority": "7",
        "needs": "read, edit",
    }
    answer = client.post(f"/tasks/new/?swarm={swarm.pk}", {**typed, "like": "research", "fill": "1", "backlog": "on"})
    assert answer.status_code == 200
    assert answer.text.count("Each source has its date.") == 1
    assert "My own\nEach source has its date.\nEvery statement names its source." in answer.text
    for kept in ('value="Read it"', 'value="7"', 'value="read, edit"', "checked"):
        assert kept in answer.text
    assert not Task.objects.exists()
    assert client.post(f"/tasks/new/?swarm={swarm.pk}", {"fill": "1", "like": "moon"}).status_code == 400
    assert signed_in("viewer", swarm).post(f"/tasks/new/?swarm={swarm.pk}", {"fill": "1"}).status_code == 403


def test_enter_creates_and_does_not_fill_in(signed_in: SignedIn) -> None:
    page = signed_in().get(f"/tasks/new/?swarm={make_swarm().pk}").text
    form = page.partition('id="page"')[2].partition('method="post"')[2]
    first = form[form.index("<button") :].partition(">")[0]
    assert first == '<button class="sr" tabindex="-1" aria-hidden="true"'


def test_a_passed_deadline_is_shown_as_late_and_keeps_nobody_from_editing(signed_in: SignedIn) -> None:
    task, client = make_task(deadline=datetime(2001, 1, 1, 0, 0, 30, tzinfo=UTC)), signed_in()
    typed = {"title": "Other words", "text": "", "acceptance": "", "needs": "", "priority": "0"}

    assert "late by" in client.get(f"/tasks/{task.pk}/").text
    assert client.post(f"/tasks/{task.pk}/edit/", {**typed, "deadline": "2001-01-01T00:00"}).status_code == 302
    assert (
        "has passed already" in client.post(f"/tasks/{task.pk}/edit/", {**typed, "deadline": "2001-01-02T00:00"}).text
    )
    task.refresh_from_db()
    assert (task.title, task.deadline) == ("Other words", datetime(2001, 1, 1, 0, 0, 30, tzinfo=UTC))


def test_a_task_that_ended_after_its_deadline_ended_late(signed_in: SignedIn) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    late = make_task(status="completed", deadline=noon, ended_at=noon + timedelta(hours=1))
    early = make_task(late.swarm, status="completed", deadline=noon, ended_at=noon - timedelta(hours=1))

    assert "ended late" in signed_in().get(f"/tasks/{late.pk}/").text
    text = signed_in().get(f"/tasks/{early.pk}/").text
    assert "Deadline" in text
    assert "late by" not in text
    assert "ended late" not in text
