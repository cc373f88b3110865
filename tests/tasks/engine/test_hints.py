"""Hints leave beside the commit, and many of them together."""

import pytest

from tasks.engine.hints import HintSender
from tests.running import wait_until


def test_many_hints_become_few_messages_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, int]] = []
    monkeypatch.setattr("tasks.engine.hints.live.publish", sent.append)
    sender = HintSender()
    for version in range(1, 101):
        sender.post({"task:1": version, f"task:{version}": 1} if version > 1 else {"task:1": 1})
    wait_until(lambda: any(message.get("task:1") == 100 for message in sent))
    sender.post({"last": 1})
    sender.close()
    assert len(sent) < 20
    assert {name for message in sent for name in message} == {"last", *(f"task:{n}" for n in range(1, 101))}


def test_closing_an_idle_sender_is_harmless() -> None:
    HintSender().close()
