"""A run in its four views, what is new in it, one step opened, and the file of it."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Entry
from tasks.models import Attempt, Step
from tests.agents.factories import make_swarm
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_attempt, make_step, make_steps, make_task

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
EVIL = "<script>alert(1)</script>"


def read(client: Client, url: str, **headers: str) -> str:
    response = client.get(url, headers=headers or None)
    assert response.status_code == 200, response.content
    return response.content.decode()


def make_talk(**fields: Any) -> Attempt:
    """Make an attempt that thinks, fails, falls back, calls, makes a subtask and is answered."""
    attempt = make_attempt(make_task(status="in_progress"), status="running", **fields)
    error = {"error": {"category": "timeout", "message": "No answer in 60 s."}}
    call = {"name": "read_file", "arguments": {"path": "a.md"}}
    child = make_task(attempt.swarm, title="A part of it", status="verified")
    asked = {"system": "Be brief.", "turns": [{"role": "user", "text": "Read it."}], "tools": ["read_file"]}
    make_step(attempt, 1, "think", name="large", request=asked, outcome="failed", result=error)
    make_step(attempt, 2, "think", name="small", request=asked, result={"text": "I **read** it.", "call": call})
    make_step(attempt, 3, "act", name="read_file", request={"arguments": {"path": "a.md"}}, result={"text": "contents"})
    make_step(attempt, 4, "act", name="subtask", request={"arguments": {"title": "x"}}, result={"task": child.pk})
    make_step(attempt, 5, "wait", name="answer", request={"question": "Which?"}, result={"answer": "The second."})
    Attempt.objects.filter(pk=attempt.pk).update(steps=5)
    attempt.refresh_from_db()
    return attempt


def test_the_tree_hangs_calls_under_thoughts_and_subtasks_under_calls(signed_in: SignedIn) -> None:
    attempt = make_talk()
    page = read(signed_in(), f"/tasks/{attempt.task_id}/?view=tree")
    levels = re.findall(r'id="step-(\d)" data-level="(\d)"', page)

    assert levels == [("1", "2"), ("2", "2"), ("3", "3"), ("4", "3"), ("5", "3")]
    assert 'data-level="4"' in page
    for part in ("A part of it", "fall-back to small", "timeout: No answer in 60 s."):
        assert part in page


def test_the_tree_leads_to_the_other_attempts(signed_in: SignedIn) -> None:
    task = make_task()
    for n in (1, 2, 3):
        make_steps(make_attempt(task, status="failed", n=n), n)
    page = read(signed_in(), f"/tasks/{task.pk}/?view=tree&attempt=2")
    tree = page[page.index('<div class="tree">') :]

    assert (
        tree.index("attempt=1&amp;view=tree") < tree.index("<b>Attempt 2</b>") < tree.index("attempt=3&amp;view=tree")
    )


def test_the_conversation_tells_prompt_answer_call_result_and_what_people_said(signed_in: SignedIn) -> None:
    attempt = make_talk()
    page = read(signed_in(), f"/tasks/{attempt.task_id}/?view=conversation")

    who = re.findall(r'class="saying" data-who="(\w+)"', page)
    assert who == ["system", "asked", "failed", "agent", "tool", "agent", "tool", "person"]
    for part in (
        "Be brief.",
        "Read it.",
        "I <strong>read</strong> it.",
        "read_file(",
        "contents",
        "The second.",
        "Which?",
    ):
        assert part in page
    assert page.count("read_file(") == 1  # the model's call is not told again by the act it led to


def test_the_log_is_one_line_a_step_with_the_record_between(signed_in: SignedIn) -> None:
    attempt = make_talk()
    Entry.objects.create(
        kind="task.claimed", actor_kind="system", actor_name="victor", object_kind="task", object_ref=attempt.task_id
    )
    client, url = signed_in(), f"/tasks/{attempt.task_id}/?view=log"

    assert read(client, url).count('class="entry"') == 6
    assert re.findall(r'id="step-(\d)" data-row', read(client, f"{url}&kind=act")) == ["3", "4"]
    assert re.findall(r'class="entry" id="([\w-]+)"', read(client, f"{url}&failed=1")) == ["step-1"]
    assert "task claimed by victor" in read(client, f"{url}&kind=record")
    assert "No line fits this choice." in read(client, f"{url}&kind=wait&failed=1")


@pytest.mark.parametrize("query", ["view=circle", "kind=x", "until=-1", "from=1.5"])
def test_a_view_that_is_not_there_is_refused(signed_in: SignedIn, query: str) -> None:
    assert signed_in().get(f"/tasks/{make_talk().task_id}/?{query}").status_code == 400


@pytest.mark.parametrize("view", ["timeline", "tree", "conversation", "log"])
def test_only_what_followed_a_step_comes_when_that_is_asked(signed_in: SignedIn, view: str) -> None:
    attempt = make_talk()
    url = f"/tasks/{attempt.task_id}/run/?attempt=1&view={view}&from=1&after=3"
    more = read(signed_in(), url, **HTMX)

    assert set(re.findall(r'data-n="(\d)"', more)) == {"4", "5"}
    assert 'data-last="5"' in more
    assert "working" in more


def test_the_sum_that_comes_with_new_steps_is_the_one_of_the_page(signed_in: SignedIn) -> None:
    attempt, client = make_talk(), signed_in()
    sums = [
        re.search(r"data-run-sum>(.*?)</span>", text)
        for text in (
            read(client, f"/tasks/{attempt.task_id}/"),
            read(client, f"/tasks/{attempt.task_id}/run/?attempt=1&from=1&after=4", **HTMX),
        )
    ]
    assert sums[0]
    assert sums[1]
    assert sums[0][1] == sums[1][1]


def test_new_steps_come_with_the_new_place_of_every_bar(signed_in: SignedIn) -> None:
    attempt = make_talk()
    more = read(signed_in(), f"/tasks/{attempt.task_id}/run/?attempt=1&from=1&after=4", **HTMX)
    lanes = re.search(r'data-lanes="([^"]*)"', more)

    assert lanes is not None
    assert list(json.loads(lanes[1].replace("&quot;", '"'))) == [f"step-{n}" for n in range(1, 6)]
    assert 'data-breaks="{' in more


def test_a_run_that_begins_while_its_page_is_open_is_asked_for_as_the_page_was(signed_in: SignedIn) -> None:
    attempt = make_talk()
    client, task = signed_in(), attempt.task_id

    for query, asked in (("", ""), ("attempt=1&view=tree", "attempt=1&view=tree")):
        page = read(client, f"/tasks/{task}/?{query}")
        whole = re.search(r'data-whole="([^"]*)"', page)
        assert whole is not None
        assert whole[1].replace("&amp;", "&") == f"/tasks/{task}/run/?{asked}"
        views = re.search(r'<header class="views"><nav.*?</nav>', page)
        assert views is not None
        assert views[0] in read(client, whole[1].replace("&amp;", "&"), **HTMX)


def test_the_log_goes_on_after_the_last_entry_too(signed_in: SignedIn) -> None:
    attempt = make_talk()
    facts = {"actor_kind": "system", "actor_name": "victor", "object_kind": "task", "object_ref": attempt.task_id}
    first, second = (Entry.objects.create(kind=kind, **facts) for kind in ("task.claimed", "attempt.waited"))
    more = read(signed_in(), f"/tasks/{attempt.task_id}/run/?attempt=1&view=log&after=5&entry={first.pk}", **HTMX)

    assert f'id="entry-{second.pk}"' in more
    assert f'id="entry-{first.pk}"' not in more


def test_the_section_of_a_live_page_comes_without_the_run(signed_in: SignedIn) -> None:
    attempt = make_talk()
    part = read(signed_in(), f"/tasks/{attempt.task_id}/", **HTMX)

    assert 'data-steps="5"' in part
    assert 'id="step-1"' not in part


def test_a_step_alone_is_for_its_row_and_as_a_page_it_is_the_task(signed_in: SignedIn) -> None:
    attempt, client = make_talk(), signed_in()
    part = read(client, f"/tasks/{attempt.task_id}/steps/2/?attempt=1", **HTMX)

    for said in (
        "Prompt as sent, 1 turn",
        "Tools offered (1)",
        "fall-back to small",
        "<dt>tries before</dt><dd>1</dd>",
    ):
        assert said in part
    response = client.get(f"/tasks/{attempt.task_id}/steps/2/?attempt=1")
    assert response["Location"] == f"/tasks/{attempt.task_id}/?attempt=1&step=2"
    assert client.get(f"/tasks/{attempt.task_id}/steps/9/", headers=HTMX).status_code == 404


def test_long_texts_are_folded(signed_in: SignedIn) -> None:
    attempt = make_attempt(status="completed")
    make_step(
        attempt, 1, "act", name="write_file", request={"arguments": {"text": "word " * 2000}}, result={"bytes": 1}
    )
    page = read(signed_in(), f"/tasks/{attempt.task_id}/steps/1/", **HTMX)

    assert "show all 10,000 characters" in page
    assert page.count('class="fold"') == 1


def test_the_file_holds_every_step_as_json_and_every_line_as_text(signed_in: SignedIn) -> None:
    attempt, client = make_talk(), signed_in()
    url = f"/tasks/{attempt.task_id}/run/file/?attempt=1"
    kept = client.get(f"{url}&format=json")
    data = json.loads(kept.content)

    assert "attachment" in kept["Content-Disposition"]
    assert [step["n"] for step in data["steps"]] == [1, 2, 3, 4, 5]
    assert data["steps"][1]["result"]["text"] == "I **read** it."
    assert data["next"] is None
    text = client.get(f"{url}&format=text").content.decode()
    assert "#1  think   FAILED  think · timeout: No answer in 60 s." in text
    assert client.get(f"{url}&format=text&failed=1").content.decode().count("FAILED") == 1
    assert client.get(f"{url}&format=csv").status_code == 400


def test_a_very_long_run_comes_in_parts(signed_in: SignedIn) -> None:
    attempt, client = make_attempt(status="completed"), signed_in()
    for n in range(1, 8):
        make_step(attempt, n, "act", name="read_file", result={"text": "x" * 900_000})
    url = f"/tasks/{attempt.task_id}/run/file/"
    first = client.get(url).json()
    second = client.get(f"{url}?from={first['next']}").json()

    assert [step["n"] for step in [*first["steps"], *second["steps"]]] == list(range(1, 8))
    assert second["next"] is None


@pytest.mark.parametrize("path", ["run/", "run/?after=1", "steps/1/", "run/file/"])
def test_a_viewer_may_look_and_a_stranger_may_not(signed_in: SignedIn, path: str) -> None:
    attempt = make_talk()
    url = f"/tasks/{attempt.task_id}/{path}"

    assert signed_in("viewer", attempt.swarm).get(url, headers=HTMX).status_code == 200
    assert signed_in("stranger").get(url, headers=HTMX).status_code == 404


@pytest.mark.parametrize("view", ["timeline", "tree", "conversation", "log"])
def test_what_agents_wrote_is_text_in_every_view(signed_in: SignedIn, view: str) -> None:
    attempt = make_attempt(status="completed")
    asked = {"system": EVIL, "turns": [{"role": "user", "text": EVIL}]}
    made = {"text": EVIL, "call": {"name": EVIL, "arguments": {EVIL: EVIL}}}
    make_step(attempt, 1, "think", name=EVIL, request=asked, result=made)
    make_step(attempt, 2, "act", name=EVIL, request={"arguments": {"text": EVIL}, "why": EVIL}, result={"text": EVIL})
    make_step(
        attempt, 3, "act", name="x", request={"arguments": EVIL}, outcome="failed", result={"error": {"message": EVIL}}
    )
    make_step(attempt, 4, "wait", name="answer", request={"question": EVIL}, result={"answer": EVIL})
    Attempt.objects.filter(pk=attempt.pk).update(steps=4)
    client, url = signed_in(), f"/tasks/{attempt.task_id}"

    assert "<script>alert" not in read(client, f"{url}/?view={view}")
    assert "<script>alert" not in read(client, f"{url}/run/?attempt=1&view={view}&after=0", **HTMX)
    for n in (1, 2, 3, 4):
        assert "<script>alert" not in read(client, f"{url}/?view={view}&step={n}")


@pytest.mark.parametrize("view", ["timeline", "tree", "conversation", "log"])
def test_five_thousand_steps_make_a_page_of_bounded_size_in_every_view(signed_in: SignedIn, view: str) -> None:
    attempt, client = make_attempt(status="running"), signed_in()
    make_steps(attempt, 5000)
    Step.objects.filter(attempt=attempt, n__in=[7, 4000]).update(outcome="failed", result={"error": {"message": "no"}})

    page = read(client, f"/tasks/{attempt.task_id}/?view={view}")

    assert page.count("<") / 2 < 2500  # every element has at least one tag of its own
    assert "2 failed steps:" in page
    assert page.index("step=4000#step-4000") < page.index("step=7#step-7")
    assert page.count('class="column"') == 100


def test_a_run_is_read_with_as_many_queries_whatever_its_length(signed_in: SignedIn) -> None:
    client = signed_in()

    def count(url: str, **headers: str) -> int:
        read(client, url, **headers)
        with CaptureQueriesContext(connection) as queries:
            read(client, url, **headers)
        return len(queries)

    short, long = (make_attempt(make_task(make_swarm(), status="in_progress"), status="running") for _ in range(2))
    make_steps(short, 150)
    make_steps(long, 1500)
    for view in ("timeline", "tree", "conversation", "log"):
        urls = [f"/tasks/{row.task_id}/run/?attempt=1&view={view}" for row in (short, long)]
        assert count(urls[0], **HTMX) == count(urls[1], **HTMX) <= 10
        more = [f"{url}&after={row.steps - 5}" for url, row in zip(urls, (short, long), strict=True)]
        assert count(more[0], **HTMX) == count(more[1], **HTMX) <= 8


def test_a_wait_that_is_drawn_short_has_its_mark(signed_in: SignedIn) -> None:
    since = timezone.now() - timedelta(hours=2)
    attempt = make_attempt(make_task(status="blocked"), status="waiting", waiting_for="approval", waiting_since=since)
    make_steps(attempt, 2, begin=since - timedelta(seconds=4))

    assert read(signed_in(), f"/tasks/{attempt.task_id}/").count('class="break"') == 4  # axis twice, bar and legend


@pytest.mark.parametrize("query", ["view=log&kind=think", "view=log&kind=record", "view=log&failed=1", "view=timeline"])
def test_a_page_knows_that_it_has_seen_steps_which_its_choice_leaves_out(signed_in: SignedIn, query: str) -> None:
    attempt, client = make_talk(), signed_in()

    assert 'data-last="5"' in read(client, f"/tasks/{attempt.task_id}/?{query}")
    assert 'data-last="5"' in read(client, f"/tasks/{attempt.task_id}/run/?attempt=1&{query}&after=4", **HTMX)


def test_a_journal_that_is_no_longer_kept_leaves_nothing_to_wait_for(signed_in: SignedIn) -> None:
    attempt = make_attempt(status="completed", steps=12, tidied=2, ended_at=timezone.now())

    assert 'data-last="12"' in read(signed_in(), f"/tasks/{attempt.task_id}/")
