"""The hub: one subscription, fanned out by topic; nothing is lost when Redis goes away and comes back."""

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from django.db import OperationalError
from redis import Redis

from tests.servers import start_valkey
from tests.victoros.loops import run_apart
from victoros.lib import hub as hub_module
from victoros.lib.hub import Hub, say
from victoros.lib.live import CHANNEL, parse
from victoros.ops.valkey import valkey_url


class Ear:
    """A page that writes down what it is told."""

    def __init__(self) -> None:
        self.heard: dict[str, int] = {}
        self.messages = 0

    async def tell(self, text: str) -> None:
        """Remember."""
        self.messages += 1
        self.heard.update(json.loads(text)["topics"])


class BrokenEar(Ear):
    """A page whose socket is gone."""

    async def tell(self, text: str) -> None:
        """Fail."""
        raise ConnectionError("gone")


class Versions:
    """Stands in for the database."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}

    async def read(self, names: list[str]) -> dict[str, int]:
        """Return the versions known."""
        return {name: self.rows.get(name, 0) for name in names}


async def until(is_true: Callable[[], object], timeout_s: float = 8) -> None:
    """Wait for a condition on the running loop."""
    async with asyncio.timeout(timeout_s):
        while not is_true():
            await asyncio.sleep(0.01)


def run(scenario: Callable[[Hub, Versions], Coroutine[None, None, None]], url: str) -> None:
    """Run a scenario with a hub of its own."""

    async def main() -> None:
        versions = Versions()
        hub = Hub(url, versions.read)
        try:
            await scenario(hub, versions)
        finally:
            await hub.close()

    run_apart(main())


def test_a_hint_reaches_the_pages_that_watch_its_topic_and_no_other(valkey_url: str) -> None:
    async def scenario(hub: Hub, versions: Versions) -> None:
        one, other = Ear(), Ear()
        hub.watch(one, frozenset({"task:1"}))
        hub.watch(other, frozenset({"task:2"}))
        await until(lambda: hub.is_subscribed)
        send(valkey_url, {"task:1": 5, "task:3": 1})
        await until(lambda: one.heard == {"task:1": 5})
        assert other.messages == 0

    run(scenario, valkey_url)


def test_old_news_is_not_passed_on(valkey_url: str) -> None:
    async def scenario(hub: Hub, versions: Versions) -> None:
        ear = Ear()
        hub.watch(ear, frozenset({"task:1"}))
        await until(lambda: hub.is_subscribed)
        send(valkey_url, {"task:1": 5})
        await until(lambda: ear.messages == 1)
        send(valkey_url, {"task:1": 4})
        send(valkey_url, {"task:1": 6})
        await until(lambda: ear.heard == {"task:1": 6})
        assert ear.messages == 2

    run(scenario, valkey_url)


def test_a_burst_is_merged_and_its_end_is_not_lost(valkey_url: str) -> None:
    async def scenario(hub: Hub, versions: Versions) -> None:
        ear = Ear()
        hub.watch(ear, frozenset({"task:1"}))
        await until(lambda: hub.is_subscribed)
        for version in range(1, 301):
            send(valkey_url, {"task:1": version})
        await until(lambda: ear.heard == {"task:1": 300})
        assert ear.messages < 60

    run(scenario, valkey_url)


def test_a_broken_page_does_not_silence_the_others(valkey_url: str) -> None:
    async def scenario(hub: Hub, versions: Versions) -> None:
        broken, whole = BrokenEar(), Ear()
        hub.watch(broken, frozenset({"swarms"}))
        hub.watch(whole, frozenset({"swarms"}))
        await until(lambda: hub.is_subscribed)
        send(valkey_url, {"swarms": 1})
        await until(lambda: whole.heard == {"swarms": 1})

    run(scenario, valkey_url)


def test_a_page_that_left_hears_nothing(valkey_url: str) -> None:
    async def scenario(hub: Hub, versions: Versions) -> None:
        gone, there = Ear(), Ear()
        hub.watch(gone, frozenset({"swarms"}))
        hub.watch(there, frozenset({"swarms"}))
        hub.leave(gone)
        await until(lambda: hub.is_subscribed)
        send(valkey_url, {"swarms": 1})
        await until(lambda: there.heard)
        assert gone.messages == 0

    run(scenario, valkey_url)


def test_without_redis_the_database_is_asked(tmp_path: Path) -> None:
    async def scenario(hub: Hub, versions: Versions) -> None:
        ear = Ear()
        hub.watch(ear, frozenset({"task:1"}))
        versions.rows["task:1"] = 3
        await until(lambda: ear.heard == {"task:1": 3})
        assert not hub.is_subscribed

    run(scenario, valkey_url_of(tmp_path / "nobody.sock"))


def test_a_database_that_is_away_is_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hub_module, "DOUBTFUL_ASK_S", 0.01)
    asked: list[int] = []

    async def scenario(hub: Hub, versions: Versions) -> None:
        async def refuse(names: list[str]) -> dict[str, int]:
            asked.append(len(names))
            if len(asked) < 4:
                raise OperationalError("away")
            return await versions.read(names)

        hub._read_versions = refuse
        hub.watch(Ear(), frozenset({"task:1"}))
        await until(lambda: len(asked) > 4)

    run(scenario, valkey_url_of(tmp_path / "nobody.sock"))
    assert caplog.text.count("cannot be read") == 1


def test_what_moved_while_redis_was_away_is_told_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "own.sock"
    server = start_valkey(path)

    async def scenario(hub: Hub, versions: Versions) -> None:
        nonlocal server
        ear = Ear()
        hub.watch(ear, frozenset({"task:1"}))
        await until(lambda: hub.is_subscribed)
        server.kill()
        server.wait(10)
        await until(lambda: not hub.is_subscribed)
        versions.rows["task:1"] = 9
        server = start_valkey(path)
        await until(lambda: hub.is_subscribed)
        await until(lambda: ear.heard == {"task:1": 9})

    try:
        run(scenario, valkey_url_of(path))
    finally:
        server.kill()
        server.wait(10)


def test_a_redis_that_is_frozen_is_noticed_and_the_database_asked(tmp_path: Path) -> None:
    path = tmp_path / "own.sock"
    server = start_valkey(path)

    async def scenario(hub: Hub, versions: Versions) -> None:
        ear = Ear()
        hub.watch(ear, frozenset({"task:1"}))
        await until(lambda: hub.is_subscribed)
        server.send_signal(signal.SIGSTOP)
        await until(lambda: not hub.is_subscribed)
        versions.rows["task:1"] = 4
        await until(lambda: ear.heard == {"task:1": 4})

    try:
        run(scenario, valkey_url_of(path))
    finally:
        server.kill()
        server.wait(10)


def test_a_hint_that_was_lost_costs_seconds(valkey_url: str) -> None:
    async def scenario(hub: Hub, versions: Versions) -> None:
        ear = Ear()
        hub.watch(ear, frozenset({"task:1"}))
        await until(lambda: hub.is_subscribed)
        versions.rows["task:1"] = 2
        await until(lambda: ear.heard == {"task:1": 2})

    run(scenario, valkey_url)


def test_pages_that_hear_the_same_get_one_text_and_time_to_spread(valkey_url: str) -> None:
    async def scenario(hub: Hub, versions: Versions) -> None:
        ears = [Ear() for _ in range(120)]
        for n, ear in enumerate(ears):
            hub.watch(ear, frozenset({"swarms", f"task:{n % 2}"}))
        await until(lambda: hub.is_subscribed)
        hub.hear({"swarms": 3, "task:0": 7})
        await until(lambda: all(ear.heard for ear in ears))
        assert [ear.heard for ear in ears[:2]] == [{"swarms": 3, "task:0": 7}, {"swarms": 3}]
        assert {ear.messages for ear in ears} == {1}

    run(scenario, valkey_url)


def test_a_page_alone_fetches_at_once_and_many_are_spread_but_not_for_long() -> None:
    spread = [json.loads(say({}, pages))["spread_ms"] for pages in (1, 300, 1_000_000)]
    assert spread == [10, 3000, 8000]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"topics": 3}', '{"topics": {"a": "x"}}', "\x00"])
def test_what_is_not_a_hint_moves_nothing(text: str) -> None:
    assert parse(text) == {}


def send(url: str, topics: dict[str, int]) -> None:
    """Publish a hint as the services do."""
    with Redis.from_url(url) as redis:
        redis.publish(CHANNEL, json.dumps({"topics": topics}))


def valkey_url_of(path: Path) -> str:
    """Return the address of the server on a socket."""
    return valkey_url(path)
