"""Tutorials: recognised by rows and places, left and taken up, on sample data alone; and what each page is for."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from agents.models import LessonRun, Swarm, Workspace
from audit.actors import person
from tasks.models import Approval, Task
from tasks.services.control import stop_swarm
from tests.agents.factories import make_swarm, make_user
from victoros.onboarding.learning import missing_rows
from victoros.onboarding.lessons import LESSONS
from victoros.onboarding.page_help import PAGES, help_for
from victoros.onboarding.practice import find_practice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    """Give swarms' folders a place of their own."""
    settings.VICTOR_HOME = tmp_path
    return tmp_path


@pytest.fixture
def operator(client: Client) -> Any:
    """A superuser, signed in."""
    user = make_user(superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def sample(client: Client, operator: Any) -> Workspace:
    """Sample data, filled in by the button."""
    assert client.post("/sample/fill/")["Location"] == "/"
    return Workspace.objects.get(sample__isnull=False)


def bar(client: Client, at: str = "/") -> str:
    """Return the bar on a page."""
    return client.get("/learn/bar/", {"at": at}).text


def begin(client: Client, lesson: str) -> LessonRun:
    """Begin a tutorial."""
    assert client.post(f"/learn/{lesson}/start/")["Location"] == "/"
    return LessonRun.objects.get(lesson=lesson)


def test_the_sample_has_what_every_tutorial_practises_on(sample: Workspace, operator: Any) -> None:
    practice = find_practice(operator)
    assert {name: missing_rows(lesson, practice) for name, lesson in LESSONS.items()} == {name: [] for name in LESSONS}
    assert all(3 <= len(lesson.steps) <= 6 for lesson in LESSONS.values())


def test_stopping_is_learnt_on_a_sample_swarm(client: Client, sample: Workspace, operator: Any) -> None:
    real = make_swarm()
    begin(client, "stop")
    assert "step 1 of 4" in client.get("/").text
    assert "step 2 of 4" in bar(client, "/stop/")
    swarm = Swarm.objects.get(pk=client.session["lesson_rows"]["swarm"])
    assert swarm.workspace == sample
    page = f"/swarms/{swarm.pk}/"
    assert "step 3 of 4" in bar(client, page)
    assert "step 3 of 4" in bar(client, page)
    client.post(f"{page}control/", {"act": "stop"})
    assert "step 4 of 4" in bar(client, page)
    client.post(f"{page}control/", {"act": "start"})
    assert "Back to the tutorials" in bar(client, page)
    assert LessonRun.objects.get().ended_at is not None
    real.refresh_from_db()
    assert real.desired_state == "running"


def test_a_failure_is_followed_to_its_step_and_retried(client: Client, sample: Workspace) -> None:
    begin(client, "failure")
    assert "step 2 of 4" in bar(client, "/tasks/?state=failed")
    task = Task.objects.get(pk=client.session["lesson_rows"]["failed"])
    assert "step 3 of 4" in bar(client, f"/tasks/{task.pk}/")
    assert "step 4 of 4" in bar(client, f"/tasks/{task.pk}/?step=1")
    Task.objects.filter(pk=task.pk).update(status="ready")
    assert "Back to the tutorials" in bar(client)


def test_an_approval_is_answered(client: Client, sample: Workspace) -> None:
    begin(client, "approval")
    assert "step 2 of 3" in bar(client, "/needs-me/")
    approval = client.session["lesson_rows"]["approval"]
    assert "step 3 of 3" in bar(client, f"/approvals/{approval}/")
    client.post(f"/approvals/{approval}/decide/", {"decision": "reject", "note": "Practice."})
    assert Approval.objects.get(pk=approval).status == "rejected"
    assert "Back to the tutorials" in bar(client)


def test_a_tutorial_is_left_and_taken_up_again_in_another_browser(
    client: Client, sample: Workspace, operator: Any
) -> None:
    begin(client, "stop")
    bar(client, "/stop/")
    client.post("/learn/leave/")
    assert "step 2 of 4" not in client.get("/").text
    other = Client()
    other.force_login(operator)
    assert "1 of 4 steps done" in other.get("/learn/").text
    begin(other, "stop")
    assert "step 2 of 4" in other.get("/").text


def test_beginning_another_leaves_the_first_and_one_done_begins_anew(
    client: Client, sample: Workspace, operator: Any
) -> None:
    begin(client, "approval")
    begin(client, "approval")
    begin(client, "model")
    assert list(LessonRun.objects.filter(is_current=True).values_list("lesson", flat=True)) == ["model"]
    assert "Connect a language model" in bar(client)
    LessonRun.objects.filter(lesson="model").update(step=3, ended_at="2026-01-01T00:00Z")
    assert begin(client, "model").step == 0


def test_without_sample_data_the_steps_can_be_read_and_the_model_be_connected(client: Client, operator: Any) -> None:
    page = client.get("/learn/stop/").text
    assert "Show me with sample data" in page
    assert "Stop it" in page
    assert client.post("/learn/stop/start/").status_code == 409
    assert client.post("/learn/model/start/").status_code == 302
    assert client.get("/learn/nowhere/").status_code == 404
    assert client.post("/learn/nowhere/start/").status_code == 404


def test_a_tutorial_ends_quietly_when_the_sample_is_taken_away(client: Client, sample: Workspace) -> None:
    begin(client, "stop")
    question = client.get("/sample/remove/").text
    assert "Take the sample data away?" in question
    client.post("/sample/remove/")
    assert not Workspace.objects.filter(sample__isnull=False).exists()
    assert client.get("/").status_code == 200
    assert "step 1" not in client.get("/").text


def test_on_another_sample_a_tutorial_begins_anew(client: Client, sample: Workspace) -> None:
    begin(client, "stop")
    bar(client, "/stop/")
    gone = client.session["lesson_rows"]["swarm"]
    client.post("/sample/remove/")
    client.post("/sample/fill/")
    client.post("/learn/stop/start/")
    assert "step 1 of 4" in client.get("/").text
    assert client.session["lesson_rows"].get("swarm") != gone


def test_the_banner_stands_while_there_is_sample_data(client: Client, sample: Workspace) -> None:
    assert "Sample data</b> stands among" in client.get("/").text
    assert client.post("/sample/fill/").status_code == 302
    assert Workspace.objects.filter(sample__isnull=False).count() == 1
    client.post("/sample/remove/")
    client.post("/sample/remove/")
    assert "Sample data</b> stands among" not in client.get("/").text
    assert "Show me with sample data" in client.get("/").text


def test_only_a_superuser_fills_or_removes_sample_data(client: Client) -> None:
    swarm = make_swarm()
    client.force_login(make_user("admin", swarm.workspace))
    assert client.post("/sample/fill/").status_code == 403
    assert client.get("/sample/remove/").status_code == 403
    assert "Show me with sample data" not in client.get("/learn/").text
    assert "A superuser fills it in" in client.get("/learn/").text


def test_who_may_not_connect_models_can_read_how_it_is_done(client: Client, operator: Any) -> None:
    assert 'href="/providers/new/"' in client.get("/learn/model/").text
    viewer = Client()
    viewer.force_login(make_user("viewer", make_swarm()))
    page = viewer.get("/learn/model/").text
    assert "Look at what is needed" in page
    assert "Admins of a workspace connect language models." in page
    assert 'href="/providers/new/"' not in page
    assert viewer.post("/learn/model/start/").status_code == 403


def test_a_stranger_to_the_sample_cannot_practise_on_it(client: Client, sample: Workspace) -> None:
    other = Client()
    other.force_login(make_user("operator", make_swarm()))
    assert other.post("/learn/stop/start/").status_code == 409
    assert client.post("/learn/stop/start/").status_code == 302


def test_stopping_the_sample_alone_does_not_tick_the_first_step(
    client: Client, sample: Workspace, operator: Any
) -> None:
    for swarm in Swarm.objects.filter(workspace=sample):
        stop_swarm(actor=person(make_user(superuser=True)), swarm=swarm)
    assert '<span class="dim">You tried to stop</span>' not in client.get("/").text


def test_pages_ask_nothing_about_tutorials_while_none_goes_on(
    client: Client, operator: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/keys/")
    with django_assert_num_queries(4):
        client.get("/keys/")


def test_every_page_with_the_frame_says_what_it_is_for(client: Client, operator: Any) -> None:
    for page in PAGES.values():
        answer = client.get(f"/learn/page/{page.name}/")
        assert answer.status_code == 200
        assert str(page.title) in answer.text
        assert all(lesson in LESSONS for lesson in page.lessons)
        assert not page.docs or (Path(__file__).resolve().parents[2] / page.docs).is_file()
    assert client.get("/learn/page/nothing/").status_code == 404
    assert "What is this page?" in client.get(reverse("task_list")).text
    places = "home approval_list mail_room task_list agent_list swarm_list audit_list provider_list cell_list account"
    assert all(help_for(name) for name in places.split())
