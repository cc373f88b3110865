"""Hosts are told apart even where they have the same name."""

from pathlib import Path

import pytest

from victoros.lib import host
from victoros.lib.host import host_of, name_of


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_mark", host._mark.__wrapped__)
    monkeypatch.delenv("VICTOR_HOST_NAME", raising=False)


def test_a_host_is_named_as_its_system_is_or_as_it_was_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "machine")
    assert name_of(host_of(tmp_path)) == "machine"
    monkeypatch.setenv("VICTOR_HOST_NAME", "east-1")
    assert name_of(host_of(tmp_path)) == "east-1"
    monkeypatch.setenv("VICTOR_HOST_NAME", "n" * 200)
    assert len(host_of(tmp_path)) < 90


def test_the_same_home_on_the_same_system_is_the_same_host(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert host_of(tmp_path) == host_of(tmp_path / "link")


@pytest.mark.parametrize("part", ["_boot", "_pid_namespace"])
def test_another_boot_or_container_is_another_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    before = host_of(tmp_path)
    monkeypatch.setattr(host, part, lambda: "another")
    assert host_of(tmp_path) != before


def test_another_home_is_another_host(tmp_path: Path) -> None:
    assert host_of(tmp_path / "one") != host_of(tmp_path / "two")


def test_a_name_without_a_mark_is_left_as_it_is() -> None:
    assert name_of("machine") == "machine"
