"""The pages of swarms."""

import pytest
from django.urls import reverse

from agents.models import Swarm
from audit.models import AttentionItem, Entry
from tests.agents.factories import make_agent, make_message, make_swarm, make_user, make_workspace
from tests.agents.pages.conftest import Cast, sign_in


def test_the_list_counts_agents_and_what_waits(cast: Cast) -> None:
    AttentionItem.objects.create(kind="question", title="?", swarm_ref=cast.swarm.pk, object_kind="task", object_ref=1)

    page = cast.viewer.get(reverse("swarm_list")).context["page"]

    assert [(row.swarm.name, row.agents, row.waits_for_person) for row in page.rows] == [("Desk", 1, 1)]


def test_the_list_can_be_narrowed_and_says_when_nothing_fits(cast: Cast) -> None:
    url = reverse("swarm_list")

    assert b"No swarm fits" in cast.viewer.get(url, {"q": "nothing"}).content
    assert b"Desk" in cast.viewer.get(url, {"q": "des", "state": "running"}).content
    assert cast.viewer.get(url, {"state": "odd"}).status_code == 400
    assert cast.viewer.get(url, {"after": "x"}).status_code == 400


def test_the_page_shows_agents_mail_and_what_waits(cast: Cast) -> None:
    make_message(cast.agent, subject="Numbers")
    AttentionItem.objects.create(
        kind="question", title="Which format?", swarm_ref=cast.swarm.pk, object_kind="task", object_ref=1
    )

    body = cast.viewer.get(reverse("swarm_view", args=[cast.swarm.pk])).content.decode()

    for shown in ("Reader", "Numbers", "Which format?"):
        assert shown in body


@pytest.mark.parametrize("part", ["state", "crew", "side"])
def test_each_section_is_served_alone_to_htmx_and_unchanged_ones_are_not_sent_again(cast: Cast, part: str) -> None:
    url = reverse("swarm_view", args=[cast.swarm.pk])

    first = cast.viewer.get(url, {"part": part}, headers={"HX-Request": "true"})
    again = cast.viewer.get(url, {"part": part}, headers={"HX-Request": "true", "If-None-Match": first.headers["ETag"]})

    assert first.content.strip().startswith(
        f'<section class="{"panel" if part == "crew" else "stack"}" id="swarm-{part}"'.encode()
    )
    assert b"<html" not in first.content
    assert again.status_code in (304, 200)


def test_an_operator_is_offered_control_and_a_viewer_is_not(cast: Cast) -> None:
    url = reverse("swarm_view", args=[cast.swarm.pk])
    control = reverse("swarm_control", args=[cast.swarm.pk])

    assert f"{control}?act=stop" in cast.operator.get(url).content.decode()
    assert control not in cast.viewer.get(url).content.decode()


def test_a_new_swarm_by_hand_is_made_and_shown(cast: Cast) -> None:
    answer = cast.admin.post(
        reverse("swarm_new"),
        {"name": "Night desk", "workspace": cast.swarm.workspace_id, "purpose": "Read."},
        follow=True,
    )

    swarm = Swarm.objects.get(name="Night desk")
    assert answer.redirect_chain == [(reverse("swarm_view", args=[swarm.pk]), 302)]
    assert b"The swarm Night desk was made." in answer.content
    assert Entry.objects.filter(kind="swarm.created", object_ref=swarm.pk).exists()


def test_a_new_swarm_from_the_template_has_agents_and_tasks(cast: Cast) -> None:
    cast.admin.post(
        reverse("swarm_new"), {"name": "From template", "workspace": cast.swarm.workspace_id, "template": "desk"}
    )

    swarm = Swarm.objects.get(name="From template")
    assert swarm.agents.count() == 5
    assert swarm.template == "desk"


def test_a_refusal_stands_on_the_form_with_what_was_typed(cast: Cast) -> None:
    answer = cast.admin.post(reverse("swarm_new"), {"name": "Desk", "workspace": cast.swarm.workspace_id})

    assert answer.status_code == 422
    assert "already a swarm named Desk" in answer.content.decode()
    assert 'value="Desk"' in answer.content.decode()


def test_editing_changes_purpose_and_policy(cast: Cast) -> None:
    answer = cast.admin.post(
        reverse("swarm_edit", args=[cast.swarm.pk]),
        {"name": "Desk", "purpose": "Digest.", "policy-publish_file": "refuse", "policy-send_mail": ""},
    )

    assert answer.status_code == 302
    cast.swarm.refresh_from_db()
    assert (cast.swarm.purpose, cast.swarm.policy) == ("Digest.", {"publish_file": "refuse"})


def test_a_budget_is_set_on_the_form_shown_on_the_page_and_taken_away_again(cast: Cast) -> None:
    edit, view = (reverse(name, args=[cast.swarm.pk]) for name in ("swarm_edit", "swarm_view"))

    def budget_after(given: str) -> tuple[int, int | None]:
        answer = cast.admin.post(edit, {"name": "Desk", "budget": given})
        cast.swarm.refresh_from_db()
        return answer.status_code, cast.swarm.budget_nanos

    assert "Set one" in cast.admin.get(view).content.decode()
    assert "Set one" not in cast.viewer.get(view).content.decode()
    assert budget_after("12.50") == (302, 12_500_000_000)
    assert 'value="12.5"' in cast.admin.get(edit).content.decode()
    assert "$0 of $12.50 in" in cast.viewer.get(view).content.decode()
    for nonsense in ("-1", "0", "x", "1e30", "0.001"):
        assert budget_after(nonsense) == (422, 12_500_000_000)
    assert budget_after("") == (302, None)


def test_a_new_swarm_can_have_a_budget_at_once(cast: Cast) -> None:
    given = {"name": "Night desk", "workspace": cast.swarm.workspace_id, "budget": "3"}
    for template in ("", "desk"):
        cast.admin.post(reverse("swarm_new"), {**given, "template": template, "name": f"Night {template}"})
    assert (
        list(Swarm.objects.filter(name__startswith="Night").values_list("budget_nanos", flat=True)) == [3 * 10**9] * 2
    )


def test_what_people_and_agents_wrote_is_escaped(cast: Cast) -> None:
    make_agent(cast.swarm, "<b>x</b>", role="<script>alert(1)</script>")
    Swarm.objects.filter(pk=cast.swarm.pk).update(purpose="[click](javascript:alert(1)) <script>alert(1)</script>")

    body = cast.viewer.get(reverse("swarm_view", args=[cast.swarm.pk])).content.decode()

    assert "<script>alert" not in body
    assert "javascript:alert" not in body.replace("[click](javascript:alert(1))", "")
    assert "<b>x</b>" not in body


@pytest.mark.django_db
def test_a_newcomer_is_told_why_the_list_is_empty_and_what_to_do() -> None:
    make_workspace()
    admin = sign_in(make_user(superuser=True))

    assert b"Make the first swarm" in admin.get(reverse("swarm_list")).content
    assert b"You may not see any swarm yet" in sign_in(make_user()).get(reverse("swarm_list")).content


def test_a_long_list_is_paged(cast: Cast) -> None:
    for number in range(50):
        make_swarm(f"Swarm {number:02}", workspace=cast.swarm.workspace)

    first = cast.viewer.get(reverse("swarm_list"))
    second = cast.viewer.get(reverse("swarm_list"), {"after": first.context["page"].next})

    assert b"50 of 51" in first.content
    assert [row.swarm.name for row in second.context["page"].rows] == ["Desk"]
