"""An attempt whose turn at its provider is far away: a row that costs nothing, and an agent that stays occupied."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.llm.scripted import say
from agents.llm.types import Connection, LlmAnswer, LlmRequest
from tasks.engine.line import MustWait
from tasks.engine.waking import wake_due
from tasks.models import Attempt, Task
from tasks.services.control import resume_agent, stop_agent
from tasks.services.making import create_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import StillCell, live_attempt, make_worker, script, status_of, think

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    return create_task(actor=OPERATOR, swarm=make_worker().swarm, title="Work")


class FullProvider(StillCell):
    """A cell whose provider has no turn for the first question."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals = 1

    async def ask(self, connection: Connection, request: LlmRequest, swarm_id: int) -> LlmAnswer:
        if self.refusals:
            self.refusals -= 1
            raise MustWait(timezone.now() + timedelta(minutes=5), "It waits for its turn at Main.")
        return await super().ask(connection, request, swarm_id)


def test_a_turn_far_away_is_waited_as_a_row_and_its_agent_takes_up_nothing_else(task: Task) -> None:
    other = create_task(actor=OPERATOR, swarm=task.swarm, title="Other", priority=-1)
    script(think, answers=[say("now"), say("then")])
    cell = FullProvider()
    cell.work()

    attempt = live_attempt(task)
    assert (attempt.status, attempt.waiting_for, attempt.steps) == ("waiting", "quota", 0)
    assert (status_of(task), task.reason) == ("blocked", "It waits for its turn at Main.")
    agent = attempt.agent
    assert (status_of(agent), agent.active, agent.waiting) == ("waiting", 1, 1)
    assert status_of(other) == "ready"

    Attempt.objects.filter(pk=attempt.pk).update(wake_at=attempt.created_at)
    assert wake_due() == 1
    cell.work()
    assert (status_of(task), status_of(other)) == ("completed", "completed")


def test_work_that_waits_for_its_turn_can_be_stopped_and_started(task: Task) -> None:
    script(think, answers=[say("now")])
    cell = FullProvider()
    cell.work()
    agent = live_attempt(task).agent

    stop_agent(actor=OPERATOR, agent=agent)
    assert status_of(agent) == "stopped"
    resume_agent(actor=OPERATOR, agent=agent)
    Attempt.objects.filter(status="waiting").update(wake_at=task.created_at)
    wake_due()
    cell.work()

    assert status_of(task) == "completed"
