"""The state machines of tasks and attempts: what may follow what, and that nothing else may."""

from itertools import product

import pytest

from tasks.models import Attempt, Task
from tasks.states import ATTEMPT, ENDED, TASK, is_settled, succeeded
from victoros.lib.errors import Conflict

TASK_MOVES = {
    "backlog": "ready blocked cancelled",
    "ready": "in_progress blocked cancelled backlog",
    "in_progress": "ready blocked completed failed cancelled quarantined",
    "blocked": "ready in_progress failed cancelled quarantined",
    "completed": "verified ready failed cancelled",
    "verified": "",
    "failed": "ready cancelled",
    "cancelled": "ready",
    "quarantined": "ready cancelled",
}


@pytest.mark.parametrize(("old", "new"), list(product(TASK_MOVES, TASK_MOVES)))
def test_a_task_moves_only_along_the_board(old: str, new: str) -> None:
    assert TASK.may(old, new) == (new in TASK_MOVES[old].split())


def test_every_state_of_a_row_is_in_its_machine() -> None:
    assert set(TASK.table) == set(Task.Status.values)
    assert set(ATTEMPT.table) == set(Attempt.Status.values)


def test_an_ended_attempt_never_lives_again() -> None:
    assert not any(ATTEMPT.table[status] for status in ENDED & ATTEMPT.table.keys())
    assert all(ATTEMPT.table[status] for status in Attempt.LIVE)


def test_a_refused_move_says_what_is_possible() -> None:
    with pytest.raises(Conflict) as refusal:
        TASK.require("verified", "ready")
    assert "verified" in refusal.value.message
    assert "nothing" in refusal.value.hint


@pytest.mark.parametrize(
    ("status", "verify_need", "settled", "good"),
    [
        ("completed", "", True, True),
        ("completed", "checks", False, False),
        ("verified", "checks", True, True),
        ("failed", "", True, False),
        ("cancelled", "", True, False),
        ("quarantined", "", True, False),
        ("in_progress", "", False, False),
    ],
)
def test_others_rely_on_a_task_only_once_it_is_settled(
    status: str, verify_need: str, settled: bool, good: bool
) -> None:
    task = Task(status=status, verify_need=verify_need)
    assert (is_settled(task), succeeded(task)) == (settled, good)
