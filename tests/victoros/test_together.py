"""Questions asked together: each is answered as if it had been asked alone, on both databases."""

from datetime import UTC
from typing import Any

import pytest
from django.db import connection
from django.db.models import Avg, CharField, Count, Exists, Max, OuterRef, QuerySet, Value
from django.test.utils import CaptureQueriesContext

from agents.models import Agent, Provider, Swarm
from agents.permissions import visible_to
from audit.models import Entry
from tasks.models import Approval, Task
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.tasks.pages.rows import make_approval, make_attempt, make_task
from victoros.lib.together import read_together

pytestmark = pytest.mark.django_db
WORDS = "Straße “quoted” \\ ' \" % %s {} \n\t☃ 日本"


@pytest.fixture
def swarm() -> Swarm:
    """A swarm with agents, a task and an act that waits; its texts hold what could be mistaken for something else."""
    swarm = make_swarm()
    Swarm.objects.update(purpose=WORDS, policy={"publish_file": "ask", "nested": [1, None, True, WORDS]})
    for n in range(3):
        make_agent(swarm, f"{n} Straße %s {{}} 日本")
    task = make_task(swarm, title=WORDS)
    make_approval(make_attempt(task, make_agent(swarm), cost_nanos=2**53 + 1))
    return swarm


def questions(swarm: Swarm) -> "dict[str, QuerySet[Any, Any]]":
    """Return questions of every shape that the pages have."""
    busy = Exists(Agent.objects.filter(swarm=OuterRef("pk"), status="busy"))
    names = Agent.objects.order_by().values_list(Value("agent", CharField()), "name")
    return {
        "models": Agent.objects.order_by("-pk"),
        "joined": Approval.objects.select_related("attempt", "agent__swarm"),
        "annotated": Swarm.objects.annotate(busy=busy, agent_count=Count("agents")),
        "limited": Entry.objects.order_by("-pk")[:2],
        "dictionaries": Agent.objects.order_by("name").values("name", "swarm__policy", "capabilities", "retired_at"),
        "tuples": Agent.objects.order_by().values_list("swarm").annotate(Count("pk"), Max("status_since")),
        "flat": Agent.objects.order_by("-name").values_list("name", flat=True),
        "union": names.union(Task.objects.order_by().values_list(Value("task", CharField()), "title"), all=True),
        "nothing": Agent.objects.filter(name="nobody"),
    }


def as_plain(row: Any) -> Any:
    """Return everything a row holds, what is joined and counted with it included."""
    known = vars(row) if hasattr(row, "_state") else None
    if known is None:
        return row
    joined = {name: as_plain(other) for name, other in row._state.fields_cache.items()}
    return type(row), {name: value for name, value in known.items() if name != "_state"}, joined


def test_each_is_answered_as_if_asked_alone(swarm: Swarm) -> None:
    found = read_together(**questions(swarm))

    for name, question in questions(swarm).items():
        assert [as_plain(row) for row in found[name]] == [as_plain(row) for row in question], name
    assert found["annotated"][0].policy["nested"] == [1, None, True, WORDS]
    assert found["joined"][0].attempt.cost_nanos == 2**53 + 1
    assert found["joined"][0].expires_at.tzinfo is UTC
    assert found["nothing"] == []


def test_all_of_them_are_one_query(swarm: Swarm) -> None:
    with CaptureQueriesContext(connection) as queries:
        read_together(**questions(swarm))
    assert len(queries) == 1


def test_what_nobody_may_see_is_not_asked_for(swarm: Swarm) -> None:
    stranger = make_user()
    hidden = visible_to(stranger, Agent.objects.all())
    with CaptureQueriesContext(connection) as queries:
        assert read_together(agents=hidden) == {"agents": []}
        assert len(read_together(agents=hidden, swarms=Swarm.objects.all())["swarms"]) == 1
    assert sum("json" in query["sql"] for query in queries) == 1


def test_a_question_is_left_as_it_was_and_asks_anew(swarm: Swarm) -> None:
    agents = Agent.objects.order_by("pk")
    before = len(read_together(agents=agents)["agents"])
    make_agent(swarm)
    assert len(agents) == len(read_together(agents=agents)["agents"]) == before + 1


def test_fractions_are_refused() -> None:
    with pytest.raises(TypeError, match="FloatField"):
        read_together(mean=Agent.objects.order_by().values("swarm").annotate(Avg("active")))
    with pytest.raises(TypeError, match="DecimalField"):
        read_together(providers=Provider.objects.all())
