"""Which calls a cell answers."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from redis import Redis

from tasks.engine import bell as bell_module
from tasks.engine.bell import Bell
from tasks.wakeups import BELL
from victoros.lib.host import host_of, this_host
from victoros.ops.messenger import Messenger
from victoros.ops.valkey import ValkeyServer


@pytest.fixture
def own_valkey(settings: LazySettings) -> Iterator[ValkeyServer]:
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        server = ValkeyServer(Path(folder) / "valkey.sock")
        settings.VICTOR_REDIS_URL = server.url
        yield server
        server.kill()


def heard(call: dict[str, object]) -> list[str]:
    told: list[str] = []
    bell = Bell(lambda: told.append("work"), lambda: told.append("halt"), lambda: told.append("drain"))
    bell._answer(call)
    return told


def test_cells_drain_when_their_own_host_ends() -> None:
    assert "drain" in heard({"drain": this_host()})


@pytest.mark.parametrize("call", [{"drain": "elsewhere/0"}, {"drain": True}, {"halt": True}, {}])
def test_cells_go_on_when_it_is_not_their_host_that_ends(call: dict[str, object]) -> None:
    assert "drain" not in heard(call)


def test_a_supervisor_tells_the_cells_of_its_host_only(empty_valkey: Redis, valkey_url: str, tmp_path: Path) -> None:
    with empty_valkey.pubsub() as listener:  # type: ignore[no-untyped-call]
        listener.subscribe(BELL)
        assert listener.get_message(timeout=20)
        Messenger(valkey_url, tmp_path).tell_cells_to_drain()
        message = listener.get_message(timeout=20)
    assert message is not None
    assert json.loads(message["data"]) == {"drain": host_of(tmp_path)}


def test_a_cell_looks_at_once_when_its_bell_goes_and_when_it_comes_back(own_valkey: ValkeyServer) -> None:
    looks = asyncio.Event()
    bell = Bell(looks.set, lambda: None, lambda: None)

    async def await_look() -> None:
        await asyncio.wait_for(looks.wait(), 10)
        looks.clear()

    async def play() -> None:
        listening = asyncio.ensure_future(bell.listen())
        await await_look()
        assert not bell.is_away
        own_valkey.kill()
        await await_look()
        assert bell.is_away
        own_valkey.start()
        await await_look()
        assert not bell.is_away
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    asyncio.run(play())


def test_a_bell_that_goes_and_comes_back_at_once_is_noticed(
    own_valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was called in between went unheard, and those who call may take it for away for a moment longer."""
    monkeypatch.setattr(bell_module, "DOUBT_S", 0.0)
    looks: list[bool] = []
    bell = Bell(lambda: looks.append(bell.is_away), lambda: None, lambda: None)

    async def await_looks(number: int) -> None:
        async with asyncio.timeout(10):
            while len(looks) < number:
                await asyncio.sleep(0.01)

    async def play() -> None:
        listening = asyncio.ensure_future(bell.listen())
        await await_looks(1)
        assert not bell.is_doubtful
        own_valkey.kill()
        own_valkey.start()
        await await_looks(3)
        assert looks == [False, True, False]
        monkeypatch.setattr(bell_module, "DOUBT_S", 60.0)
        assert bell.is_doubtful
        assert not bell.is_away
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    asyncio.run(play())
