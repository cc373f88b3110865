"""Telling a person about ready tasks that nobody in their swarm is able to do, and taking it back once somebody is."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from agents.models import Agent
from audit import topics
from audit.actors import SYSTEM
from audit.attention import raise_item, settle_item
from audit.models import AttentionItem
from tasks.models import Task
from victoros.lib.clock import now_plus
from victoros.lib.sentences import Sentence, list_sentences, sentence_of_many
from victoros.lib.sentences import sentence as _
from victoros.lib.wording import say_word

LOOKED_AT = 1000
"""The oldest ready tasks looked at in one round: what nobody can do grows old, all others do not."""
KIND = AttentionItem.Kind.UNABLE


@dataclass(frozen=True)
class Demand:
    """What a group of tasks asks of who does them."""

    swarm_id: int
    needs: tuple[str, ...]
    pinned_to: int | None
    barred: int | None


def report_unable() -> int:
    """Put tasks that wait for somebody who does not exist before the operators, one item for tasks alike.

    Settles the item when its task is no longer ready or somebody can do it. Returns how many items were raised or settled.
    """
    groups = _group(_waiting_long())
    able = {demand for demand in groups if _able(demand).exists()}
    settled = _settle({task.pk for demand in able for task in groups[demand]})
    return settled + sum(_raise(demand, tasks) for demand, tasks in groups.items() if demand not in able)


def _waiting_long() -> QuerySet[Task]:
    late = now_plus(timedelta(seconds=-settings.VICTOR_UNABLE_S))
    ready = Task.objects.filter(status="ready", not_before=None, ready_at__lt=late, swarm__desired_state="running")
    return (
        ready.select_related("verifies")
        .only("id", "title", "swarm_id", "needs", "pinned", "agent_id", "verifies__agent_id")
        .order_by("ready_at", "id")[:LOOKED_AT]
    )


def _group(tasks: Iterable[Task]) -> dict[Demand, list[Task]]:
    groups: dict[Demand, list[Task]] = defaultdict(list)
    for task in tasks:
        barred = task.verifies.agent_id if task.verifies else None
        groups[Demand(task.swarm_id, tuple(task.needs), task.agent_id if task.pinned else None, barred)].append(task)
    return groups


def _able(demand: Demand) -> QuerySet[Agent]:
    """Return the agents at work that can do it, busy ones included."""
    return _fit(demand).filter(desired_state="running")


def _fit(demand: Demand) -> QuerySet[Agent]:
    agents = Agent.objects.filter(swarm=demand.swarm_id, retired_at=None).order_by("name")
    if demand.pinned_to:
        agents = agents.filter(pk=demand.pinned_to)
    if demand.barred:
        agents = agents.exclude(pk=demand.barred)
    if demand.needs:
        agents = agents.annotate(can=Cast("capabilities", TextField()))
        for need in demand.needs:
            agents = agents.filter(can__contains=json.dumps(need))
    return agents


@transaction.atomic
def _raise(demand: Demand, tasks: list[Task]) -> int:
    """Raise the item on the oldest of the tasks, unless there is one or a person has taken note of it."""
    known = AttentionItem.objects.filter(kind=KIND, object_kind="task", object_ref__in=[task.pk for task in tasks])
    if known.filter(status="open").exists() or known.exclude(status="open").exclude(answered_by=SYSTEM.name).exists():
        return 0
    first, more = tasks[0], len(tasks) - 1
    raise_item(
        actor=SYSTEM,
        kind=KIND,
        title=_name(first, more),
        body=_explain(demand),
        severity=60,
        object_kind="task",
        object_ref=first.pk,
        swarm_ref=first.swarm_id,
        task_ref=first.pk,
    )
    topics.bump({"attention", f"task:{first.pk}", f"swarm:{first.swarm_id}"})
    return 1


def _name(first: Task, more: int) -> Sentence:
    if not more:
        return _("Nobody can do “%(title)s”") % {"title": first.title}
    return sentence_of_many(
        "Nobody can do “%(title)s” and %(more)s more like it",
        "Nobody can do “%(title)s” and %(more)s more like it",
        more,
    ) % {"title": first.title, "more": f"{more:,}"}


def _explain(demand: Demand) -> Sentence:
    """Say who would be needed, and who could if they were at work."""
    held = list(_fit(demand).exclude(desired_state="running").values_list("name", "desired_state")[:3])
    if held:
        named = [_("%(name)s is %(state)s") % {"name": name, "state": say_word(state)} for name, state in held]
        said = _("Who could do it is not at work: %(who)s. Start one of them, or cancel the task.")
        return said % {"who": list_sentences(named)}
    if demand.pinned_to:
        return _("It may be done only by an agent that has left or lacks what is needed. Give it to somebody else.")
    return _explain_lack(demand)


def _explain_lack(demand: Demand) -> Sentence:
    if demand.needs and demand.barred:
        said = _(
            "There is no agent with %(needs)s in this swarm other than who did the work it verifies. Add one, or change what "
            "the task needs."
        )
    elif demand.needs:
        said = _("There is no agent with %(needs)s in this swarm. Add one, or change what the task needs.")
    elif demand.barred:
        return _("There is no agent in this swarm other than who did the work it verifies. Add one.")
    else:
        return _("There is no agent in this swarm. Add one.")
    return said % {"needs": ", ".join(demand.needs)}


@transaction.atomic
def _settle(possible: set[int]) -> int:
    """Settle the items of tasks that somebody can do now, or that are no longer ready."""
    items: list[Any] = list(AttentionItem.objects.filter(kind=KIND, status="open")[:LOOKED_AT])
    ready = set(
        Task.objects.filter(pk__in=[item.object_ref for item in items], status="ready").values_list("pk", flat=True)
    )
    done = [item for item in items if item.object_ref not in ready or item.object_ref in possible]
    for item in done:
        settle_item(actor=SYSTEM, item=item, answer="It can go on.")
    if done:
        topics.bump({"attention"} | {f"task:{item.object_ref}" for item in done})
    return len(done)
