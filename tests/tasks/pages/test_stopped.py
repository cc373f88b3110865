"""Pages say whether what was stopped has stopped, which cell has not let go of it, and since when."""

import pytest

from agents.models import Agent
from tasks.models import Attempt, Recall
from tasks.recalls import note_let_go
from tasks.services.control import stop_swarm
from tasks.services.work import cancel_task
from tests.agents.factories import OPERATOR
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_attempt, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt() -> Attempt:
    """One that a cell has under way."""
    attempt = make_attempt(make_task(title="Long call", status="in_progress"), status="running")
    Agent.objects.update(status="busy", active=1)
    return attempt


def pages_of(signed_in: SignedIn, attempt: Attempt) -> dict[str, str]:
    client = signed_in()
    addresses = {
        "task": f"/tasks/{attempt.task_id}/",
        "agent": f"/agents/{attempt.agent_id}/",
        "swarm": f"/swarms/{attempt.swarm_id}/",
        "board": "/",
    }
    return {name: client.get(address).content.decode() for name, address in addresses.items()}


def test_pages_tell_what_has_not_stopped_and_then_that_it_has(signed_in: SignedIn, attempt: Attempt) -> None:
    cell_id = attempt.cell_id
    assert cell_id is not None
    stop_swarm(actor=OPERATOR, swarm=attempt.swarm)
    pages = pages_of(signed_in, attempt)
    assert f"cell {cell_id} has not let go of it yet" in pages["task"]
    assert f"cell {cell_id} has not let go of it yet" in pages["agent"]
    assert "shutting down" in pages["agent"]
    assert "1 agent not stopped yet" in pages["swarm"]
    assert f'/agents/?swarm={attempt.swarm_id}&amp;state=shutting_down"' in pages["swarm"]
    assert "1 agent has not stopped yet" in pages["board"]

    note_let_go(Recall.objects.filter(cell=cell_id), Attempt.LetGo.CELL)
    pages = pages_of(signed_in, attempt)
    for name in ("task", "agent"):
        assert "its cell has let go" in pages[name]
        assert "has not let go of it yet" not in pages[name]
    assert "confirmed: no agent of it runs" in pages["swarm"]
    assert "confirmed: no agent of it works" in pages["board"]


def test_the_list_behind_the_count_has_who_has_not_stopped(signed_in: SignedIn, attempt: Attempt) -> None:
    stop_swarm(actor=OPERATOR, swarm=attempt.swarm)
    page = signed_in().get(f"/agents/?swarm={attempt.swarm_id}&state=shutting_down").context["page"]
    assert [row.agent.pk for row in page.rows] == [attempt.agent_id]


def test_a_cancelled_task_tells_it_too(signed_in: SignedIn, attempt: Attempt) -> None:
    cell_id = attempt.cell_id
    assert cell_id is not None
    cancel_task(actor=OPERATOR, task=attempt.task)
    assert f"cell {cell_id} has not let go of it yet" in pages_of(signed_in, attempt)["task"]
    note_let_go(Recall.objects.filter(cell=cell_id), Attempt.LetGo.PERSON)
    assert "a person took note that nobody has seen" in pages_of(signed_in, attempt)["task"]


def test_what_was_never_taken_from_a_cell_says_nothing_of_cells(signed_in: SignedIn) -> None:
    task = make_task(status="ready")
    cancel_task(actor=OPERATOR, task=task)
    assert "let go" not in signed_in().get(f"/tasks/{task.pk}/").content.decode()
