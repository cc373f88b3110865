"""Why a task failed, what was tried, and what can be done now, on its page."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tasks.models import Attempt, Task
from tasks.selectors.cause import explain_failure
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_attempt, make_step, make_task

pytestmark = pytest.mark.django_db
ERROR = {"category": "timeout", "message": "No answer in 60 s.", "hint": "Try a quicker model.", "id": "e-42"}


def make_failed() -> tuple[Task, list[Attempt]]:
    task = make_task(status="failed", attempt_count=2, max_attempts=2)
    begin = timezone.now() - timedelta(minutes=10)
    facts: dict[str, Any] = {
        "error_category": "timeout",
        "error_message": ERROR["message"],
        "error_id": "e-42",
        "status": "failed",
    }
    first = make_attempt(task, created_at=begin, ended_at=begin + timedelta(minutes=1), **facts)
    second = make_attempt(task, first.agent, created_at=begin + timedelta(minutes=3), ended_at=timezone.now(), **facts)
    for n in (1, 2):
        make_step(second, n, "think", outcome="failed", result={"error": ERROR})
    second.steps = 2
    second.save()
    return task, [second, first]


def test_the_panel_names_category_message_step_and_what_was_tried(signed_in: SignedIn) -> None:
    task, _ = make_failed()
    page = signed_in().get(f"/tasks/{task.pk}/").content.decode()

    for part in (
        "Why did this fail?",
        "timeout",
        "No answer in 60 s.",
        "Try a quicker model.",
        "e-42",
        "step 2 of attempt 2",
        "attempt 1 failed after 0 steps",
        "rested 2 min and began anew",
        "tried again 1 time within the last attempt",
        "given up after 2 attempts",
    ):
        assert part in page, part


def test_what_can_be_done_is_offered_to_operators_alone(signed_in: SignedIn) -> None:
    task, _ = make_failed()
    url = f"/tasks/{task.pk}/"
    swarm = task.swarm
    operator, viewer = (signed_in(role, swarm).get(url).content.decode() for role in ("operator", "viewer"))

    for act in ("act=retry", "edit/?retry=1", "act=assign", "act=cancel"):
        assert act in operator
        assert act not in viewer


def test_quarantine_names_the_step_that_never_finished(signed_in: SignedIn) -> None:
    task = make_task(status="quarantined", reason="The process died 3 times while it worked on this.")
    make_attempt(task, status="quarantined", steps=4, deaths=3, error_category="system", error_message=task.reason)
    page = signed_in().get(f"/tasks/{task.pk}/").content.decode()

    assert "step 5 of attempt 1, which never finished" in page
    assert "its process died 3 times" in page
    assert "put into quarantine" in page


@pytest.mark.parametrize("status", ["ready", "completed", "verified", "cancelled", "blocked"])
def test_what_did_not_fail_has_no_cause(status: str) -> None:
    assert explain_failure(make_task(status=status), []) is None


def test_a_failure_without_an_attempt_still_has_its_reason() -> None:
    cause = explain_failure(make_task(status="failed", reason="What it waited for failed."), [])

    assert cause is not None
    assert (cause.message, cause.category, cause.step, cause.deeds) == ("What it waited for failed.", "unknown", 0, [])
