"""One task's page: every part of it, every step of it, and who may see it."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.actors import SYSTEM
from audit.attention import raise_item
from tasks.models import Cell, Dependency
from tests.agents.factories import make_agent, make_swarm
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_approval, make_attempt, make_step, make_steps, make_task, make_tasks

pytestmark = pytest.mark.django_db


def read(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.content
    return response.content.decode()


def test_a_task_shows_what_it_is(signed_in: SignedIn) -> None:
    agent = make_agent(name="Reader")
    Cell.objects.create(host="test", pid=1)
    task = make_task(
        agent=agent,
        pinned=True,
        title="Read the report",
        text="Read **all** of it.",
        needs=["read"],
        priority=7,
        acceptance=[{"text": "every quote stands", "met": True, "evidence": "37 of 37", "by": "Checker"}],
        created_by="operator",
    )
    page = read(signed_in(), f"/tasks/{task.pk}/")

    for part in ("Read the report", "<strong>all</strong>", "read</span>", "every quote stands", "37 of 37", "Checker"):
        assert part in page
    assert "1 of 1" in page
    assert "Nobody has tried it yet" in page
    assert "It waits for Reader." in page


def test_a_ready_task_of_a_stopped_swarm_says_why_nothing_happens(signed_in: SignedIn) -> None:
    swarm = make_swarm("Desk")
    swarm.desired_state = "stopped"
    swarm.save()

    assert "The swarm Desk is stopped." in read(signed_in(), f"/tasks/{make_task(swarm).pk}/")


def test_neighbours_are_linked_both_ways(signed_in: SignedIn) -> None:
    swarm, client = make_swarm(), signed_in()
    first, second = make_task(swarm, title="Read it"), make_task(swarm, title="Merge it")
    Dependency.objects.create(task=second, on=first)
    child = make_task(swarm, title="A part of it", parent=second)
    check = make_task(swarm, title="Verify: Merge it", verifies=second)
    page = read(client, f"/tasks/{second.pk}/")

    for task in (first, child, check):
        assert f'href="/tasks/{task.pk}/"' in page
        assert f'href="/tasks/{second.pk}/"' in read(client, f"/tasks/{task.pk}/")


def test_each_step_is_a_row_with_its_bar_tokens_and_time(signed_in: SignedIn) -> None:
    attempt = make_attempt(status="running")
    make_steps(attempt, 4)
    page = read(signed_in(), f"/tasks/{attempt.task_id}/")

    assert page.count('class="bar" data-kind="think"') == 3  # two that are done and the one under way
    assert page.count('class="bar" data-kind="act"') == 2
    assert "notes-2.md" in page
    assert "900 ms" in page
    assert "style=" not in page


def test_a_failed_step_is_marked_and_explained(signed_in: SignedIn) -> None:
    attempt = make_attempt(status="failed")
    error = {"category": "timeout", "message": "No answer in 60 s.", "hint": "Try a quicker model.", "id": "e-1"}
    make_step(attempt, 1, "think", outcome="failed", result={"error": error})
    page = read(signed_in(), f"/tasks/{attempt.task_id}/?step=1")

    assert 'data-kind="failed"' in page
    assert "Try a quicker model." in page


def test_a_think_step_opens_to_the_prompt_as_sent(signed_in: SignedIn) -> None:
    attempt = make_attempt(status="completed")
    make_steps(attempt, 3)
    closed = read(signed_in(), f"/tasks/{attempt.task_id}/")
    opened = read(signed_in(), f"/tasks/{attempt.task_id}/?attempt=1&step=3")

    assert "Prompt as sent" not in closed
    for part in (
        "Prompt as sent, 1 turn",
        "Be brief.",
        "Part 3",
        "Tools offered (1)",
        "Answer 3",
        'aria-current="true"',
    ):
        assert part in opened


def test_an_act_opens_to_arguments_and_result(signed_in: SignedIn) -> None:
    attempt = make_attempt(status="completed")
    make_steps(attempt, 2)
    page = read(signed_in(), f"/tasks/{attempt.task_id}/?step=2")

    assert "Called with" in page
    assert "&quot;Read 2&quot;" in page


@pytest.mark.parametrize("query", ["step=9", "attempt=2", "attempt=2&step=1"])
def test_a_step_or_attempt_that_is_not_there_is_not_found(signed_in: SignedIn, query: str) -> None:
    attempt = make_attempt(status="completed")
    make_steps(attempt, 2)

    assert signed_in().get(f"/tasks/{attempt.task_id}/?{query}").status_code == 404


@pytest.mark.parametrize("query", ["step=x", "attempt=-1", "from=1.5"])
def test_nonsense_in_the_address_is_refused(signed_in: SignedIn, query: str) -> None:
    assert signed_in().get(f"/tasks/{make_task().pk}/?{query}").status_code == 400


@pytest.mark.parametrize("pk", ["99999", "99999999999999999999"])
def test_a_task_that_is_not_there_is_not_found(signed_in: SignedIn, pk: str) -> None:
    assert signed_in().get(f"/tasks/{pk}/").status_code == 404


def test_attempts_are_tabs_and_the_newest_comes_first(signed_in: SignedIn) -> None:
    task, client = make_task(), signed_in()
    for n in (1, 2):
        make_steps(make_attempt(task, status="failed", n=n), n)

    assert "1 step ·" in read(client, f"/tasks/{task.pk}/?attempt=1")
    assert "2 steps ·" in read(client, f"/tasks/{task.pk}/")


def test_an_attempt_tells_why_it_failed_and_how_often_its_process_died(signed_in: SignedIn) -> None:
    task = make_task(status="ready")
    message = "The provider is away."
    make_attempt(task, status="failed", deaths=2, error_category="network", error_message=message, error_id="e-42")
    page = read(signed_in(), f"/tasks/{task.pk}/?attempt=1")

    for part in ("network: The provider is away.", "e-42", "Processes died"):
        assert part in page


def test_five_thousand_steps_are_paged_and_open_within_a_second(signed_in: SignedIn) -> None:
    attempt, client = make_attempt(status="running"), signed_in()
    make_steps(attempt, 5000)
    url = f"/tasks/{attempt.task_id}/"
    read(client, url)

    begun = time.process_time()  # of this process: what else the machine does is not the page's
    newest = read(client, url)
    took_s = time.process_time() - begun

    assert took_s < 1
    assert "steps 4,901 to 5,000 of 5,000" in newest
    assert "steps 1 to 100 of 5,000" in read(client, f"{url}?attempt=1&from=1")
    assert "Part 4901" in read(client, f"{url}?attempt=1&from=4901&step=4901")


def test_a_pending_approval_is_answered_in_place(signed_in: SignedIn) -> None:
    attempt = make_attempt(make_task(status="blocked"), status="waiting", waiting_for="approval")
    approval = make_approval(attempt)
    raise_item(
        actor=SYSTEM,
        kind="approval",
        title="publish digest.md",
        object_kind="approval",
        object_ref=approval.pk,
        swarm_ref=attempt.swarm_id,
        task_ref=attempt.task_id,
    )
    url = f"/tasks/{attempt.task_id}/"

    assert f'action="/approvals/{approval.pk}/decide/"' in read(signed_in("operator", attempt.swarm), url)
    assert f'action="/approvals/{approval.pk}/decide/"' not in read(signed_in("viewer", attempt.swarm), url)


def test_a_waiting_task_says_for_what_and_since_when(signed_in: SignedIn) -> None:
    since = timezone.now() - timedelta(hours=2)
    attempt = make_attempt(make_task(status="blocked"), status="waiting", waiting_for="approval", waiting_since=since)
    make_steps(attempt, 2, begin=since - timedelta(seconds=4))
    page = read(signed_in(), f"/tasks/{attempt.task_id}/")

    assert "waiting for approval" in page
    assert "Waits are drawn shorter" in page
    assert "2 h" in page


def test_agents_words_are_shown_as_text(signed_in: SignedIn) -> None:
    evil = "<script>alert(1)</script>"
    attempt = make_attempt(make_task(text=evil, result=evil, title=evil, status="completed"), status="completed")
    make_step(attempt, 1, "think", request={"system": evil, "turns": []}, result={"text": evil})
    make_step(attempt, 2, "act", name="write_file", request={"arguments": {"text": evil}}, result={"text": evil})

    for query in ("", "?step=1", "?step=2"):
        assert "<script>alert" not in read(signed_in(), f"/tasks/{attempt.task_id}/{query}")


def test_the_section_alone_comes_with_a_version(signed_in: SignedIn) -> None:
    task = make_task()
    response = signed_in().get(f"/tasks/{task.pk}/", headers={"HX-Request": "true"})

    assert response.content.decode().lstrip().startswith(f'<section id="task-{task.pk}"')
    assert f'data-live="task:{task.pk} rights"' in response.content.decode()


def test_an_operator_may_act_a_viewer_may_look_and_a_stranger_may_not(signed_in: SignedIn) -> None:
    task = make_task(status="ready")
    url = f"/tasks/{task.pk}/"
    act = f"/tasks/{task.pk}/control/?act=cancel"

    assert act in read(signed_in("operator", task.swarm), url)
    assert act in read(signed_in("admin", task.swarm), url)
    assert act not in read(signed_in("viewer", task.swarm), url)
    assert signed_in("stranger").get(url).status_code == 404


def test_queries_do_not_grow_with_what_surrounds_a_task(signed_in: SignedIn) -> None:
    attempt, client = make_attempt(status="running"), signed_in()
    task = attempt.task
    make_steps(attempt, 10)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            read(client, f"/tasks/{task.pk}/")
        return len(queries)

    def surround(number: int) -> None:
        others = make_tasks(task.swarm, number)
        Dependency.objects.bulk_create(Dependency(task=task, on=other) for other in others)
        make_tasks(task.swarm, number, parent=task)

    surround(10)
    read(client, f"/tasks/{task.pk}/")
    few = count()
    surround(990)

    assert count() == few


def test_a_ready_task_says_when_no_cell_is_at_work(signed_in: SignedIn) -> None:
    task, client = make_task(status="ready"), signed_in()
    dead = Cell.objects.create(host="test", pid=1, heartbeat_at=timezone.now() - timedelta(days=1))

    assert "No cell is at work" in client.get(f"/tasks/{task.pk}/").text
    Cell.objects.filter(pk=dead.pk).update(heartbeat_at=timezone.now())
    text = client.get(f"/tasks/{task.pk}/").text
    assert "It waits for a free agent" in text
    assert "No cell is at work" not in text
