"""Sample data: as much as was asked for, true in itself, at rest, and gone again without a trace."""

import json
from collections import Counter
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Count, Model, Sum
from django.test import Client
from django.urls import reverse

from agents.models import Agent, Message, Provider, Swarm, Workspace
from audit.actors import SYSTEM
from audit.models import AttentionItem, Entry
from tasks.engine.claims import look, take
from tasks.engine.reconciler import reconcile
from tasks.models import Approval, Attempt, Cell, Step, Task
from tasks.services.making import create_task
from tasks.services.proposals import faults_of
from tests.agents.factories import make_agent, make_message, make_swarm, make_user
from victoros.demo.fill import fill_demo, find_sample
from victoros.demo.remove import remove_demo
from victoros.demo.sizes import Size, check_size, read_share
from victoros.lib.errors import Conflict, InvalidInput, LimitReached, NotAllowed

pytestmark = pytest.mark.django_db

SMALL = Size(agents=120, tasks=900, steps=4_000)


def count_rows() -> dict[str, int]:
    """Count the rows of every table but versions of topics."""
    models = [model for model in apps.get_models() if model._meta.managed and model._meta.label != "audit.Topic"]
    return {model._meta.label: model._default_manager.count() for model in models}


def test_there_is_exactly_as_much_as_was_asked_for() -> None:
    fill_demo(actor=SYSTEM, size=SMALL, at_work=True)

    assert (Agent.objects.count(), Task.objects.count(), Step.objects.count()) == (120, 900, 4_000)


def test_every_state_is_there() -> None:
    fill_demo(actor=SYSTEM, size=SMALL, at_work=True)

    assert set(Agent.objects.values_list("status", flat=True)) == set(Agent.Status.values)
    assert set(Task.objects.values_list("status", flat=True)) == set(Task.Status.values)
    assert set(Attempt.objects.values_list("status", flat=True)) == set(Attempt.Status.values)
    assert AttentionItem.objects.filter(status="open", kind="approval").exists()
    assert Message.objects.filter(status="delivered").exists()
    assert Entry.objects.filter(kind="task.verified").exists()


@pytest.mark.parametrize("size", [Size(1, 1, 0), Size(1, 1, 3), Size(3, 5, 2), Size(30, 1, 40), Size(8, 200, 5_000)])
def test_small_sizes_work_too(size: Size) -> None:
    fill_demo(actor=SYSTEM, size=size, at_work=True)

    assert (Agent.objects.count(), Task.objects.count()) == (size.agents, size.tasks)
    assert Step.objects.count() in (size.steps, 0)


def test_what_completed_says_so_last_and_nothing_else_does() -> None:
    fill_demo(actor=SYSTEM, size=SMALL, at_work=True)

    runs = Attempt.objects.filter(steps__gt=0).prefetch_related("journal")
    for run in runs:
        steps = sorted(run.journal.all(), key=lambda step: step.n)
        calls = [step.result["call"]["name"] for step in steps if step.kind == "think"]
        assert ("complete" in calls) == (run.status == "completed")
        if run.status == "completed":
            assert (steps[-1].kind, calls[-1], calls.count("complete")) == ("think", "complete", 1)
    assert {run.steps % 2 for run in runs if run.status == "completed"} == {0, 1}


def test_what_asks_for_a_person_could_be_done() -> None:
    fill_demo(actor=SYSTEM, size=SMALL, at_work=True)

    for approval in Approval.objects.all():
        assert list(faults_of(approval.tool, approval.arguments)) == []


def test_totals_of_agents_and_attempts_are_those_of_their_rows() -> None:
    fill_demo(actor=SYSTEM, size=SMALL, at_work=True)

    steps = Step.objects.values("attempt").annotate(n=Count("pk"), cost=Sum("cost_nanos"))
    for row in steps:
        attempt = Attempt.objects.get(pk=row["attempt"])
        assert (attempt.steps, attempt.cost_nanos) == (row["n"], row["cost"])
    for agent in Agent.objects.annotate(spent=Sum("attempts__cost_nanos"), made=Sum("attempts__steps")):
        assert (agent.cost_nanos, agent.step_count) == (agent.spent or 0, agent.made or 0)
        live = Counter(Attempt.objects.filter(agent=agent, status__in=Attempt.LIVE).values_list("status", flat=True))
        assert (agent.active, agent.waiting) == (live["running"] + live["ready"], live["waiting"])


def test_ids_rise_with_time() -> None:
    fill_demo(actor=SYSTEM, size=SMALL)

    for model in (Task, Attempt):
        moments = list(model.objects.order_by("pk").values_list("created_at", flat=True))
        assert moments == sorted(moments)


def test_the_same_seed_makes_the_same_sample() -> None:
    fill_demo(actor=SYSTEM, size=SMALL, seed=7)
    first = list(Task.objects.order_by("pk").values_list("title", "status"))
    remove_demo(actor=SYSTEM)
    fill_demo(actor=SYSTEM, size=SMALL, seed=7)

    assert list(Task.objects.order_by("pk").values_list("title", "status")) == first


def test_no_cell_finds_anything_to_do_in_it() -> None:
    fill_demo(actor=SYSTEM, size=SMALL)

    assert not look()
    assert take(Cell.objects.create(host="here", pid=1).pk, 100).orders == []


def test_the_reconciler_leaves_it_as_it_is() -> None:
    fill_demo(actor=SYSTEM, size=SMALL)
    before = list(Attempt.objects.order_by("pk").values_list("status", "waiting_for"))

    done = reconcile()

    assert {name for name, count in done.items() if count} <= {"agents_settled", "cells_started"}
    assert list(Attempt.objects.order_by("pk").values_list("status", "waiting_for")) == before


def test_twice_is_once() -> None:
    assert fill_demo(actor=SYSTEM, size=SMALL).is_new
    counted = count_rows()

    assert not fill_demo(actor=SYSTEM, size=SMALL).is_new
    assert count_rows() == counted


def test_another_sample_beside_it_is_refused() -> None:
    fill_demo(actor=SYSTEM, size=SMALL)

    with pytest.raises(Conflict, match="other sample data"):
        fill_demo(actor=SYSTEM, size=Size(10, 10, 10))


def test_a_sample_that_was_never_finished_is_refused_and_can_be_taken_away() -> None:
    def give_up(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_demo(actor=SYSTEM, size=SMALL, progress=give_up)
    with pytest.raises(Conflict, match="not whole"):
        fill_demo(actor=SYSTEM, size=SMALL)
    remove_demo(actor=SYSTEM)

    assert find_sample() is None
    assert fill_demo(actor=SYSTEM, size=SMALL).is_new


def test_it_goes_without_a_trace_and_takes_nothing_else(settings: Any) -> None:
    own = make_swarm("Own")
    agent = make_agent(own)
    make_message(agent)
    create_task(actor=SYSTEM, swarm=own, title="Own task")
    before = count_rows()
    fill_demo(actor=SYSTEM, size=SMALL, at_work=True)
    folders = [swarm.folder for swarm in Swarm.objects.exclude(pk=own.pk)]
    assert all(folder.is_dir() for folder in folders)

    gone = remove_demo(actor=SYSTEM)

    assert gone["task"] == SMALL.tasks
    after = count_rows()
    after["audit.Entry"] -= Entry.objects.filter(kind__startswith="demo.").count()
    assert after == before
    assert not any(folder.exists() for folder in folders)
    assert own.folder.is_dir()


def test_what_people_added_to_it_goes_with_it() -> None:
    before = count_rows()
    fill_demo(actor=SYSTEM, size=SMALL)
    swarm = Swarm.objects.filter(workspace=find_sample(), desired_state="running")[:1].get()
    task = create_task(actor=SYSTEM, swarm=swarm, title="Added", parent=Task.objects.filter(swarm=swarm)[:1].get())
    make_message(make_agent(swarm, "Added"), task_ref=task.pk)
    remove_demo(actor=SYSTEM)

    assert {label for label, count in count_rows().items() if count != before[label]} <= {
        "audit.Entry",
        "auth.User",
        "tasks.Outbox",
    }


def test_a_provider_that_others_ask_by_now_stays() -> None:
    fill_demo(actor=SYSTEM, size=SMALL)
    provider = Provider.objects.get(name="Sample model")
    make_swarm("Own", provider=provider)
    remove_demo(actor=SYSTEM)

    assert Provider.objects.filter(pk=provider.pk).exists()


def test_removing_nothing_changes_nothing() -> None:
    before = count_rows()

    assert remove_demo(actor=SYSTEM) == {}
    assert count_rows() == before


def test_who_is_no_superuser_gets_to_see_it_when_named() -> None:
    user = make_user()
    fill_demo(actor=SYSTEM, size=SMALL, user=user)
    client = Client()
    client.force_login(user)

    assert client.get(reverse("swarm_list")).content.count(b"/swarms/") > 4


@pytest.mark.parametrize("size", [Size(0, 1, 1), Size(1, 0, 1), Size(-1, 1, 1), Size(1, 1, -1), Size(1, 1, 1_001)])
def test_nonsense_is_refused(size: Size) -> None:
    with pytest.raises(InvalidInput):
        fill_demo(actor=SYSTEM, size=size)
    assert not Workspace.objects.filter(sample__isnull=False).exists()


def test_too_much_for_the_disk_is_refused(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setattr("victoros.demo.sizes.BYTES_OF_A_STEP", 10**12)

    with pytest.raises(LimitReached, match="GB left"):
        check_size(Size(1, 10, 10))


@pytest.mark.parametrize(
    ("text", "share"), [("1%", 0.01), ("100%", 1), ("0.5", 0.5), ("12.5 %".replace(" ", ""), 0.125)]
)
def test_scales_are_read(text: str, share: float) -> None:
    assert read_share(text) == share


@pytest.mark.parametrize("text", ["", "0", "0%", "-1%", "ten", "1e9", "1100%", "nan"])
def test_scales_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_share(text)


def test_the_command_fills_and_removes(capsys: pytest.CaptureFixture[str]) -> None:
    make_user(superuser=True)
    call_command("demo", "fill", "--scale", "0.5%", "--json")
    filled = json.loads(capsys.readouterr().out)
    call_command("demo", "remove", "--json")
    removed = json.loads(capsys.readouterr().out)

    assert (filled["agents"], filled["tasks"], filled["steps"], filled["changed"]) == (50, 500, 5_000, True)
    assert (removed["rows"]["agent"], removed["rows"]["step"], removed["changed"]) == (50, 5_000, True)


def test_only_superusers_may() -> None:
    make_user(superuser=True)
    user = make_user()

    with pytest.raises(NotAllowed):
        call_command("demo", "fill", "--as", user.username)
    with pytest.raises(NotAllowed):
        call_command("demo", "remove", "--as", user.username)


def test_every_page_shows_it() -> None:
    fill_demo(actor=SYSTEM, size=SMALL, at_work=True)
    client = Client()
    client.force_login(make_user(superuser=True))
    rows: dict[str, type[Model]] = {
        "swarm_view": Swarm,
        "agent_view": Agent,
        "task_view": Task,
        "mail_view": Message,
        "approval_view": Approval,
    }
    plain = ("home", "approval_list", "mail_room", "task_list", "agent_list", "swarm_list", "audit_list", "cell_list")
    pages = [reverse(name) for name in plain]
    pages += [
        reverse(name, args=[pk])
        for name, model in rows.items()
        for pk in model._default_manager.values_list("pk", flat=True)[:9]
    ]

    assert {client.get(page).status_code for page in pages} == {200}
