"""The first rows of several questions, read in one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Workspace
from victoros.lib.heads import read_heads, within_heads

pytestmark = pytest.mark.django_db


@pytest.fixture
def places() -> dict[str, int]:
    return {name: Workspace.objects.create(name=name).pk for name in "abcdef"}


def test_each_question_gives_its_first_rows_in_its_own_order(places: dict[str, int]) -> None:
    rows = Workspace.objects.filter(pk__in=places.values())
    low, high = rows.filter(name__lt="d"), rows.filter(name__gte="d")
    with CaptureQueriesContext(connection) as asked:
        found = read_heads([low.order_by("-name")[:2], high.order_by("name")[:1]])
    assert found == [places["c"], places["b"], places["d"]]
    assert len(asked) == 1


def test_rows_are_chosen_by_the_heads_of_several_questions(places: dict[str, int]) -> None:
    rows = Workspace.objects.filter(pk__in=places.values()).order_by("name")
    heads = [rows.filter(name__lt="d")[:1], rows.filter(name="f")[:4]]
    assert set(Workspace.objects.filter(within_heads(heads)).values_list("name", flat=True)) == {"a", "f"}


def test_questions_that_nothing_can_answer_are_left_out(places: dict[str, int]) -> None:
    nothing = Workspace.objects.none()
    assert read_heads([nothing]) == []
    assert read_heads([nothing, Workspace.objects.filter(name="b")]) == [places["b"]]
    assert not Workspace.objects.filter(within_heads([nothing])).exists()
