"""What rows keep of a sentence: no language. Written under one, it is read under another."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from agents.models import Message, Provider
from agents.services.agents import retire_agent
from agents.services.providers import test_provider as try_provider
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.models import AttentionItem, Entry
from audit.phrases import say_detail
from tasks.bulk.drafts import draft_bulk
from tasks.bulk.running import begin_bulk
from tasks.models import BulkAct, BulkItem
from tasks.services.control import pause_agent
from tasks.services.unable import report_unable
from tests.agents.commands.conftest import Victor, victor
from tests.agents.factories import make_agent, make_message, make_provider, make_swarm, make_user
from tests.tasks.pages.rows import make_task
from victoros.lib.sentences import LONGEST_ARGUMENT, pack, sentence, sentence_of_many, unpack

__all__ = ["victor"]
LANGUAGES = [("de", "en"), ("en", "de")]
both_ways = pytest.mark.parametrize(("written", "read"), LANGUAGES)
SAID = {
    "verified": {"en": "is verified", "de": "ist bestätigt"},
    "paused": {"en": "paused", "de": "unterbrochen"},
    "gone": {"en": "Nobody works on task", "de": "Niemand arbeitet an Aufgabe"},
}


def column(row: Any, name: str) -> str:
    """Return what stands in a column, unread by the model."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        return str(cursor.fetchone()[0])


def page(client: Client, url: str, language: str) -> str:
    return client.get(url, headers={"accept-language": language}).content.decode()


@both_ways
def test_a_sentence_is_said_in_the_language_of_who_reads_it(written: str, read: str) -> None:
    with translation.override(written):
        kept = pack(sentence("is %(state)s") % {"state": sentence("verified")})
    assert json.loads(kept) == {"text": "is %(state)s", "given": {"state": {"text": "verified"}}}
    with translation.override(read):
        assert unpack(kept) == SAID["verified"][read]


@both_ways
def test_a_number_chooses_the_form_of_the_language(written: str, read: str) -> None:
    one, many = (
        "%(n)s letter of this conversation is not read yet.",
        "%(n)s letters of this conversation are not read yet.",
    )
    with translation.override(written):
        kept = [pack(sentence_of_many(one, many, n) % {"n": n}) for n in (1, 3)]
    said = {
        "en": [one % {"n": 1}, many % {"n": 3}],
        "de": [
            "1 Brief dieses Gesprächs ist noch nicht gelesen.",
            "3 Briefe dieses Gesprächs sind noch nicht gelesen.",
        ],
    }
    with translation.override(read):
        assert [unpack(text) for text in kept] == said[read]


@pytest.mark.parametrize("old", ["", "50 % is done", "ist bestätigt", '{"text', '{"text": 3', '{"ok": true}'])
def test_what_rows_held_before_is_said_as_it_stands(old: str) -> None:
    assert unpack(old) == old


def test_plain_words_and_percent_signs_come_back_as_they_were() -> None:
    for words in ("50 % is done", '{"text": "%(n)999999999s", "given": {"n": 1}}', "ja"):
        assert unpack(pack(words)) == words


def test_what_is_given_is_kept_short_and_never_read_as_a_text() -> None:
    kept = pack(sentence("It answered: %(said)s") % {"said": '{"text": "verified"}' + "x" * 10_000})
    assert unpack(kept).startswith('It answered: {"text": "verified"}xx')
    assert len(kept) < LONGEST_ARGUMENT + 100


def test_a_text_that_does_not_fit_its_arguments_any_more_is_said_as_it_stands() -> None:
    assert unpack('{"text": "is %(state)s", "given": {"old": "x"}}') == "is %(state)s"


@pytest.mark.django_db
@both_ways
def test_what_came_of_each_row_of_many(client: Client, written: str, read: str) -> None:
    swarm = make_swarm()
    client.force_login(make_user("operator", swarm))
    ready, verified = make_task(swarm), make_task(swarm, status="verified")
    header = {"accept-language": written}
    client.post("/bulk/", {"noun": "task", "act": "pause", "pick": [ready.pk, verified.pk]}, headers=header)
    bulk = BulkAct.objects.get()
    client.post(f"/bulk/{bulk.pk}/begin/", headers=header)
    texts = [json.loads(column(item, "said"))["text"] for item in BulkItem.objects.order_by("ref")]
    assert texts == ["paused", "is %(state)s"]
    shown, other = page(client, f"/bulk/{bulk.pk}/", read), page(client, f"/bulk/{bulk.pk}/", written)
    for word in ("paused", "verified"):
        assert f'<span class="dim">{SAID[word][read]}</span>' in shown
        assert f'<span class="dim">{SAID[word][written]}</span>' in other


@pytest.mark.django_db
@both_ways
def test_an_error_on_the_way_is_kept_without_its_language(written: str, read: str) -> None:
    swarm = make_swarm()
    user = make_user("operator", swarm)
    read_letter = make_message(make_agent(swarm))
    make_message(make_agent(swarm), reply_to=read_letter)
    Message.objects.filter(pk=read_letter.pk).update(status="read")
    with translation.override(written):
        bulk = draft_bulk(user=user, noun="letter", act="archive", refs=[read_letter.pk])
        begin_bulk(user=user, bulk=bulk, given={})
    said = {
        "en": "1 letter of this conversation is not read yet.",
        "de": "1 Brief dieses Gesprächs ist noch nicht gelesen.",
    }
    with translation.override(read):
        assert BulkItem.objects.get().said == said[read]


@pytest.mark.django_db
@both_ways
def test_the_test_of_a_provider_on_the_page_and_by_command(
    client: Client, victor: Victor, written: str, read: str
) -> None:
    client.force_login(make_user(superuser=True))
    provider = make_provider("Main", kind="scripted", model="no-such")
    with translation.override(written):
        try_provider(actor=SYSTEM, provider=provider)
    kept = json.loads(column(provider, "test_message"))
    assert kept["text"] == "%(message)s %(hint)s"
    said = {"en": "No script is named", "de": "Kein Skript heißt"}
    assert said[read] in page(client, "/providers/", read)
    assert said[written] in page(client, "/providers/", written)
    with translation.override(read):
        assert said[read] in victor("provider", "list", "--json").document["items"][0]["test_message"]


@pytest.mark.django_db
def test_a_verdict_of_former_times_stays_readable(client: Client) -> None:
    client.force_login(make_user(superuser=True))
    provider = make_provider("Main")
    Provider.objects.filter(pk=provider.pk).update(tested_at=provider.created_at, test_ok=True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE agents_provider SET test_message = 'It answered: 100 % ready'")
    assert "It answered: 100 % ready" in page(client, "/providers/", "de")


@pytest.mark.django_db
def test_the_reason_in_an_entry_is_a_code_and_old_words_stay() -> None:
    kept = Entry(kind="device.removed", detail={"why": "unsubscribed"})
    old = Entry(kind="device.removed", detail={"why": "removed on the page"})
    free = Entry(kind="task.failed", detail={"reason": "removed"})
    assert say_detail(kept.detail) == "why: its push service says that it has unsubscribed"
    assert say_detail(old.detail) == "why: removed on the page"
    assert say_detail(free.detail) == "reason: removed"
    with translation.override("de"):
        assert "sein Push-Dienst sagt, dass es sich abgemeldet hat" in say_detail(kept.detail)


def test_details_are_told_apart_and_said_in_words() -> None:
    changed = Entry(kind="provider.changed", detail={"fields": ["is_default", "base_url"], "version": 2, "note": ""})
    tested = Entry(kind="provider.tested", detail={"ok": False, "tools": ["read_file"]})
    assert say_detail(changed.detail) == "fields: is default, base url · version: 2"
    assert say_detail(tested.detail) == "ok: no · tools: read_file"


@pytest.mark.django_db
@both_ways
def test_what_waits_for_a_person_is_said_in_his_language_and_recorded_in_english(
    client: Client, victor: Victor, written: str, read: str
) -> None:
    client.force_login(make_user(superuser=True))
    swarm = make_swarm("Desk")
    long_ago = timezone.now() - timedelta(minutes=1)
    make_task(swarm, title="Repair it", status="ready", needs=["welding"], ready_at=long_ago)
    held = make_agent(swarm, "Wilma", capabilities=["welding"])
    pause_agent(actor=SYSTEM, agent=held)
    with translation.override(written):
        assert report_unable() == 1
    said = {
        "en": ("Nobody can do “Repair it”", "Wilma is paused"),
        "de": ("Niemand kann „Repair it“ tun", "Wilma ist unterbrochen"),
    }
    shown = page(client, reverse("approval_list"), read)
    assert all(text in shown for text in said[read])
    assert said[read][0] in page(client, f"/swarms/{swarm.pk}/", read)
    raised = Entry.objects.get(kind="attention.raised")
    assert raised.object_name == said["en"][0]


@pytest.mark.django_db
def test_what_agents_and_people_wrote_is_cut_and_stays_as_it_is() -> None:
    with translation.override("de"):
        assert unpack(pack("paused")) == unpack(pack(unpack(pack("paused")))) == "paused"
        assert unpack(pack(sentence("paused"))) == SAID["paused"]["de"]
    question = '{"text": "%(x)s"} ' + "x" * 300
    item = raise_item(actor=SYSTEM, kind="question", title=question, body=question, object_kind="attempt", object_ref=1)
    item.refresh_from_db()
    assert (item.title, item.body) == (question[:200], question)


@pytest.mark.django_db
def test_reasons_of_letters_are_kept_in_english_whoever_let_the_agent_go() -> None:
    swarm = make_swarm()
    agent = make_agent(swarm, "Bert")
    letter = make_message(agent)
    with translation.override("de"):
        retire_agent(actor=SYSTEM, agent=agent)
    letter.refresh_from_db()
    item = AttentionItem.objects.get(kind="dead_letter")
    assert (letter.status, letter.dead_reason, item.body) == (
        "dead",
        "The agent was retired.",
        "The agent was retired.",
    )
    with translation.override("de"):
        item.refresh_from_db()
        assert item.body == "Der Agent ging in den Ruhestand."
