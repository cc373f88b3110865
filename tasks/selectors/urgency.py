"""How pressing something is that waits for a person, why it waits, and what comes of it if nobody answers."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.models import AttentionItem
from tasks.models import Approval
from victoros.lib import clock

Kind = AttentionItem.Kind
SOMEBODY_WAITS = (Kind.APPROVAL, Kind.QUESTION, Kind.UNCERTAIN_EFFECT)
"""Kinds for which an attempt stands still until a person has spoken."""
WAITS, BLOCKS_EACH, BLOCKS_MOST, SOON, TODAY, AGE_MOST = 20, 6, 30, 30, 15, 12
"""Points on top of the severity (0 to 100), which holds the risk of the act."""
_VARYING = re.compile(r'“[^”]*”|"title": "(?:\\.|[^"\\])*|\be-[0-9a-f]+\b|\d+')
"""What differs between items of one cause: names of tasks, ids of errors, numbers."""


@dataclass(frozen=True)
class Light:
    """An open item as ranking needs it: without its long texts."""

    pk: int
    kind: str
    severity: int
    swarm_ref: int | None
    task_ref: int | None
    agent_ref: int | None
    object_ref: int
    created_at: datetime
    expires_at: datetime | None
    body: str
    """The first 400 characters of what its row keeps: a sentence is there as its text and arguments."""
    tool: str | None
    """Of an approval."""
    blocks: int
    """Tasks that wait for its task."""


def rank(item: Light, now: datetime) -> int:
    """Return points: risk first, then who waits for it, how soon it expires, and its age in hours."""
    points = item.severity + (WAITS if item.kind in SOMEBODY_WAITS else 0) + min(BLOCKS_MOST, BLOCKS_EACH * item.blocks)
    if item.expires_at:
        left = item.expires_at - now
        points += SOON if left < timedelta(minutes=15) else TODAY if left < timedelta(hours=2) else 0
    return points + min(AGE_MOST, int((now - item.created_at).total_seconds() // 3600))


def cause_of(item: Light) -> tuple[object, ...]:
    """Return what items must share to be alike: one cause, or one tool of one agent. Questions are each their own."""
    if item.kind == Kind.APPROVAL:
        return (item.kind, item.agent_ref, item.tool) if item.tool else (item.kind, item.pk)
    if item.kind in SOMEBODY_WAITS:
        return (item.kind, item.pk)
    return (item.kind, item.swarm_ref, _VARYING.sub("#", item.body))


def say_why(item: AttentionItem, approval: Approval | None) -> str:
    """Say why it is in the queue, in a half sentence."""
    if approval is not None:
        return str(_WHY_ASKED.get(approval.effect_class) or _("the swarm's policy lets a person decide this first"))
    return str(_WHY[Kind(item.kind)])


def say_fate(item: AttentionItem, blocks: int) -> str:
    """Say what happens when nobody answers, without the moment of it."""
    who = item.agent_name or _("the agent")
    fate = str(_FATES[Kind(item.kind)]) % {"who": who}
    if not blocks:
        return fate
    waiting = ngettext("%(n)s task waits for it", "%(n)s tasks wait for it", blocks) % {"n": f"{blocks:,}"}
    return f"{fate}; {waiting}"


def is_soon(item: AttentionItem) -> bool:
    """Tell whether it decides itself within a quarter of an hour."""
    return bool(item.expires_at and item.expires_at - clock.now() < timedelta(minutes=15))


_WHY_ASKED = {
    "irreversible": gettext_lazy("it cannot be undone, so a person decides first"),
    "money": gettext_lazy("it spends money, so a person decides first"),
    "people": gettext_lazy("it reaches people, so a person decides first"),
}
_WHY = {
    Kind.QUESTION: gettext_lazy("an agent asks and waits for the answer"),
    Kind.UNCERTAIN_EFFECT: gettext_lazy("an act was cut off, and nobody knows whether it happened"),
    Kind.BLOCKED: gettext_lazy("it waits for something that will not come by itself"),
    Kind.STALLED: gettext_lazy("nothing has moved for too long"),
    Kind.QUARANTINED: gettext_lazy("it killed its process three times"),
    Kind.FAILED: gettext_lazy("its attempts are used up, or the error is for good"),
    Kind.UNABLE: gettext_lazy("no agent at work has what it needs"),
    Kind.NOT_STOPPED: gettext_lazy("somebody stopped it, and its cell has not let go"),
    Kind.OVER_BUDGET: gettext_lazy("what it may cost in a month is used up"),
    Kind.DEAD_LETTER: gettext_lazy("a letter could not be delivered, or nobody acknowledged it"),
}
_FATES = {
    Kind.APPROVAL: gettext_lazy("%(who)s is told no and goes on without it"),
    Kind.QUESTION: gettext_lazy("%(who)s waits on, at no cost"),
    Kind.UNCERTAIN_EFFECT: gettext_lazy("%(who)s stands still; nothing is done twice"),
    Kind.BLOCKED: gettext_lazy("it never starts"),
    Kind.STALLED: gettext_lazy("it stays where it is"),
    Kind.QUARANTINED: gettext_lazy("nobody touches it again"),
    Kind.FAILED: gettext_lazy("it stays failed"),
    Kind.UNABLE: gettext_lazy("it stays ready until somebody able comes"),
    Kind.NOT_STOPPED: gettext_lazy("its call goes on, and nothing of it is accepted"),
    Kind.OVER_BUDGET: gettext_lazy("it stays paused"),
    Kind.DEAD_LETTER: gettext_lazy("nobody ever reads it"),
}
