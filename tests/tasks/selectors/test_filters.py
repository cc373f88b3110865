"""The choice of tasks stands in the address, and nonsense there is refused."""

import pytest
from django.http import QueryDict

from tasks.selectors.filters import TaskFilter, read_filter
from victoros.lib.errors import InvalidInput


def test_an_address_is_read_and_written_back() -> None:
    choice = read_filter(QueryDict("swarm=3&agent=4&state=ready&search=+two+words+&view=board"))

    assert choice == TaskFilter(swarm=3, agent=4, state="ready", search="two words", view="board")
    assert choice.as_query() == "swarm=3&agent=4&state=ready&search=two+words&view=board"


def test_an_empty_address_means_everything() -> None:
    choice = read_filter(QueryDict(""))

    assert choice == TaskFilter()
    assert not choice.is_narrow
    assert choice.states == ()


def test_a_changed_choice_begins_on_its_first_page() -> None:
    choice = read_filter(QueryDict("state=ready&after=90"))

    assert choice.as_query(state="failed") == "state=failed"
    assert choice.as_query(after="40") == "state=ready&after=40"


@pytest.mark.parametrize(("word", "states"), [("open", 4), ("ended", 3), ("ready", 1)])
def test_a_state_word_may_stand_for_several(word: str, states: int) -> None:
    assert len(read_filter(QueryDict(f"state={word}")).states) == states


def test_status_is_read_as_state() -> None:
    assert read_filter(QueryDict("status=failed")) == TaskFilter(state="failed")


@pytest.mark.parametrize(
    "query",
    [
        "swarm=x",
        "swarm=-1",
        "after=1e3",
        "agent=²",
        "state=done",
        "status=done",
        "view=map",
        f"swarm={'9' * 30}",
        "sort=moon",
        "sort=--age",
        "priority=5",
        "age=year",
        "cost=free",
        "kind=" + "k" * 41,
        'needs=a"b',
        "after=x",
        "before=-1",
        "sort=priority&after=5",
        "sort=priority&after=x~5",
        "sort=updated&after=2026-01-01~5",
        "sort=priority&after=" + "9" * 30 + "~5",
        "sort=title&after=" + "t" * 500 + "~5",
        "sort=title&after=a%00~5",
    ],
)
def test_nonsense_is_refused(query: str) -> None:
    with pytest.raises(InvalidInput):
        read_filter(QueryDict(query))


def test_all_that_narrows_and_sorts_stands_in_the_address() -> None:
    query = "kind=check&priority=high&needs=read&age=day&cost=dime&sort=-updated"
    choice = read_filter(QueryDict(query))
    assert choice.as_query() == query
    assert choice.is_narrow
    assert choice.as_query(after="x") == f"{query}&after=x"
    assert read_filter(QueryDict("sort=title&before=a~b~7")).before == "a~b~7"
