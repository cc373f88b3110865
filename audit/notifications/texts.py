"""What notifications say. Nothing secret: the kind, the agent, the swarm, and the short title only where a setting allows it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.models import AttentionItem
from audit.notifications.wishes import URGENT
from victoros.lib.env import read_run_facts
from victoros.lib.wording import say_word

TITLE_CHARACTERS = 90


def say_kind(kind: str) -> str:
    """Return what is needed, in a few words."""
    return {
        "approval": _("Approval needed"),
        "question": _("A question for you"),
        "blocked": _("Work is blocked"),
        "stalled": _("Work has stalled"),
        "quarantined": _("A task was quarantined"),
        "failed": _("A task failed"),
        "uncertain_effect": _("Did it take place?"),
        "unable": _("Nobody can do a task"),
        "not_stopped": _("Something has not stopped"),
        "over_budget": _("A budget is used up"),
        "dead_letter": _("A letter was not read"),
    }.get(kind, _("Something needs you"))


def say_where(item: AttentionItem, swarms: dict[int, str]) -> str:
    """Return `editor in desk`, as far as it is known."""
    swarm = swarms.get(item.swarm_ref or 0, "")
    if item.agent_name and swarm:
        return _("%(agent)s in %(swarm)s") % {"agent": item.agent_name, "swarm": swarm}
    return item.agent_name or swarm


def about_item(item: AttentionItem, swarms: dict[int, str], *, token: str = "") -> dict[str, Any]:
    """Return the message about one item; with a token it can be decided where it is shown."""
    title = item.title[:TITLE_CHARACTERS] if settings.VICTOR_NOTIFY_TITLES else ""
    return {
        "kind": "item",
        "tag": tag_of(item),
        "title": say_kind(item.kind),
        "body": "\n".join(filter(None, [say_where(item, swarms)[:160], title])),
        "url": page_of(item),
        "urgent": item.severity >= URGENT,
        "actions": _buttons("approve", "reject", "open") if token else _buttons("open"),
    }


def about_many(items: Sequence[AttentionItem], swarms: dict[int, str]) -> dict[str, Any]:
    """Return the one message about many items."""
    kinds = Counter(_say_short(item) for item in items).most_common(4)
    names = sorted({swarms[item.swarm_ref] for item in items if item.swarm_ref in swarms})
    count = len(items)
    return {
        "kind": "digest",
        "tag": "digest",
        "title": ngettext("%(count)d thing needs you", "%(count)d things need you", count) % {"count": count},
        "body": "\n".join([", ".join(f"{n} × {kind}" for kind, n in kinds), ", ".join(names[:4])[:160]]).strip(),
        "url": reverse("approval_list"),
        "urgent": any(item.severity >= URGENT for item in items),
        "actions": _buttons("open"),
    }


def _say_short(item: AttentionItem) -> str:
    return _("nobody can do it") if item.kind == AttentionItem.Kind.UNABLE else say_word(item.kind)


def about_settled(item: AttentionItem) -> dict[str, Any]:
    """Return the message that takes the notification about an item away."""
    said = {"answered": item.answer if item.kind == AttentionItem.Kind.APPROVAL else _("answered")}
    word = said.get(item.status) or say_word(item.status)
    by = _(" by %(name)s") % {"name": item.answered_by} if item.answered_by else ""
    return {
        "kind": "settled",
        "tag": tag_of(item),
        "title": _("Settled"),
        "body": f"{say_kind(item.kind)}: {word}{by}"[:160],
        "url": page_of(item),
        "actions": [],
    }


def link_to(path: str) -> str:
    """Return the whole address of a page, for messages read elsewhere; the path alone where nobody knows the site's name."""
    origin = next(iter(settings.CSRF_TRUSTED_ORIGINS), "") or read_run_facts(settings.VICTOR_HOME).get("url", "")
    return f"{origin}{path}"


def _buttons(*names: str) -> list[dict[str, str]]:
    """Return buttons as a browser takes them; devices show the first two, or none."""
    words = {"approve": _("Approve"), "reject": _("Reject"), "open": _("Open")}
    return [{"action": name, "title": words[name]} for name in names]


def tag_of(item: AttentionItem) -> str:
    """Return the name under which a device shows the item once, however often it is told."""
    return f"item-{item.pk}"


def page_of(item: AttentionItem) -> str:
    """Return the page on which the item is settled."""
    if item.kind == AttentionItem.Kind.APPROVAL:
        return reverse("approval_view", args=[item.object_ref])
    if item.object_kind == "swarm":
        return reverse("swarm_view", args=[item.object_ref])
    if item.task_ref is not None and item.kind != AttentionItem.Kind.QUESTION:
        return reverse("task_view", args=[item.task_ref])
    return f"{reverse('approval_list')}#item-{item.pk}"
