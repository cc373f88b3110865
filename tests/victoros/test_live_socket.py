"""The websocket of a page: who may open it, what it takes, what it answers."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connections, transaction
from django.test import Client
from pytest_django import Settings

from audit.topics import bump
from tests.agents.factories import make_user
from tests.victoros.loops import run_apart
from victoros.asgi import application
from victoros.consumers import MAX_TOPICS, NOT_UNDERSTOOD, SIGNED_OUT, TOO_MANY, read_for, the_hub

pytestmark = pytest.mark.django_db(transaction=True)


def raise_topics(*names: str) -> None:
    """Move topics as a service does."""
    with transaction.atomic():
        bump(names)


def signed_in_headers(origin: str = "http://testserver") -> list[tuple[bytes, bytes]]:
    """Return the headers of a signed-in page."""
    client = Client()
    client.force_login(make_user())
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    return [(b"host", b"testserver"), (b"origin", origin.encode()), (b"cookie", cookie.encode())]


def talk(headers: list[tuple[bytes, bytes]], *sent: str) -> list[Any]:
    """Open a socket, send, and return one answer for each message; a closing is returned as its code."""

    async def scenario() -> list[Any]:
        socket = WebsocketCommunicator(application, "/live/", headers=headers)
        is_open, _ = await socket.connect(timeout=20)
        answers: list[Any] = [] if is_open else ["denied"]
        for text in sent:
            await socket.send_to(text_data=text)
        for _ in sent or [""] * is_open:
            answer = await socket.receive_output(20)
            answers.append(json.loads(answer["text"]) if answer["type"] == "websocket.send" else answer["code"])
        await socket.disconnect()
        await the_hub().close()
        await sync_to_async(
            connections.close_all
        )()  # an open one would keep PostgreSQL from dropping the test database
        return answers

    return run_apart(scenario())


def test_a_page_hears_what_moved_since_its_versions() -> None:
    raise_topics("task:1", "task:2")
    raise_topics("task:1")
    watch = json.dumps({"watch": {"task:1": 1, "task:2": 1, "task:3": 0}})
    assert talk(signed_in_headers(), watch) == [{"topics": {"task:1": 2}, "spread_ms": 10}]


def test_a_page_with_nothing_to_catch_up_gets_a_word_all_the_same() -> None:
    assert talk(signed_in_headers(), '{"watch": {"task:1": 0}}') == [{"topics": {}, "spread_ms": 10}]


def test_a_stranger_is_told_that_he_is_signed_out() -> None:
    assert talk([(b"host", b"testserver"), (b"origin", b"http://testserver")]) == [SIGNED_OUT]


@pytest.mark.parametrize("origin", ["http://evil.example", "http://testserver:81", "null", ""])
def test_a_page_of_another_site_is_denied(origin: str) -> None:
    assert talk(signed_in_headers(origin)) == ["denied"]


def test_a_host_that_is_not_ours_is_denied() -> None:
    headers = [(b"host", b"evil.example"), (b"origin", b"http://evil.example")]
    assert talk(headers) == ["denied"]


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[]",
        '{"watch": []}',
        '{"watch": {"task:1": "1"}}',
        '{"watch": {"task:1": true}}',
        json.dumps({"watch": {"x" * 81: 1}}),
        json.dumps({"watch": {f"task:{n}": 1 for n in range(MAX_TOPICS + 1)}}),
    ],
)
def test_a_message_that_is_not_understood_ends_the_talk(text: str) -> None:
    assert talk(signed_in_headers(), text) == [NOT_UNDERSTOOD]


def test_a_session_that_ended_is_found_out_by_the_next_question(client: Client) -> None:
    raise_topics("task:1")
    client.force_login(make_user())
    session = str(client.session.session_key)
    assert read_for(session, ["task:1"]) == {"task:1": 1}
    client.logout()
    assert read_for(session, ["task:1"]) is None


def test_a_person_who_was_switched_off_is_told_nothing_more(client: Client) -> None:
    user = make_user()
    client.force_login(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert read_for(str(client.session.session_key), ["task:1"]) is None


def test_without_a_socket_the_versions_can_be_asked_for(client: Client) -> None:
    raise_topics("task:1")
    client.force_login(make_user())
    answer = client.get("/live/versions?topic=task:1&topic=task:2")
    assert answer.json() == {"topics": {"task:1": 1, "task:2": 0}}


def test_the_versions_are_for_signed_in_people_only(client: Client) -> None:
    assert client.get("/live/versions?topic=task:1").status_code == 302


def test_too_many_topics_are_refused(client: Client) -> None:
    client.force_login(make_user())
    query = "&".join(f"topic=t{n}" for n in range(MAX_TOPICS + 1))
    assert client.get(f"/live/versions?{query}").status_code == 400


def test_one_page_too_many_is_sent_away_and_the_others_are_kept(settings: Settings) -> None:
    settings.VICTOR_LIVE_PAGES = 1
    held = json.dumps({"watch": {"task:1": 0}})
    headers = signed_in_headers()

    async def scenario() -> tuple[Any, Any]:
        first, second = (WebsocketCommunicator(application, "/live/", headers=headers) for _ in range(2))
        for socket in (first, second):
            await socket.connect(timeout=20)
        await first.send_to(text_data=held)
        kept = await first.receive_output(20)
        await second.send_to(text_data=held)
        sent_away = await second.receive_output(20)
        await first.send_to(text_data=held)
        kept_on = await first.receive_output(20)
        for socket in (first, second):
            await socket.disconnect()
        await the_hub().close()
        await sync_to_async(
            connections.close_all
        )()  # an open one would keep PostgreSQL from dropping the test database
        return [kept["type"], kept_on["type"]], sent_away["code"]

    assert run_apart(scenario()) == (["websocket.send"] * 2, TOO_MANY)
