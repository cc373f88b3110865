"""The first run: step by step, by plain forms; twice, backwards, killed in the middle, by two people; and not uninvited."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from agents.llm.probe import ProbeResult
from agents.models import Agent, Provider, Setup, Swarm, Workspace
from agents.services import connecting, providers
from agents.services.first_run import ensure_operator
from agents.services.setup import find_setup
from audit.models import Entry
from tests.agents.factories import make_user

pytestmark = pytest.mark.django_db

HOME = {"name": "Harbour office", "time_zone": "Europe/Berlin"}
OPERATOR = {"username": "captain", "password": "", "again": "", "look": "dark"}
MODEL = {"choice": "embedded"}
DESK = {"choice": "desk", "name": "reports"}
OPENAI = {"choice": "openai", "openai-model": "gpt-4.1-mini", "openai-key": "sk-secret"}


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    """Give swarms' folders a place of their own."""
    settings.VICTOR_HOME = tmp_path
    return tmp_path


@pytest.fixture
def newcomer() -> Client:
    """A browser in which the first sign-in link was just used."""
    link = ensure_operator()
    assert link is not None
    client = Client()
    assert client.post(link)["Location"] == "/setup/"
    return client


def answer_all(client: Client) -> None:
    """Send the four forms."""
    client.post("/setup/workspace/", HOME)
    client.post("/setup/operator/", OPERATOR)
    client.post("/setup/model/", MODEL)
    client.post("/setup/swarm/", DESK)


def let_answer(monkeypatch: pytest.MonkeyPatch, *, ok: bool, said: str = "It answered: ready") -> None:
    """Put a verdict in the place of the question to a provider."""
    verdict = ProbeResult(ok, said, 900 if ok else None, "model", "" if ok else "authentication")
    monkeypatch.setattr(connecting, "ask_provider", lambda provider: verdict)
    monkeypatch.setattr(providers, "ask_provider", lambda provider: verdict)


def test_four_forms_lead_to_a_working_swarm(newcomer: Client) -> None:
    assert newcomer.get("/setup/")["Location"] == "/setup/workspace/"
    assert newcomer.post("/setup/workspace/", HOME)["Location"] == "/setup/operator/"
    assert newcomer.post("/setup/operator/", OPERATOR)["Location"] == "/setup/model/"
    assert newcomer.post("/setup/model/", MODEL)["Location"] == "/setup/swarm/"
    assert newcomer.post("/setup/swarm/", DESK)["Location"] == "/setup/done/"
    assert "reports is at work" in newcomer.get("/setup/done/").text

    workspace, swarm = Workspace.objects.get(), Swarm.objects.get()
    assert (workspace.name, workspace.time_zone) == ("Harbour office", "Europe/Berlin")
    assert (swarm.name, swarm.workspace, swarm.template, swarm.desired_state) == (
        "reports",
        workspace,
        "desk",
        "running",
    )
    assert Agent.objects.filter(swarm=swarm).count() == 5
    assert newcomer.cookies["victor_look"].value == "dark"
    assert get_user_model().objects.get().get_username() == "captain"
    kinds = set(Entry.objects.values_list("kind", flat=True))
    assert {"workspace.changed", "person.changed", "setup.ended", "swarm.created"} <= kinds


def test_times_are_told_in_the_zone_that_was_chosen(newcomer: Client) -> None:
    user = get_user_model().objects.get()
    user.date_joined = user.date_joined.replace(year=2026, month=1, day=15, hour=12, minute=0)
    user.save()
    assert "2026-01-15 12:00" in newcomer.get("/account/").text
    newcomer.post("/setup/workspace/", HOME)
    assert "2026-01-15 13:00" in newcomer.get("/account/").text


def test_a_run_that_was_left_goes_on_at_its_step_in_another_browser(newcomer: Client) -> None:
    newcomer.post("/setup/workspace/", HOME)
    other = Client()
    other.force_login(get_user_model().objects.get())
    assert other.get("/setup/")["Location"] == "/setup/operator/"


def test_going_back_shows_what_was_answered_and_loses_nothing(newcomer: Client) -> None:
    newcomer.post("/setup/workspace/", HOME)
    newcomer.post("/setup/operator/", OPERATOR)
    page = newcomer.get("/setup/workspace/").text
    assert "Harbour office" in page
    assert 'value="Europe/Berlin" selected' in page
    newcomer.post("/setup/workspace/", HOME)
    assert newcomer.get("/setup/")["Location"] == "/setup/model/"


def test_sending_the_last_form_twice_makes_one_swarm(newcomer: Client) -> None:
    answer_all(newcomer)
    assert newcomer.post("/setup/swarm/", {**DESK, "name": "again"})["Location"] == "/setup/done/"
    assert newcomer.get("/setup/swarm/")["Location"] == "/setup/done/"
    assert Swarm.objects.get().name == "reports"
    assert Entry.objects.filter(kind="setup.ended").count() == 1


def test_a_second_person_finds_the_same_swarm(newcomer: Client) -> None:
    second = Client()
    second.force_login(make_user(superuser=True))
    second.get("/setup/swarm/")
    answer_all(newcomer)
    assert second.post("/setup/swarm/", {"choice": "empty", "name": "mine"})["Location"] == "/setup/done/"
    assert "reports is at work" in second.get("/setup/done/").text
    assert Swarm.objects.count() == 1


@pytest.mark.parametrize(
    ("step", "sent", "said"),
    [
        ("workspace", {"name": " ", "time_zone": "UTC"}, "This field is required"),
        ("workspace", {"name": "x", "time_zone": "Moon/Base"}, "Select a valid choice"),
        ("workspace", {"name": "x\u202ey", "time_zone": "UTC"}, "control character"),
        ("operator", {**OPERATOR, "username": "no spaces here"}, "cannot be a user name"),
        ("operator", {**OPERATOR, "password": "short", "again": "short"}, "at least 10 characters"),
        ("operator", {**OPERATOR, "password": "a long enough one", "again": "another"}, "The two passwords differ."),
        ("model", {"choice": "openai"}, "This is needed for it."),
        ("model", {"choice": "telepathy"}, "Select a valid choice"),
        ("model", {"choice": "other", "other-base_url": "nowhere", "other-model": "m"}, "is no usable address"),
        ("swarm", {"choice": "own", "name": "x"}, "Say which folder"),
        ("swarm", {"choice": "own", "name": "x", "input_folder": "/nowhere/at/all"}, "There is no folder"),
    ],
)
def test_what_cannot_be_is_said_on_the_form_and_changes_nothing(
    newcomer: Client, step: str, sent: dict[str, str], said: str
) -> None:
    answer = newcomer.post(f"/setup/{step}/", sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert Workspace.objects.get().name == "Home"
    assert get_user_model().objects.get().get_username() == "operator"
    assert not Swarm.objects.exists()
    assert Setup.objects.get().step == "workspace"


def test_a_password_signs_in_and_the_session_goes_on(newcomer: Client) -> None:
    newcomer.post("/setup/operator/", {**OPERATOR, "password": "a long enough one", "again": "a long enough one"})
    assert newcomer.get("/setup/").status_code == 302
    assert newcomer.get("/account/").status_code == 200
    answer = Client().post("/sign-in/", {"username": "captain", "password": "a long enough one"})
    assert answer["Location"] == "/"


def test_a_name_that_somebody_has_is_refused(newcomer: Client) -> None:
    get_user_model().objects.create_user("Captain")
    answer = newcomer.post("/setup/operator/", OPERATOR)
    assert answer.status_code == 422
    assert "There is a person named Captain already" in answer.text


def test_another_model_is_kept_and_asked_from_now_on_when_it_answers(
    newcomer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_answer(monkeypatch, ok=True)
    assert newcomer.post("/setup/model/", OPENAI)["Location"] == "/setup/swarm/"
    provider = Provider.objects.get(is_default=True)
    assert (provider.name, provider.kind, provider.test_ok, provider.test_latency_ms) == ("OpenAI", "openai", True, 900)
    assert "sk-secret" not in provider.sealed_key
    newcomer.post("/setup/model/", OPENAI)
    assert Provider.objects.count() == 2
    assert "OpenAI" in newcomer.get("/setup/model/").text


def test_a_model_that_does_not_answer_leaves_nothing_behind(newcomer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    let_answer(monkeypatch, ok=False, said="The provider does not accept the key. Check it.")
    answer = newcomer.post("/setup/model/", OPENAI)
    assert answer.status_code == 422
    assert "does not accept the key. Check it." in answer.text
    assert "Nothing was saved" in answer.text
    assert "sk-secret" not in answer.text
    assert Provider.objects.get().kind == "embedded"


def test_the_embedded_model_is_asked_once_and_its_seconds_are_shown(
    newcomer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "asking it a question" in newcomer.get("/setup/model/").text
    let_answer(monkeypatch, ok=True)
    newcomer.post("/setup/model/test/", headers={"HX-Request": "true"})
    assert "900 ms" in newcomer.get("/setup/model/").text
    newcomer.post("/setup/model/test/")
    assert Entry.objects.filter(kind="provider.tested").count() == 1
    newcomer.post("/setup/model/test/", {"again": "1"})
    assert Entry.objects.filter(kind="provider.tested").count() == 2


def test_skipping_ends_it_and_the_board_comes(newcomer: Client) -> None:
    assert newcomer.post("/setup/skip/")["Location"] == "/"
    assert newcomer.post("/setup/skip/")["Location"] == "/"
    assert Entry.objects.get(kind="setup.ended").detail == {"how": "skipped"}
    assert "This site is set up" in newcomer.get("/setup/").text


def test_an_installation_that_has_a_superuser_is_never_led_through_it(client: Client) -> None:
    user = make_user(superuser=True)
    link = ensure_operator()
    assert link is not None
    assert client.post(link)["Location"] == "/"
    assert find_setup() is None
    client.force_login(user)
    assert "This site is set up" in client.get("/setup/").text
    assert client.post("/setup/again/")["Location"] == "/setup/"
    assert client.get("/setup/")["Location"] == "/setup/workspace/"


def test_only_a_superuser_sets_the_site_up(newcomer: Client, client: Client) -> None:
    client.force_login(make_user("admin", Workspace.objects.get()))
    for path in ("/setup/", "/setup/workspace/", "/setup/operator/", "/setup/model/", "/setup/swarm/", "/setup/done/"):
        assert client.get(path).status_code == 403
        assert newcomer.get(path).status_code in (200, 302)
    for path in ("/setup/skip/", "/setup/again/", "/setup/model/test/", "/setup/swarm/"):
        assert client.post(path).status_code == 403
    assert Setup.objects.get().ended_at is None


def test_a_page_without_the_wizard_asks_nothing_about_it(
    newcomer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    newcomer.get("/keys/")
    with django_assert_num_queries(4):
        newcomer.get("/keys/")
