"""Reasons that the rows keep as plain English are said in the reader's language where Victor.os wrote them, and only there."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from agents.models import Message
from audit.reasons import say_reason
from tasks.engine.burial import bury_cell
from tasks.models import Attempt, Cell, Task
from tasks.services.control import pause_task, stop_agent, stop_swarm
from tasks.services.dependencies import add_dependency
from tasks.services.verdicts import refute_task
from tasks.services.work import cancel_task
from tests.agents.factories import OPERATOR, make_agent, make_message, make_swarm, make_user
from tests.tasks.pages.rows import make_attempt, make_task
from victoros.settings import BASE_DIR

WRITERS = ("tasks/engine", "tasks/services", "tasks/transitions.py", "agents/services")
TAKES_REASON = {"drain": 0, "bury": 1, "bury_cell": 1, "give_up": 0, "_hold_task": 3, "_halt": 2}
"""Functions that are given a reason, and the place of it."""
COLUMNS = ("reason", "dead_reason", "status_reason")
SAMPLES = {"waiting_for": "mail", "status": "failed", "category": "system"}
"""What stands in a place, where it is not any number."""


def say(text: str) -> str:
    with override("de"):
        return say_reason(text)


@pytest.mark.parametrize(
    ("kept", "german"),
    [
        ("It waits for other tasks.", "Sie wartet auf andere Aufgaben."),
        ("It waits for “Read it.”.", "Sie wartet auf „Read it.“."),
        ("It waits for “A”, which is in_progress.", "Sie wartet auf „A“ (in Arbeit)."),
        ("It waits for approval.", "Sie wartet auf: Freigabe."),
        ("Stopped by kim.", "Angehalten von kim."),
        ("process 12 died: it was killed by SIGKILL", "Prozess 12 starb: er wurde durch SIGKILL beendet"),
        ("its heartbeat stopped", "das Lebenszeichen blieb aus"),
        ("timeout: No answer came.", "Zeitüberschreitung: No answer came."),
        (
            "The process died 3 times while it worked on this; the last time at step 4, process 7 is gone.",
            "Der Prozess starb 3-mal, während er daran arbeitete; zuletzt bei Schritt 4, Prozess 7 ist fort.",
        ),
    ],
)
def test_what_victoros_wrote_is_said_in_german_also_inside_other_reasons(kept: str, german: str) -> None:
    assert say(kept) == german
    assert say_reason(kept) == kept


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "Ask Kim: it can wait",
        "system",
        "100 % sure, process 12 died yesterday",
        "open: the door",
        "a\nb.",
        "%(name)s",
    ],
)
def test_what_somebody_else_wrote_stays_as_it_is(kept: str) -> None:
    assert say(kept) == kept


def test_every_reason_in_the_code_is_known() -> None:
    written = {text for place in WRITERS for path in _files(place) for text in _reasons_in(path)}
    unknown = {text for text in written if say(_fill(text)) == _fill(text)}
    assert unknown == set()
    assert len(written) > 20


def _files(place: str) -> list[Path]:
    path = BASE_DIR / place
    return [path] if path.is_file() else sorted(path.glob("*.py"))


def _reasons_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in COLUMNS:
            yield from _texts_in(node.value)
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            keys = ("why",) if name == "Waiting" else COLUMNS if name == "update" else ()
            place = TAKES_REASON.get(name, len(node.args))
            given = [one.value for one in node.keywords if one.arg in keys] + node.args[place : place + 1]
            yield from (text for value in given for text in _texts_in(value))


def _texts_in(node: ast.AST) -> Iterator[str]:
    """Find the texts in an expression, each with a place for every value that it is filled with."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(_part(part) for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _texts_in(child)


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        return "{" + ast.unparse(node.value).rsplit(".", 1)[-1].split("(")[0] + "}"
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _fill(text: str) -> str:
    for place in [part.split("}")[0] for part in text.split("{")[1:]]:
        text = text.replace("{" + place + "}", SAMPLES.get(place, "12"))
    return text


@pytest.mark.django_db
def test_german_pages_show_german_reasons(client: Client) -> None:
    swarm = make_swarm()
    agent = make_agent(swarm)
    tasks = {name: make_task(swarm, title=name) for name in ("paused", "cancelled", "first", "refuted")}
    pause_task(actor=OPERATOR, task=tasks["paused"])
    cancel_task(actor=OPERATOR, task=tasks["cancelled"])
    waits = make_task(swarm, title="waits")
    add_dependency(actor=OPERATOR, task=waits, on=tasks["first"])
    Task.objects.filter(pk=tasks["refuted"].pk).update(status="completed", attempt_count=3, ended_at=timezone.now())
    refute_task(actor=OPERATOR, task=tasks["refuted"], reason="Wrong sum.")
    stopped = make_attempt(
        make_task(swarm, title="stopped", agent=agent, status="in_progress"), agent, status="running"
    )
    stop_agent(actor=OPERATOR, agent=agent)
    halted = make_attempt(make_task(swarm, title="halted", status="in_progress"), status="running")
    stop_swarm(actor=OPERATOR, swarm=swarm)
    client.force_login(make_user(superuser=True))

    def page_of(task: Task) -> str:
        return client.get(f"/tasks/{task.pk}/", headers={"Accept-Language": "de"}).text

    name = OPERATOR.name
    assert f"Unterbrochen von {name}." in page_of(tasks["paused"])
    assert f"Abgebrochen von {name}." in page_of(tasks["cancelled"])
    assert "Sie wartet auf andere Aufgaben." in client.get(
        "/tasks/", headers={"Accept-Language": "de"}
    ).text or page_of(waits)
    assert f"Widerlegt von {name}: Wrong sum." in page_of(tasks["refuted"])
    assert f"{agent.name} wurde von {name} angehalten." in page_of(stopped.task)
    assert f"Der Schwarm wurde von {name} angehalten." in page_of(halted.task)
    assert f"Paused by {name}." in client.get(f"/tasks/{tasks['paused'].pk}/").text


@pytest.mark.django_db
def test_a_german_page_says_why_a_cell_died_and_its_work_was_put_away(client: Client) -> None:
    cell = Cell.objects.create(host="test", pid=7)
    attempt = make_attempt(make_task(status="in_progress"), status="running", cell=cell)
    Attempt.objects.filter(pk=attempt.pk).update(deaths=2)
    bury_cell(cell.pk, "process 7 died")
    letter = make_message(make_agent())
    Message.objects.filter(pk=letter.pk).update(status="dead", dead_reason="It expired unread.")
    client.force_login(make_user(superuser=True))

    pages: dict[str, Any] = {
        address: client.get(address, headers={"Accept-Language": "de"}).text
        for address in ("/cells/", f"/cells/{cell.pk}/", f"/tasks/{attempt.task_id}/", "/", f"/mail/{letter.pk}/")
    }
    for address in ("/cells/", f"/cells/{cell.pk}/", f"/tasks/{attempt.task_id}/", "/"):
        assert "Prozess 7 starb" in pages[address], address
    assert "Der Prozess starb 3-mal" in pages[f"/tasks/{attempt.task_id}/"]
    assert "Ungelesen verfallen." in pages[f"/mail/{letter.pk}/"]
