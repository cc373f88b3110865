"""What can be typed, set, recorded or asked for is described in docs/, and nothing else is."""

import argparse
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver

from audit.events import Kind
from victoros.lib.commands import VictorCommand
from victoros.ops.__main__ import MODULES
from victoros.ops.__main__ import main as run_ops
from victoros.ops.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
CODE = ("victoros", "agents", "tasks", "audit", "tests")
OURS = sorted(name for name, app in get_commands().items() if app == "victoros")
SHARED = {"--help", "--json", "--as"}


@cache
def read(page: str) -> str:
    return (ROOT / "docs" / page).read_text()


def section_about(command: str) -> str:
    """Return the part of docs/commands.md under the heading of a command; empty when it has none."""
    found = re.search(rf"^(##+) {re.escape(command)}$(.*?)(?=^##|\Z)", read("commands.md"), re.MULTILINE | re.DOTALL)
    return found.group(2) if found else ""


def options_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from (option for option in action.option_strings if option.startswith("--") and option not in SHARED)


def acts_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = (action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(next(found, {}))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section(name: str) -> None:
    assert section_about(name), f"docs/commands.md has no section `{name}`"


@pytest.mark.parametrize("name", OURS)
def test_every_act_and_option_of_a_command_is_described(name: str) -> None:
    command = load_command_class("victoros", name)
    if not isinstance(command, VictorCommand) or name == "first_run":
        assert f"`{name}`" in read("commands.md")
        return
    text = section_about(name.replace("_", "-"))
    parser = command.create_parser("victor", name)
    for act, below in acts_of(parser).items():
        row = re.search(rf"^\| `{act}\b.*$", text, re.MULTILINE)
        assert row, f"docs/commands.md does not describe `{name} {act}`"
        assert [option for option in options_of(below) if option not in row.group()] == []
    choices = [choice for action in parser._actions if not action.option_strings for choice in action.choices or ()]
    assert [word for word in [*options_of(parser), *choices] if word not in text] == []


@pytest.mark.parametrize("name", MODULES)
def test_every_option_of_a_command_without_django_is_described(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_ops([name, "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - SHARED

    assert [option for option in options if option not in section_about(name)] == []


def test_every_setting_is_described_and_every_description_is_of_a_setting() -> None:
    files = [path for part in CODE for path in (ROOT / part).rglob("*.py")]
    used = {name for path in files for name in re.findall(r"\bVICTOR_[A-Z_]+[A-Z]\b", path.read_text())}
    described = set(re.findall(r"`(VICTOR_[A-Z_]+)`", read("settings.md")))

    assert used - described == set()
    assert described - used == set()


def test_every_kind_of_entry_is_described_and_nothing_else() -> None:
    described = re.findall(r"^\| `([a-z_]+\.[a-z_]+)`", read("events.md"), re.MULTILINE)

    assert set(described) == set(Kind.values)
    assert len(described) == len(set(described))


def routes(resolver: URLResolver, before: str = "/") -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        address = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield address, entry.name or ""
        elif entry.namespace != "admin":
            yield from routes(entry, address)


def test_every_address_is_described_and_nothing_else() -> None:
    real = set(routes(get_resolver()))
    described = set(re.findall(r"^\| `(/[^`]*)` \| `([a-z_]+)` \|", read("routes.md"), re.MULTILINE))

    assert real - described == set()
    assert described - real == set()
