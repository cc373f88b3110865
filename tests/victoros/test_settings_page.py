"""The page of settings tells administrators of the site everything, and nobody a secret."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Workspace
from audit.models import Entry
from tests.agents.factories import make_swarm, make_user, make_workspace
from victoros.dashboard.site_settings.reading import GROUPS, mask_address, read_settings
from victoros.lib.env import HANDED, hand_down, handed_down

pytestmark = pytest.mark.django_db

DOCS = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make_user(superuser=True))
    return client


def row_of(text: str, name: str) -> str:
    found = re.search(rf'<tr id="{name}">.*?</tr>', text, re.DOTALL)
    assert found, name
    return found.group()


def documented() -> dict[str, list[str]]:
    rows = re.findall(r"^\| `(VICTOR_[A-Z_]+)` \|(.*)\|$", DOCS.read_text(), re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split(" | ")] for name, rest in rows}


def test_the_page_says_of_every_setting_what_the_documents_say() -> None:
    told = {one.name: one for group in GROUPS for one in group.settings}
    said = documented()
    assert set(told) == set(said)
    assert {name: str(one.meaning) for name, one in told.items()} == {name: cells[-1] for name, cells in said.items()}
    defaults = {name: cells[0] for name, cells in said.items() if len(cells) > 1}
    assert {name: str(told[name].default) for name in defaults} == defaults


def test_an_administrator_sees_value_origin_and_meaning(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VICTOR_LEASE_S", "10")
    monkeypatch.delenv("VICTOR_LOOK_S", raising=False)
    text = admin.get("/settings/").text
    said, silent = row_of(text, "VICTOR_LEASE_S"), row_of(text, "VICTOR_LOOK_S")
    assert f"<code>{settings.VICTOR_LEASE_S:g}</code>" in said
    assert "environment" in said
    assert "silent for so long is dead" in said
    assert "environment" not in silent
    assert ">default<" in silent


def test_what_up_chose_is_told_from_what_the_operator_said(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HANDED, "VICTOR_CELLS")
    monkeypatch.setenv("VICTOR_CELLS", "2")
    assert "./victor up</span>" in row_of(admin.get("/settings/").text, "VICTOR_CELLS")


def test_only_what_differs_from_the_operators_word_is_noted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (HANDED, "VICTOR_LLM_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VICTOR_HOME", str(tmp_path / "a" / ".."))
    hand_down("VICTOR_HOME", str(tmp_path))
    assert handed_down() == set()
    hand_down("VICTOR_LLM_URL", "http://127.0.0.1:1")
    assert handed_down() == {"VICTOR_LLM_URL"}


def test_secrets_are_never_shown(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VICTOR_VAPID_KEY", "a-very-private-key")
    monkeypatch.setattr(settings, "VICTOR_VAPID_KEY", "a-very-private-key")
    monkeypatch.setattr(settings, "VICTOR_DATABASE_URL", "postgres://victor:hunter2@db/victor?password=hunter3")
    text = admin.get("/settings/").text
    assert settings.SECRET_KEY not in text
    assert not re.search("hunter|very-private", text)
    assert "postgres://victor:•••@db/victor?•••" in text
    assert "never shown" in row_of(text, "VICTOR_VAPID_KEY")
    assert "never shown" in row_of(text, "VICTOR_SECRET_KEY")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://:word@host/0", "redis://:•••@host/0"),
        ("https://token@host/v1", "https://•••@host/v1"),
        ("unix:///run/valkey.sock?db=1", "unix:///run/valkey.sock?•••"),
        ("sqlite:////srv/victor.sqlite3", "sqlite:////srv/victor.sqlite3"),
        ("postgres://u:wo/rd@host/name", "•••"),
        ("postgres://u:wo#rd@host/name", "•••"),
        ("postgres://u:wo?rd@host/name", "•••"),
        ("postgres://u:wo[rd@host/name", "•••"),
        ("postgres://u:word\n@host/name", "•••"),
        ("redis://:wo\trd@host/0", "•••"),
        ("nonsense", "•••"),
    ],
)
def test_an_address_is_shown_without_what_may_be_a_password(address: str, shown: str) -> None:
    assert mask_address(address) == shown


@pytest.mark.parametrize("path", ["/settings/", "/settings/?only=set"])
def test_others_are_refused_with_a_way_on(client: Client, path: str) -> None:
    swarm = make_swarm()
    for user in (make_user(), make_user("viewer", swarm), make_user("admin", swarm.workspace)):
        client.force_login(user)
        answer = client.get(path)
        assert answer.status_code == 403
        assert "Only administrators of the site" in answer.text
        assert "VICTOR_" not in answer.text
    client.logout()
    assert client.get(path).status_code == 302


def test_only_administrators_are_led_there(client: Client, admin: Client) -> None:
    assert 'data-go="e"' in admin.get("/").text
    assert ">Settings<" in admin.get("/find/?q=sett").text
    assert "<kbd>g e</kbd>" in admin.get("/keys/").text
    client.force_login(make_user())
    assert 'data-go="e"' not in client.get("/").text
    assert "Settings" not in client.get("/find/?q=sett").text
    assert "<kbd>g e</kbd>" not in client.get("/keys/").text


def test_words_choose_among_names_and_meanings(admin: Client) -> None:
    found = [row.setting.name for group in read_settings("cell memory") for row in group.rows]
    assert "VICTOR_CELL_MAX_MB" in found
    assert "VICTOR_HOSTS" not in found
    assert "No setting fits" in admin.get("/settings/?q=zzz").text


def test_what_is_not_the_default_can_be_shown_alone(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VICTOR_LEASE_S", "10")
    monkeypatch.delenv("VICTOR_LOOK_S", raising=False)
    text = admin.get("/settings/?only=set").text
    assert 'id="VICTOR_LEASE_S"' in text
    assert 'id="VICTOR_LOOK_S"' not in text
    assert admin.get("/settings/?only=some").status_code == 400
    assert admin.get("/settings/?q=%00").status_code == 200


def test_it_asks_no_more_for_many_workspaces(admin: Client) -> None:
    counts = []
    for n in (10, 1000):
        Workspace.objects.bulk_create(Workspace(name=f"Space {n} {each}") for each in range(n))
        with CaptureQueriesContext(connection) as asked:
            text = admin.get("/settings/").text
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert text.count("/settings/workspaces/") == 50


def test_a_workspace_is_renamed_by_its_admin_and_nobody_else(client: Client) -> None:
    workspace = make_workspace("Old name")
    path = f"/settings/workspaces/{workspace.pk}/"
    for user, status in ((make_user(), 404), (make_user("operator", workspace), 403)):
        client.force_login(user)
        assert client.post(path, {"name": "Mine", "time_zone": "UTC"}).status_code == status
    client.force_login(make_user("admin", workspace))
    assert "Old name" in client.get(path).text
    assert client.post(path, {"name": "New name", "time_zone": "Europe/Berlin"}).status_code == 302
    workspace.refresh_from_db()
    assert (workspace.name, workspace.time_zone) == ("New name", "Europe/Berlin")
    assert Entry.objects.filter(kind="workspace.changed", object_ref=workspace.pk).count() == 1


def test_renaming_a_workspace_leaves_it_the_zone_of_the_site(admin: Client) -> None:
    workspace = make_workspace("Old name")
    Workspace.objects.filter(pk=workspace.pk).update(time_zone="")
    path = f"/settings/workspaces/{workspace.pk}/"
    assert "the site&#x27;s time zone" in admin.get(path).text
    assert admin.post(path, {"name": "New name", "time_zone": ""}).status_code == 302
    workspace.refresh_from_db()
    assert (workspace.name, workspace.time_zone) == ("New name", "")


def test_a_name_that_is_taken_or_a_zone_that_is_none_stands_on_the_form(admin: Client) -> None:
    make_workspace("Taken")
    workspace = make_workspace("Mine")
    path = f"/settings/workspaces/{workspace.pk}/"
    assert admin.post(path, {"name": "Taken", "time_zone": "UTC"}).status_code == 422
    assert admin.post(path, {"name": "Mine", "time_zone": "Mars/Olympus"}).status_code == 422
    assert admin.get("/settings/workspaces/999999/").status_code == 404


def test_the_look_is_chosen_on_the_page_and_one_stays_there(admin: Client) -> None:
    answer = admin.post("/account/look/", {"look": "dark", "next": "/settings/"})
    assert answer.headers["Location"] == "/settings/"
    assert (
        admin.post("/account/look/", {"look": "dark", "next": "https://elsewhere.example/"}).headers["Location"]
        == "/account/"
    )
