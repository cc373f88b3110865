"""The queue and its answers: each of the four kinds of people at each of the pages."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Swarm
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.models import AttentionItem, Entry
from tasks.models import Approval
from tests.agents.factories import make_swarm, make_user
from tests.tasks.pages.rows import make_approval, make_attempt, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    """The swarm whose queue it is."""
    return make_swarm()


@pytest.fixture
def approval(swarm: Swarm) -> Approval:
    """An act that waits, with its item."""
    task = make_task(swarm, status="in_progress")
    attempt = make_attempt(task, status="waiting", waiting_for="approval")
    approval = make_approval(attempt, arguments={"path": "digest.md", "text": "# Digest <b>"})
    raise_item(
        actor=SYSTEM,
        kind="approval",
        title="Publish?",
        object_kind="approval",
        object_ref=approval.pk,
        swarm_ref=swarm.pk,
    )
    return approval


def sign_in(client: Client, role: str, swarm: Swarm) -> Client:
    """Sign in somebody with a role; a stranger has none."""
    client.force_login(make_user("" if role == "stranger" else role, swarm))
    return client


def raise_question(swarm: Swarm, kind: str = "question", title: str = "Which one?") -> AttentionItem:
    """Let an agent ask."""
    attempt = make_attempt(make_task(swarm, status="in_progress"), status="waiting", waiting_for="answer")
    return raise_item(
        actor=SYSTEM, kind=kind, title=title, object_kind="attempt", object_ref=attempt.pk, swarm_ref=swarm.pk
    )


@pytest.mark.parametrize(("role", "status"), [("stranger", 404), ("viewer", 403), ("operator", 302), ("admin", 302)])
def test_who_may_decide(client: Client, swarm: Swarm, approval: Approval, role: str, status: int) -> None:
    answer = sign_in(client, role, swarm).post(f"/approvals/{approval.pk}/decide/", {"decision": "approve"})
    assert answer.status_code == status
    approval.refresh_from_db()
    assert approval.status == ("approved" if status == 302 else "pending")


@pytest.mark.parametrize(("role", "status"), [("stranger", 404), ("viewer", 200), ("operator", 200)])
def test_who_may_look_at_an_approval(client: Client, swarm: Swarm, approval: Approval, role: str, status: int) -> None:
    assert sign_in(client, role, swarm).get(f"/approvals/{approval.pk}/").status_code == status


def test_the_page_shows_the_exact_act_escaped(client: Client, swarm: Swarm, approval: Approval) -> None:
    page = sign_in(client, "viewer", swarm).get(f"/approvals/{approval.pk}/").text
    assert "# Digest &lt;b&gt;" in page
    assert approval.digest[:16] in page
    assert "decide/" not in page


def test_signs_that_nobody_sees_are_written_out_where_somebody_decides(client: Client, swarm: Swarm) -> None:
    attempt = make_attempt(make_task(swarm, status="in_progress"), status="waiting", waiting_for="approval")
    arguments = {"path": "report\u202etxt.exe", "text": "pay\u200b\U000e0041 \u0646\u200c\u0646 👩\u200d💻"}
    approval = make_approval(attempt, arguments=arguments, why="only \u2067a look")
    raise_item(
        actor=SYSTEM, kind="approval", title="?", object_kind="approval", object_ref=approval.pk, swarm_ref=swarm.pk
    )
    reader = sign_in(client, "operator", swarm)
    for url in (f"/approvals/{approval.pk}/", "/needs-me/"):
        page = reader.get(url).content.decode()
        assert "report⟨U+202E⟩txt.exe" in page
        assert "only ⟨U+2067⟩a look" in page
        assert not set("\u202e\u2067\u200b\U000e0041") & set(page)
        assert "pay⟨U+200B⟩⟨U+E0041⟩ \u0646\u200c\u0646 👩\u200d💻" in page


def test_a_rejection_needs_a_reason(client: Client, swarm: Swarm, approval: Approval) -> None:
    sign_in(client, "operator", swarm)
    address = f"/approvals/{approval.pk}/decide/"
    assert "Say why" in client.post(address, {"decision": "reject", "note": " "}).text
    approval.refresh_from_db()
    assert approval.status == "pending"
    client.post(address, {"decision": "reject", "note": "Not before noon."})
    approval.refresh_from_db()
    assert (approval.status, approval.note) == ("rejected", "Not before noon.")


def test_a_decision_leaves_the_queue_and_an_entry(client: Client, swarm: Swarm, approval: Approval) -> None:
    sign_in(client, "operator", swarm)
    assert "Publish?" in client.get("/needs-me/").text
    client.post(f"/approvals/{approval.pk}/decide/", {"decision": "approve"})
    assert "Publish?" not in client.get("/needs-me/").text
    assert Entry.objects.filter(kind="approval.approved", object_ref=approval.pk).count() == 1


def test_a_second_decision_is_refused_with_who_was_first(client: Client, swarm: Swarm, approval: Approval) -> None:
    sign_in(client, "operator", swarm)
    address = f"/approvals/{approval.pk}/decide/"
    client.post(address, {"decision": "approve"})
    answer = client.post(address, {"decision": "reject", "note": "No."})
    assert answer.status_code == 409
    assert "already approved by" in answer.text.lower()


def test_a_yes_in_a_stopped_swarm_says_that_the_agent_goes_on_later(
    client: Client, swarm: Swarm, approval: Approval
) -> None:
    sign_in(client, "operator", swarm)
    Swarm.objects.filter(pk=swarm.pk).update(desired_state="stopped")
    answer = client.post(f"/approvals/{approval.pk}/decide/", {"decision": "approve"}, follow=True)
    assert f"goes on once {swarm.name} is started again" in answer.text


def test_in_place_the_answer_is_a_toast(client: Client, swarm: Swarm, approval: Approval) -> None:
    sign_in(client, "operator", swarm)
    answer = client.post(f"/approvals/{approval.pk}/decide/", {"decision": "approve"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "Approved: publish_file" in answer["HX-Trigger"]


def test_without_a_script_the_form_goes_back_to_where_it_came_from(
    client: Client, swarm: Swarm, approval: Approval
) -> None:
    sign_in(client, "operator", swarm)
    data = {"decision": "approve", "next": "/needs-me/"}
    assert client.post(f"/approvals/{approval.pk}/decide/", data)["Location"] == "/needs-me/"


def test_a_word_that_is_no_decision_is_refused(client: Client, swarm: Swarm, approval: Approval) -> None:
    sign_in(client, "operator", swarm)
    assert client.post(f"/approvals/{approval.pk}/decide/", {"decision": "maybe"}).status_code == 400


@pytest.mark.parametrize(("role", "status"), [("stranger", 404), ("viewer", 403), ("operator", 302)])
def test_who_may_answer_a_question(client: Client, swarm: Swarm, role: str, status: int) -> None:
    item = raise_question(swarm)
    answer = sign_in(client, role, swarm).post(f"/needs-me/{item.pk}/answer/", {"text": "The first."})
    assert answer.status_code == status
    item.refresh_from_db()
    assert item.answer == ("The first." if status == 302 else "")


def test_an_empty_answer_is_asked_for_again(client: Client, swarm: Swarm) -> None:
    item = raise_question(swarm)
    sign_in(client, "operator", swarm)
    assert "Write what the agent should know" in client.post(f"/needs-me/{item.pk}/answer/", {"text": ""}).text
    item.refresh_from_db()
    assert item.status == "open"


def test_an_uncertain_act_is_settled_by_a_choice(client: Client, swarm: Swarm) -> None:
    item = raise_question(swarm, "uncertain_effect")
    sign_in(client, "operator", swarm)
    assert "say which" in client.post(f"/needs-me/{item.pk}/answer/", {}).text
    client.post(f"/needs-me/{item.pk}/answer/", {"happened": "yes"})
    item.refresh_from_db()
    assert (item.status, item.answer) == ("answered", "happened")


def test_a_failure_can_be_taken_note_of(client: Client, swarm: Swarm) -> None:
    item = raise_item(
        actor=SYSTEM, kind="failed", title="It failed", object_kind="task", object_ref=1, swarm_ref=swarm.pk
    )
    sign_in(client, "operator", swarm)
    client.post(f"/needs-me/{item.pk}/answer/", {})
    item.refresh_from_db()
    assert item.status == "answered"


def test_the_queue_costs_the_same_queries_at_10_and_at_1000_rows(
    client: Client, swarm: Swarm, approval: Approval
) -> None:
    sign_in(client, "operator", swarm)
    counts = []
    for number in (10, 1000):
        AttentionItem.objects.bulk_create(
            AttentionItem(
                kind="question", title=f"{n}", object_kind="task", object_ref=number * 10 + n, swarm_ref=swarm.pk
            )
            for n in range(number)
        )
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/needs-me/").text
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "50 of 1,000+" in page


def test_the_queue_can_be_cut_to_one_kind(client: Client, swarm: Swarm, approval: Approval) -> None:
    raise_question(swarm)
    sign_in(client, "operator", swarm)
    page = client.get("/needs-me/?kind=question").text
    assert "Which one?" in page
    assert "Publish?" not in page
    assert client.get("/needs-me/?kind=nonsense").status_code == 400


def test_an_empty_queue_says_so(client: Client, swarm: Swarm) -> None:
    assert "Nothing waits for you." in sign_in(client, "viewer", swarm).get("/needs-me/").text


def test_what_is_not_there_is_a_404(client: Client, swarm: Swarm) -> None:
    sign_in(client, "operator", swarm)
    missing: list[Any] = ["/approvals/999/", "/approvals/999/decide/?decision=approve", "/needs-me/999/answer/"]
    assert [client.get(address).status_code for address in missing] == [404, 404, 404]


def test_the_queue_can_be_cut_to_one_swarm_and_keeps_it_beside_the_kind(
    client: Client, swarm: Swarm, approval: Approval
) -> None:
    other = make_swarm("other")
    raise_question(swarm)
    raise_question(other, title="And there?")
    client.force_login(make_user(superuser=True))

    page = client.get(f"/needs-me/?swarm={other.pk}").text

    assert "And there?" in page
    assert "Publish?" not in page
    assert f'href="?swarm={other.pk}&amp;kind=question"' in page
    both = client.get(f"/needs-me/?swarm={swarm.pk}&kind=question")
    assert both.context["needs"].total == 1
    assert f'<option value="{swarm.pk}" selected>' in both.text
    assert '<input type="hidden" name="kind" value="question">' in both.text


def test_a_swarm_that_one_may_not_see_is_no_choice(client: Client, swarm: Swarm, approval: Approval) -> None:
    foreign = make_swarm("foreign")
    raise_question(foreign, title="secret?")
    sign_in(client, "operator", swarm)
    assert client.get(f"/needs-me/?swarm={foreign.pk}").status_code == 404
    assert client.get("/needs-me/?swarm=x").status_code == 400
    assert client.get(f"/needs-me/?swarm={swarm.pk}").context["needs"].total == 1
    assert "Nothing that fits this choice" in client.get(f"/needs-me/?swarm={swarm.pk}&kind=failed").text


def test_what_the_list_of_swarms_says_waits_opens_to_as_many(client: Client, swarm: Swarm, approval: Approval) -> None:
    other = make_swarm("other")
    for _ in range(2):
        raise_question(other)
    client.force_login(make_user(superuser=True))

    said = dict(re.findall(r'<a class="tally" href="([^"]*)">(\d+)<', client.get("/swarms/").text))

    assert said == {f"/needs-me/?swarm={swarm.pk}": "1", f"/needs-me/?swarm={other.pk}": "2"}
    for address, number in said.items():
        assert client.get(address).text.count('id="item-') == int(number)


@pytest.mark.parametrize("query", ["", "&kind=question", "&swarm={swarm}", "&kind=approval&swarm={swarm}"])
def test_the_file_holds_what_the_page_shows(client: Client, swarm: Swarm, approval: Approval, query: str) -> None:
    other = make_swarm("other")
    raise_question(other)
    raise_question(swarm)
    for status in ("approved", "rejected"):
        make_approval(approval.attempt, status=status, decided_at=timezone.now())
    client.force_login(make_user(superuser=True))
    asked = query.format(swarm=swarm.pk)

    rows = json.loads(client.get(f"/needs-me/?format=json{asked}").getvalue())["rows"]

    shown = re.findall(r'id="item-(\d+)"', client.get(f"/needs-me/?{asked.removeprefix('&')}").text)
    assert sorted(row["id"] for row in rows) == sorted(map(int, shown))
    acts = {row["object_id"]: (row["tool"], row["arguments"]) for row in rows if row["kind"] == "approval"}
    assert acts in ({}, {approval.pk: (approval.tool, approval.arguments)})
    decided = json.loads(client.get("/needs-me/?decided=1&format=json").getvalue())["rows"]
    assert {row["status"] for row in decided} == {"approved", "rejected"}
