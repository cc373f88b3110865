"""How a web process answers: its threads, and what it does after the first answer."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from inspect import iscoroutinefunction
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse

from tests.running import wait_until
from tests.victoros.loops import run_apart
from victoros import serving
from victoros.serving import KEPT, PageHandler, settle


class Answering(PageHandler):
    """Answers with the number of its thread, as soon as as many requests are there as it waits for."""

    def __init__(self, together: int = 1) -> None:
        super().__init__()
        self.all_there = threading.Barrier(together, timeout=20)

    def get_response(self, request: HttpRequest) -> HttpResponse:
        self.all_there.wait()
        return HttpResponse(str(threading.get_ident()))


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Keep the handler from settling this process; tells in which threads it would have."""
    threads: list[int] = []
    monkeypatch.setattr(serving, "settle", lambda: threads.append(threading.get_ident()))
    return threads


@pytest.fixture
def unfrozen() -> Iterator[None]:
    """Give everything back to the garbage collector."""
    yield
    gc.unfreeze()


async def ask(handler: PageHandler) -> int:
    """Ask for a page; return the thread it came from."""
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"testserver")]}
    communicate: Any = ApplicationCommunicator
    request = communicate(handler, scope)
    await request.send_input({"type": "http.request", "body": b""})
    start, body = [await request.receive_output(20) for _ in range(2)]
    assert start["status"] == 200
    await request.wait(20)
    return int(body["body"])


async def ask_in_turn(handler: PageHandler, times: int) -> list[int]:
    """Return the threads of requests of which each waits for the one before."""
    return [await ask(handler) for _ in range(times)]


async def ask_at_once(handler: PageHandler, times: int) -> list[int]:
    """Return the threads of requests that come together."""
    return await asyncio.gather(*[ask(handler) for _ in range(times)])


def test_one_request_after_the_other_is_answered_by_the_same_thread() -> None:
    first, *others = run_apart(ask_in_turn(Answering(), 5))
    assert set(others) == {first} != {threading.get_ident()}


def test_requests_at_once_do_not_wait_for_each_other() -> None:
    many = KEPT + 3
    assert len(set(run_apart(ask_at_once(Answering(many), many)))) == many


def test_only_some_threads_are_kept() -> None:
    many = KEPT + 3
    handler = Answering(many)
    used = run_apart(ask_at_once(handler, many))
    wait_until(lambda: sum(thread.ident in used for thread in threading.enumerate()) == KEPT, 20)


def test_a_request_is_carried_out_without_going_back_to_the_event_loop() -> None:
    handler: Any = PageHandler()
    assert not iscoroutinefunction(handler._middleware_chain)


def test_it_settles_once_after_the_first_answer(settled: list[int]) -> None:
    thread, *_ = run_apart(ask_in_turn(Answering(), 3))
    assert settled == [thread]


@pytest.mark.usefixtures("unfrozen")
def test_settling_takes_what_is_loaded_out_of_the_collectors_sight() -> None:
    before = len(gc.get_objects())
    settle()
    assert gc.get_freeze_count() > before / 2
    assert len(gc.get_objects()) < before / 10
