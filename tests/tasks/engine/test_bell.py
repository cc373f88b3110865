"""Which calls a cell answers."""

import json
from pathlib import Path

import pytest
from redis import Redis

from tasks.engine.bell import Bell
from tasks.wakeups import BELL
from victoros.lib.host import host_of, this_host
from victoros.ops.messenger import Messenger


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
