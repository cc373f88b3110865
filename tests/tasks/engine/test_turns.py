"""A cell's lines before limited providers, in a real event loop, with the database's part played by the real one."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from agents.llm.errors import LlmLimited
from agents.llm.types import Connection, LlmAnswer, LlmRequest, Turn
from tasks.engine import turns as module
from tasks.engine.grants import Granted, Wish
from tasks.engine.line import MustWait, estimate_tokens
from tasks.engine.turns import Turns

CONNECTION = Connection("scripted", "", "echo", max_concurrent=100, name="Main", provider_id=1, is_limited=True)
REQUEST = LlmRequest(system="", turns=(Turn("user", "Go on."),), max_tokens=10)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


class Ledger:
    """Grants a fixed number of places; remembers what was wished."""

    def __init__(self, places: int) -> None:
        self.places, self.wishes, self.leave = places, [], 0  # type: ignore[var-annotated]
        self.holds: list[float] = []
        self.looks_for_holds = 0

    def settle(self, cell_id: int, wishes: list[Wish]) -> dict[int, Granted]:
        self.wishes += wishes
        wish = wishes[0]
        admitted = min(len(wish.estimates), max(0, self.places - wish.busy))
        leave = min(self.leave, wish.waiting - admitted)
        return {1: Granted(self.places, admitted, 0, 0.0, leave, LATER, 1.0, time.monotonic(), False, "why")}

    def hold(self, provider_id: int, seconds: float) -> datetime:
        self.holds.append(seconds)
        return LATER

    def read_holds(self) -> list[tuple[int, float, datetime]]:
        self.looks_for_holds += 1
        return [(1, seconds, LATER) for seconds in self.holds]


class Client:
    """Counts calls at once, in the order they began."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.began: list[str] = []
        self.fault: Exception | None = None
        self.go_on = asyncio.Event()

    async def ask(
        self, connection: Connection, request: LlmRequest, *, admit: Callable[[], Awaitable[None]]
    ) -> LlmAnswer:
        await admit()
        self.began.append(request.system)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.go_on.wait()
            await asyncio.sleep(0)
            if self.fault:
                raise self.fault
            return ANSWER
        finally:
            self.now -= 1


ANSWER = LlmAnswer("ok", None, None, 3, 4, cost=0, latency_ms=1, model="echo", finish_reason="stop")  # type: ignore[arg-type]


async def no_delay() -> None:
    return


async def ask(turns: Turns, client: Client, swarm_id: int = 1, connection: Connection = CONNECTION) -> LlmAnswer:
    request = replace(REQUEST, system=str(swarm_id))
    return await turns.ask(client, connection, request, swarm_id, no_delay)  # type: ignore[arg-type]


def run(monkeypatch: pytest.MonkeyPatch, ledger: Ledger, scene: Callable[[Turns, Client], Awaitable[Any]]) -> Any:
    monkeypatch.setattr(module, "settle", ledger.settle)
    monkeypatch.setattr(module, "hold_provider", ledger.hold)
    monkeypatch.setattr(module, "read_holds", ledger.read_holds)

    async def in_database(work: Callable[[], Any]) -> Any:
        await asyncio.sleep(0)
        return work()

    async def play() -> Any:
        turns = Turns(in_database, 1)
        mover = asyncio.ensure_future(turns.move())
        try:
            return await scene(turns, Client())
        finally:
            mover.cancel()

    return asyncio.run(play())


def test_never_more_at_once_than_granted_and_few_questions_to_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(places=5)

    async def scene(turns: Turns, client: Client) -> int:
        client.go_on.set()
        await asyncio.gather(*(ask(turns, client) for _ in range(200)))
        return client.most

    assert run(monkeypatch, ledger, scene) == 5
    assert len(ledger.wishes) < 10


def test_swarms_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(turns: Turns, client: Client) -> list[str]:
        many = [asyncio.ensure_future(ask(turns, client, 1)) for _ in range(10)]
        few = [asyncio.ensure_future(ask(turns, client, 2)) for _ in range(2)]
        client.go_on.set()
        await asyncio.gather(*many, *few)
        return client.began

    assert run(monkeypatch, Ledger(places=1), scene)[:4] == ["1", "2", "1", "2"]


def test_who_is_cancelled_in_line_or_under_way_leaves_no_place_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(places=2)

    async def scene(turns: Turns, client: Client) -> int:
        asked = [asyncio.ensure_future(ask(turns, client)) for _ in range(6)]
        while client.now < 2:
            await asyncio.sleep(0)
        for one in (asked[0], asked[3]):
            one.cancel()
        client.go_on.set()
        await asyncio.gather(*asked, return_exceptions=True)
        await ask(turns, client)
        return client.now

    assert run(monkeypatch, ledger, scene) == 0


def test_who_must_wait_long_is_told_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(places=1)
    ledger.leave = 100

    async def scene(turns: Turns, client: Client) -> list[Any]:
        client.go_on.set()
        return await asyncio.gather(*(ask(turns, client) for _ in range(3)), return_exceptions=True)

    first, *rest = run(monkeypatch, ledger, scene)
    assert first == ANSWER
    assert [type(one) for one in rest] == [MustWait, MustWait]
    assert [(one.wake_at - LATER).total_seconds() for one in rest] == [0.0, 1.0]


def test_a_provider_without_limits_costs_no_look_at_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(places=0)
    free = replace(CONNECTION, is_limited=False)

    async def scene(turns: Turns, client: Client) -> None:
        client.go_on.set()
        await asyncio.gather(*(ask(turns, client, connection=free) for _ in range(50)))

    run(monkeypatch, ledger, scene)
    assert ledger.wishes == []


def test_a_hold_that_another_cell_made_is_known_to_the_first_question(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(places=0)
    ledger.holds.append(90)

    async def scene(turns: Turns, client: Client) -> list[Any]:
        return await asyncio.gather(*(ask(turns, client) for _ in range(20)), return_exceptions=True)

    assert {type(one) for one in run(monkeypatch, ledger, scene)} == {MustWait}
    assert ledger.looks_for_holds == 1


def test_whoever_asks_nothing_looks_for_no_holds(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.VICTOR_LOOK_S = 0.0
    ledger = Ledger(places=0)
    free = replace(CONNECTION, is_limited=False)

    async def scene(turns: Turns, client: Client) -> int:
        client.go_on.set()
        for _ in range(5):
            await asyncio.sleep(0)
        looks = ledger.looks_for_holds
        await ask(turns, client, connection=free)
        return looks

    assert run(monkeypatch, ledger, scene) == 0
    assert ledger.looks_for_holds == 1


def test_a_refusal_with_a_time_holds_the_next_question(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    ledger = Ledger(places=0)
    free = replace(CONNECTION, is_limited=False)

    async def scene(turns: Turns, client: Client) -> str:
        client.go_on.set()
        client.fault = LlmLimited("too many", retry_after_s=90)
        with pytest.raises(LlmLimited):
            await ask(turns, client, connection=free)
        with pytest.raises(MustWait) as caught:
            await ask(turns, client, connection=free)
        return str(caught.value)

    assert "90 s" in run(monkeypatch, ledger, scene)
    assert ledger.holds == [90]


def test_the_estimate_counts_what_is_sent_and_the_longest_answer() -> None:
    request = LlmRequest(system="x" * 300, turns=(Turn("user", "y" * 600),), max_tokens=50)

    assert estimate_tokens(request) == 300 + 50
