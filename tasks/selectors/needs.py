"""What waits for a person, the most pressing first and alike things together, each with the act it is about."""

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Substr
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.permissions import OPERATE, VIEW, scope_of_user
from audit.models import AttentionItem
from audit.selectors import COUNTED, list_open_items
from tasks.models import Approval, Dependency
from tasks.selectors.taint import Taint, read_taints
from tasks.selectors.urgency import Light, cause_of, is_soon, rank, say_fate, say_why
from victoros.lib import clock
from victoros.lib.lean import lean
from victoros.lib.signs import reveal
from victoros.lib.together import read_together

PAGE = 50
WINDOW = 2_000
"""So many open items, the most severe and of these the oldest, are ranked and grouped; the others move up behind them."""
ALIKE_FROM = 3
"""So many items of one cause are one row."""
ARGUMENT_CHARACTERS = 90
_OF_APPROVAL = Approval.objects.filter(pk=OuterRef("object_ref")).values("tool")[:1]
_WAITING = Dependency.objects.filter(on=OuterRef("task_ref"), settled=False).order_by().values("on")
_BESIDE: dict[str, Any] = {
    "start": Substr("body", 1, 400),
    "tool": Case(When(object_kind="approval", then=Subquery(_OF_APPROVAL)), default=None),
    "blocks": Coalesce(Subquery(_WAITING.annotate(number=Count("pk")).values("number")), 0),
}
_LIGHT = ["start" if name == "body" else name for name in Light.__dataclass_fields__]


@dataclass(frozen=True)
class Need:
    """One thing that waits, as a row of the queue. With `alike` above 1 it stands for so many of one cause."""

    item: AttentionItem
    approval: Approval | None
    may_settle: bool
    blocks: int = 0
    """Tasks that cannot start before this one's task is done."""
    alike: int = 1
    taint: Taint | None = None

    @property
    def arguments(self) -> str:
        """The arguments of the act to approve, each cut short."""
        return say_arguments(self.approval.arguments) if self.approval else ""

    @property
    def why(self) -> str:
        """Why it is here."""
        return say_why(self.item, self.approval)

    @property
    def fate(self) -> str:
        """What happens if nobody answers."""
        return say_fate(self.item, self.blocks)

    @property
    def is_soon(self) -> bool:
        """Whether that happens within minutes."""
        return is_soon(self.item)


@dataclass(frozen=True)
class Needs:
    """A page of the queue."""

    rows: list[Need]
    total: int
    is_more: bool
    """Whether there are more than are counted."""
    begin: int = 0
    next_begin: int | None = None
    """Where the next page begins; None on the last."""
    mine: int = 0
    """How many of the total the reader may settle."""

    @property
    def settles(self) -> bool:
        """Whether any of its rows is the reader's to settle."""
        return any(need.may_settle for need in self.rows)


@dataclass(frozen=True)
class _Group:
    """Alike items; the most pressing of them speaks for all."""

    points: int
    pks: list[int]
    """The most pressing first."""
    blocks: int


def choose_needs(user: Any, kind: str = "", swarm: int | None = None) -> QuerySet[AttentionItem]:
    """Return what waits for `user`: all of it, or of one kind, or of one swarm."""
    waiting = list_open_items(user)
    waiting = waiting.filter(kind=kind) if kind else waiting
    return waiting.filter(swarm_ref=swarm) if swarm else waiting


def list_needs(
    user: Any, limit: int = PAGE, kind: str = "", begin: int = 0, alike: int | None = None, swarm: int | None = None
) -> Needs:
    """Return a page of what waits for `user`, with the count. `alike` names an item: only those of its cause, apart.

    The queries do not depend on the rows.
    """
    waiting = choose_needs(user, kind, swarm)
    total = waiting.order_by()[: COUNTED + 1].count()
    mine = _count_mine(user, waiting, total)
    groups = _rank(waiting)
    if alike is not None:
        groups = [_Group(group.points, [pk], 0) for group in groups if alike in group.pks for pk in group.pks]
        total = mine = len(groups)
    page = groups[begin : begin + limit]
    following = begin + limit if len(groups) > begin + limit else None
    return Needs(_describe(user, page), min(total, COUNTED), total > COUNTED, begin, following, min(mine, COUNTED))


def _count_mine(user: Any, waiting: QuerySet[AttentionItem], total: int) -> int:
    """Count what the reader may settle of what waits. One query for whoever may settle some of what they see, but not all."""
    sees, settles = scope_of_user(user), scope_of_user(user, OPERATE)
    if sees == settles:
        return total
    return waiting.filter(settles.as_filter()).order_by()[: COUNTED + 1].count()


def list_alike(user: Any, alike: int, kind: str = "", swarm: int | None = None) -> list[int]:
    """Return the ids of the open items of one cause with this one, as far as they are ranked."""
    return next((group.pks for group in _rank(choose_needs(user, kind, swarm)) if alike in group.pks), [])


def list_first_needs(user: Any, limit: int) -> list[Need]:
    """Return the head of the queue of `choose_own_needs` without counting the rest. Three queries."""
    return _describe(user, _rank(choose_own_needs(user))[:limit])


def choose_own_needs(user: Any) -> QuerySet[AttentionItem]:
    """Return what waits for `user` to settle; for somebody who may settle nothing, what waits for others before their eyes."""
    return list_open_items(user, OPERATE if settles_any(user) else VIEW)


def settles_any(user: Any) -> bool:
    """Tell whether there may be anything that `user` is to settle."""
    scope = scope_of_user(user, OPERATE)
    return scope.everything or bool(scope.swarm_ids or scope.workspace_ids)


def describe_items(user: Any, items: list[AttentionItem]) -> list[Need]:
    """Join items with the approvals they are about, with what waits behind them and with the reader's rights. Two queries."""
    refs = {item.task_ref for item in items if item.task_ref}
    waiting = Dependency.objects.filter(on__in=refs, settled=False).order_by().values_list("on").annotate(Count("pk"))
    found = read_together(waiting=waiting, approvals=_choose_approvals([item.pk for item in items]))
    by_task = dict(found["waiting"])
    return _join(user, items, {item.pk: by_task.get(item.task_ref, 0) for item in items}, found["approvals"])


def say_arguments(arguments: dict[str, Any]) -> str:
    """Return `path=digest.md, text=4,102 characters`: enough to recognise a call in one line."""
    return ", ".join(f"{name}={_say_value(value)}" for name, value in arguments.items())


def _say_value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return reveal(text) if len(text) <= ARGUMENT_CHARACTERS else _("%(count)s characters") % {"count": f"{len(text):,}"}


def say_when(approval: Approval) -> str:
    """Return how a sentence that ends in “goes on” continues: its swarm or agent may be held."""
    held = [row.name for row in (approval.swarm, approval.agent) if row.desired_state != "running"]
    said = ngettext(" once %(names)s is started again", " once %(names)s are started again", len(held))
    return said % {"names": _(" and ").join(held)} if held else ""


def _rank(waiting: QuerySet[AttentionItem]) -> list[_Group]:
    """Group and order the window: one query, then a few milliseconds of counting."""
    alike: dict[tuple[object, ...], list[Light]] = defaultdict(list)
    for row in waiting.annotate(**_BESIDE).values_list(*_LIGHT)[:WINDOW]:
        item = Light(*row)
        alike[cause_of(item)].append(item)
    few = [[item] for group in alike.values() if len(group) < ALIKE_FROM for item in group]
    many = [group for group in alike.values() if len(group) >= ALIKE_FROM]
    now = clock.now()
    groups = [_group(group, now) for group in (*few, *many)]
    return sorted(groups, key=lambda group: (-group.points, group.pks[0]))


def _group(items: list[Light], now: datetime) -> _Group:
    ranked = sorted((-rank(item, now), item.pk) for item in items)
    waiting = {item.task_ref: item.blocks for item in items}
    return _Group(-ranked[0][0], [pk for _, pk in ranked], sum(waiting.values()))


def _describe(user: Any, groups: list[_Group]) -> list[Need]:
    pks = [group.pks[0] for group in groups]
    found = read_together(items=AttentionItem.objects.filter(pk__in=pks), approvals=_choose_approvals(pks))
    items = {item.pk: item for item in found["items"]}
    shown = [(group, items[group.pks[0]]) for group in groups if group.pks[0] in items]
    blocks = {item.pk: group.blocks for group, item in shown}
    needs = _join(user, [item for _, item in shown], blocks, found["approvals"])
    return [replace(need, alike=len(group.pks)) for need, (group, _) in zip(needs, shown, strict=True)]


def _choose_approvals(pks: list[int]) -> QuerySet[Approval]:
    """Return the approvals that these items are about."""
    refs = AttentionItem.objects.filter(pk__in=pks, object_kind="approval").values("object_ref")
    return lean(Approval.objects.filter(pk__in=refs), attempt=["tidied"])


def _join(user: Any, items: list[AttentionItem], blocks: dict[int, int], approvals: list[Approval]) -> list[Need]:
    """Put approvals, and what their attempts have read, to their items.

    What was read is asked for by number, apart: looked for through items and approvals in the same statement, PostgreSQL walked the
    whole journal for each of them where it did not know yet how much there is.
    """
    asked = {approval.pk: approval for approval in approvals}
    taints = read_taints(approval.attempt for approval in approvals)
    scope = scope_of_user(user, OPERATE)
    found = []
    for item in items:
        approval = asked.get(item.object_ref) if item.object_kind == "approval" else None
        may_settle = scope.everything or item.swarm_ref in scope.swarm_ids
        taint = taints.get(approval.attempt_id) if approval else None
        found.append(Need(item, approval, may_settle, blocks.get(item.pk, 0), taint=taint))
    return found
