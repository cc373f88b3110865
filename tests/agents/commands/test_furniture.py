"""What every command does when something goes wrong that it did not foresee."""

import json

import pytest
from django.db import OperationalError

from agents.services.first_run import ensure_operator
from victoros.lib.commands import Acts, Answer, VictorCommand
from victoros.lib.terminal import format_value, make_facts, make_table


class Breaks(VictorCommand):
    """A command whose acts fail in ways no service announces."""

    def add_acts(self, acts: Acts) -> None:
        acts.add("bug", self.bug, "divide by zero")
        acts.add("database", self.database, "lose the database")
        acts.add("whoami", self.whoami, "say who acts")

    def bug(self) -> Answer:
        raise ZeroDivisionError("division by zero")

    def database(self) -> Answer:
        raise OperationalError("no such table: agents_agent")

    def whoami(self) -> Answer:
        return Answer({"name": self.user.username}, self.user.username)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        Breaks().run_from_argv(["victor", "breaks", *arguments])
    return int(ended.value.code or 0)


def test_an_error_nobody_foresaw_has_an_id_that_is_in_the_log(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert run("bug", "--json") == 1

    error = json.loads(capsys.readouterr().out)["error"]
    assert error["category"] == "unknown"
    assert error["id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_database_without_tables_says_what_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("database", "--json") == 1

    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["category"], "victor up" in error["hint"]) == ("database", True)


@pytest.mark.django_db
def test_a_fresh_database_says_that_there_is_nobody_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("whoami") == 1
    assert "nobody to act for yet" in capsys.readouterr().err

    ensure_operator()

    assert run("whoami") == 0
    assert capsys.readouterr().out == "operator\n"


def test_tables_and_facts_line_up_and_hold_no_control_characters() -> None:
    table = make_table(["id", "name"], [[1, "a\x1b[31mred"], [22, None]]).splitlines()
    facts = make_facts({"name": "x", "longer name": True, "left out": ""}).splitlines()

    assert [line.index("name") for line in table[:1]] == [5]
    assert table[2].startswith("1    a\N{REPLACEMENT CHARACTER}[31mred")
    assert facts == ["name         x", "longer name  yes"]
    assert format_value(["a", 1]) == "a, 1"
