"""The list of first steps on the board. It ticks itself: each item is a question to the rows, all asked in one query."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from agents.models import Agent, Checklist, LessonRun, Provider, Setup, Swarm
from agents.permissions import ADMINISTER, OPERATE, scope_of_user, visible_to
from audit.models import Entry, PushSubscription
from tasks.models import Approval, TaskTally

GONE = "first_steps_gone"
"""In the session of somebody whose list is done or dismissed: nothing is asked any more."""


@dataclass(frozen=True)
class Item:
    """One first step, and where it is done."""

    name: str
    label: str
    url: str
    is_done: bool


@dataclass(frozen=True)
class FirstSteps:
    """What is done and what is not."""

    items: list[Item]
    is_setup_open: bool
    """Whether the first run of the site was left in the middle."""

    @property
    def done(self) -> int:
        """How many are."""
        return sum(item.is_done for item in self.items)

    @property
    def is_all_done(self) -> bool:
        """Whether nothing is left."""
        return self.done == len(self.items)


def read_first_steps(request: HttpRequest) -> FirstSteps | None:
    """Return the reader's first steps; None when they are done, dismissed, or not for the reader. One query, or none."""
    user: Any = request.user
    if request.session.get(GONE) or not _may_operate(user):
        return None
    facts = _read_facts(user)
    steps = FirstSteps(_list_items(user, facts), user.is_superuser and facts["setup"])
    if steps.is_all_done and not facts["gone"]:
        end_first_steps(request, Checklist.Why.DONE)
    elif facts["gone"]:
        request.session[GONE] = True
    return None if facts["gone"] or steps.is_all_done else steps


def end_first_steps(request: HttpRequest, why: str) -> bool:
    """Put the list away for good; False when it was already."""
    user: Any = request.user
    request.session[GONE] = True
    return Checklist.objects.get_or_create(user=user, defaults={"why": why})[1]


def begin_first_steps_again(request: HttpRequest) -> None:
    """Show the list again."""
    user: Any = request.user
    request.session.pop(GONE, None)
    Checklist.objects.filter(user=user).delete()


def _may_operate(user: Any) -> bool:
    scope = scope_of_user(user, OPERATE)
    return scope.everything or bool(scope.swarm_ids or scope.workspace_ids)


def _may_administer(user: Any) -> bool:
    scope = scope_of_user(user, ADMINISTER)
    return scope.everything or bool(scope.workspace_ids)


def _read_facts(user: Any) -> dict[str, bool]:
    real = visible_to(user, Swarm.objects.filter(workspace__sample__isnull=True), "pk").values("pk")
    people = get_user_model().objects.filter(is_active=True)
    asked: dict[str, QuerySet[Any]] = {
        "gone": Checklist.objects.filter(user=user),
        "setup": Setup.objects.filter(ended_at=None),
        "swarm": real,
        "task": TaskTally.objects.filter(swarm__in=real, status__in=["completed", "verified"], n__gt=0),
        "approval": _having(real, Approval.objects.filter(status__in=["approved", "rejected"])),
        "agent": _having(real, Agent.objects.filter(program="loop")),
        "model": Provider.objects.exclude(kind__in=["embedded", "scripted"]).filter(test_ok=True, archived_at=None),
        "person": people.exclude(pk=user.pk),
        "phone": PushSubscription.objects.filter(user=user),
        "stopped": Entry.objects.filter(
            Q(object_ref__in=real) | Q(actor_ref=user.pk),
            object_kind="swarm",
            kind="swarm.stopped",
            actor_kind="person",
        ),
        "practised": LessonRun.objects.filter(user=user, lesson="stop").exclude(ended_at=None),
    }
    row = people.filter(pk=user.pk).annotate(**{f"has_{name}": Exists(rows) for name, rows in asked.items()})
    found = row.values(*(f"has_{name}" for name in asked)).get()
    return {name: bool(found[f"has_{name}"]) for name in asked}


def _having(swarms: QuerySet[Any], rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of the swarms that have such a row: asked by swarm, as all the rows there are may belong to the sample."""
    return swarms.filter(Exists(rows.filter(swarm=OuterRef("pk"))))


def _list_items(user: Any, facts: dict[str, bool]) -> list[Item]:
    items = [
        Item("task", _("A task is finished"), reverse("task_new"), facts["task"]),
        Item("approval", _("You answered an approval"), reverse("approval_list"), facts["approval"]),
        Item("phone", _("A phone or desktop is told"), reverse("notification_list"), facts["phone"]),
        Item("stop", _("You tried to stop"), reverse("stop"), facts["stopped"] or facts["practised"]),
    ]
    if not _may_administer(user):
        return items
    return [
        Item("swarm", _("A swarm is made"), f"{reverse('swarm_new')}?template=desk", facts["swarm"]),
        *items[:2],
        Item("agent", _("An agent of your own"), reverse("agent_new"), facts["agent"]),
        Item("model", _("A better language model answers"), reverse("provider_new"), facts["model"]),
        Item("person", _("Somebody else has an account"), _people_url(), facts["person"]),
        *items[2:],
    ]


def _people_url() -> str:
    return reverse("learn_page", args=["people"])
