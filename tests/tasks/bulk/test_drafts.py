"""What an act on many is about: the rows chosen, those left out, and what the preview promises."""

from typing import Any

import pytest

from agents.models import Swarm
from agents.permissions import grant
from audit.models import AttentionItem
from tasks.bulk import drafts
from tasks.bulk.drafts import choose_all, draft_bulk, preview_bulk
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.tasks.bulk.acting import do, states
from tests.tasks.pages.rows import make_task, make_tasks
from victoros.lib.errors import InvalidInput, LimitReached, NotFound

pytestmark = pytest.mark.django_db


def test_the_preview_counts_what_will_change_and_why_the_rest_will_not(user: Any, swarm: Swarm) -> None:
    other = make_swarm()
    grant(user, "viewer", other)
    rows = [*make_tasks(swarm, 3), *make_tasks(swarm, 2, status="verified"), make_task(other)]
    bulk = draft_bulk(user=user, noun="task", act="pause", refs=[row.pk for row in rows])
    preview = preview_bulk(user, bulk)
    assert (preview.will, preview.left_out) == (3, 3)
    assert preview.wont == [("is verified", 2), ("is in a swarm that you may not operate", 1)]
    assert states(rows[:1]) == ["ready"]


def test_rows_one_may_not_see_are_left_out(user: Any, swarm: Swarm) -> None:
    seen, hidden = make_task(swarm), make_task()
    assert draft_bulk(user=user, noun="task", act="pause", refs=[seen.pk, hidden.pk]).total == 1
    with pytest.raises(InvalidInput):
        draft_bulk(user=user, noun="task", act="pause", refs=[hidden.pk])


def test_all_that_match_the_filter(user: Any, swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = make_tasks(swarm, 3, status="failed")
    make_task(swarm)
    make_task(status="failed")
    assert sorted(choose_all(user, "task", "state=failed&after=2&x=1")) == [task.pk for task in wanted]
    agent = make_agent(swarm)
    assert list(choose_all(user, "agent", f"swarm={swarm.pk}")) == [agent.pk]
    monkeypatch.setattr(drafts, "MOST", 2)
    with pytest.raises(LimitReached):
        choose_all(user, "task", "state=failed")


def test_all_that_wait_in_one_swarm_are_those_of_its_page(user: Any, swarm: Swarm) -> None:
    other = make_swarm()
    grant(user, "operator", other)
    where = {"title": "Which?", "object_kind": "attempt"}
    mine, theirs = (
        AttentionItem.objects.create(kind="question", swarm_ref=one.pk, object_ref=one.pk, **where)
        for one in (swarm, other)
    )
    assert list(choose_all(user, "item", f"swarm={swarm.pk}")) == [mine.pk]
    assert list(choose_all(user, "item", f"swarm={swarm.pk}&kind=question")) == [mine.pk]
    assert sorted(choose_all(user, "item", "")) == sorted([mine.pk, theirs.pk])


@pytest.mark.parametrize("sort", ["done", "-since"])
def test_all_that_match_a_sorted_list(user: Any, swarm: Swarm, sort: str) -> None:
    agent = make_agent(swarm)
    assert list(choose_all(user, "agent", f"swarm={swarm.pk}&sort={sort}")) == [agent.pk]


def test_others_do_not_see_it(user: Any, swarm: Swarm) -> None:
    bulk = do(user, "task", "pause", [make_task(swarm)])
    with pytest.raises(NotFound):
        drafts.find_bulk(make_user("operator", swarm), bulk.pk)
