"""What the newest of the record tells about a task: what was done again and again is told once."""

import pytest

from audit.actors import SYSTEM, Actor
from audit.events import Kind, record
from tasks.models import Task
from tasks.selectors.detail import COUNTED, list_deeds
from tasks.transitions import fact_of_task
from tests.tasks.pages.rows import make_task

pytestmark = pytest.mark.django_db

ANNA = Actor("person", 1, "anna")


def tell(task: Task, kind: Kind, times: int = 1, actor: Actor = SYSTEM) -> None:
    """Put it on record so many times."""
    for _ in range(times):
        record(fact_of_task(kind, actor, task))


def read(task: Task) -> list[tuple[str, str, int]]:
    """Return kind, actor and count of what is told."""
    return [(deed.entry.kind, deed.entry.actor_name, deed.times) for deed in list_deeds(task)]


def test_what_somebody_does_again_in_a_row_is_told_once() -> None:
    task = make_task()
    tell(task, Kind.TASK_CREATED)
    tell(task, Kind.TASK_CHANGED, 3)
    assert read(task) == [("task.changed", "victor", 3), ("task.created", "victor", 1)]


def test_others_and_what_comes_between_are_told_apart() -> None:
    task = make_task()
    tell(task, Kind.TASK_CHANGED)
    tell(task, Kind.TASK_CHANGED, actor=ANNA)
    tell(task, Kind.TASK_VERIFIED, actor=ANNA)
    tell(task, Kind.TASK_CHANGED, 2, actor=ANNA)
    assert read(task) == [
        ("task.changed", "anna", 2),
        ("task.verified", "anna", 1),
        ("task.changed", "anna", 1),
        ("task.changed", "victor", 1),
    ]


def test_its_row_keeps_its_name_when_it_is_done_once_more() -> None:
    task = make_task()
    tell(task, Kind.TASK_CREATED)
    tell(task, Kind.TASK_CHANGED)
    before = [deed.key for deed in list_deeds(task)]
    tell(task, Kind.TASK_CHANGED)
    assert [deed.key for deed in list_deeds(task)] == before


def test_of_more_than_is_counted_it_says_so() -> None:
    task = make_task()
    tell(task, Kind.TASK_CREATED)
    tell(task, Kind.TASK_CHANGED, COUNTED)
    (deed,) = list_deeds(task)
    assert (deed.times, deed.is_more) == (COUNTED, True)
    other = make_task()
    tell(other, Kind.TASK_CHANGED, COUNTED - 1)
    assert [one.is_more for one in list_deeds(other)] == [False]
