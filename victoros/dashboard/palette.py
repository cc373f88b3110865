"""Going, doing and finding by words: what the command palette offers. Reads only; what an offer does, its address asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.models import Agent, Swarm
from agents.permissions import ADMINISTER, OPERATE, scope_of_user, visible_to
from agents.services.views import LISTS, views_of
from agents.views.saved import view_url
from tasks.models import Task
from victoros.dashboard.navigation import places_for
from victoros.dashboard.palette_acts import find_row_acts
from victoros.lib.wording import Phrase

MOST = 6
"""Rows shown of each kind."""
WINDOW = 20_000
"""Only so many of the newest tasks are looked through: titles have no index of words. A number finds any task."""


@dataclass(frozen=True)
class Offer:
    """One line of the palette."""

    group: str
    label: Phrase
    url: str
    icon: str = ""
    status: str = ""
    """Shown as a shape instead of an icon."""
    note: str = ""
    keys: str = ""
    in_dialog: bool = False
    look: str = ""
    """Which look of the pages it chooses; nothing is opened then."""


@dataclass(frozen=True)
class Act:
    """Something that can be done from anywhere by those who have the right to it somewhere."""

    label: Phrase
    url_name: str
    icon: str
    right: str = ""
    keys: str = ""
    in_dialog: bool = False


ACTS = (
    Act(_("New task"), "task_new", "plus", OPERATE, "c"),
    Act(_("New agent"), "agent_new", "bot", ADMINISTER),
    Act(_("New swarm"), "swarm_new", "network", ADMINISTER),
    Act(_("Write a letter"), "mail_compose", "mail", OPERATE),
    Act(_("Stop everything…"), "stop", "octagon-x", OPERATE, in_dialog=True),
    Act(_("Bulk acts"), "bulk_list", "list-checks", OPERATE),
    Act(_("Keys"), "keys", "keyboard", keys="?", in_dialog=True),
    Act(_("Learn: tutorials, and what each page is for"), "learn", "graduation-cap", keys="g l"),
    Act(_("Your account"), "account", "circle-user"),
)
LOOKS: dict[str, Phrase] = {"system": _("Look: as the system"), "light": _("Look: light"), "dark": _("Look: dark")}


def find_offers(user: Any, words: str) -> list[Offer]:
    """Return what the words may mean to this reader: places and acts first, then rows, the newest of each kind.

    A verb, as in `stop checker`, offers that act on the rows named. Without words: every place and act, in order. Six
    queries at most, and two for each act that a verb may mean, however many rows there are.
    """
    wanted = words.strip()[:100]
    known = [offer for offer in (*_places(user), *_acts(user), *_looks()) if _fits(str(offer.label), wanted)]
    return (
        [*known, *_row_acts(user, wanted), *_views(user, wanted), *_rows(user, wanted)]
        if wanted
        else [offer for offer in known if not offer.look]
    )


def _places(user: Any) -> Iterator[Offer]:
    for place in places_for(user):
        yield Offer(gettext("Go"), place.label, reverse(place.url_name), place.icon, keys=f"g {place.key}")


def _acts(user: Any) -> Iterator[Offer]:
    for act in ACTS:
        if not act.right or _may_anywhere(user, act.right):
            yield Offer(
                gettext("Do"), act.label, reverse(act.url_name), act.icon, keys=act.keys, in_dialog=act.in_dialog
            )


def _looks() -> Iterator[Offer]:
    for look, label in LOOKS.items():
        yield Offer(gettext("Do"), label, reverse("account"), "sun-moon", look=look)


def _may_anywhere(user: Any, right: str) -> bool:
    scope = scope_of_user(user, right)
    return scope.everything or bool(scope.swarm_ids or scope.workspace_ids)


def _fits(label: str, wanted: str) -> bool:
    """Tell whether each word begins a word of the label."""
    parts = label.lower().split()
    return all(any(part.startswith(word) for part in parts) for word in wanted.lower().split())


def _rows(user: Any, wanted: str) -> Iterator[Offer]:
    for swarm in _first(visible_to(user, Swarm.objects.filter(archived_at=None), "pk"), wanted, "name"):
        yield _row(gettext("Swarms"), swarm.name, "swarm_view", swarm, swarm.desired_state)
    agents = visible_to(user, Agent.objects.filter(retired_at=None).select_related("swarm").defer("instructions"))
    for agent in _first(agents, wanted, "name", "role"):
        yield _row(gettext("Agents"), agent.name, "agent_view", agent, agent.status, agent.swarm.name)
    for task in _find_tasks(user, wanted):
        yield _row(gettext("Tasks"), task.title, "task_view", task, task.status, f"{task.swarm.name} #{task.pk}")


def _row_acts(user: Any, wanted: str) -> Iterator[Offer]:
    for act in find_row_acts(user, wanted, lambda words: _has_words(words, "name")):
        yield Offer(gettext("Do"), act.label, act.url, status=act.status, note=act.note, in_dialog=True)


def _views(user: Any, wanted: str) -> Iterator[Offer]:
    for view in views_of(user).filter(_has_words(wanted, "name"))[:MOST]:
        yield Offer(gettext("Views"), view.name, view_url(view), "bookmark", note=str(LISTS[view.list_name]))


def _row(group: str, label: str, url_name: str, row: Model, status: str, note: str = "") -> Offer:
    return Offer(group, label, reverse(url_name, args=[row.pk]), status=status, note=note)


def _first(rows: QuerySet[Any], wanted: str, *fields: str) -> list[Any]:
    return list(rows.filter(_has_words(wanted, *fields)).order_by("-pk")[:MOST])


def _find_tasks(user: Any, wanted: str) -> list[Task]:
    rows = visible_to(user, Task.objects.all()).select_related("swarm").only("title", "status", "swarm__name")
    number = wanted.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 16:
        return list(rows.filter(pk=int(number)))
    newest = Task.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return _first(rows.filter(pk__gt=newest - WINDOW), wanted, "title")


def _has_words(wanted: str, *fields: str) -> Q:
    found = Q()
    for word in wanted.split():
        one = Q()
        for field in fields:
            one |= Q(**{f"{field}__icontains": word})
        found &= one
    return found


KEYS: dict[Phrase, tuple[tuple[str, Phrase], ...]] = {
    _("Anywhere"): (
        ("Ctrl K", _("find, go or do (Cmd K on a Mac)")),
        ("?", _("these keys")),
        ("/", _("into the search field, or the palette where there is none")),
        ("g", _("then a letter: go to a place (below)")),
        ("c", _("new task (on the board and the list of tasks)")),
        ("Ctrl Enter", _("in a text: send its form (Cmd on a Mac)")),
        ("Esc", _("close what is open")),
    ),
    _("In a list"): (
        ("j", _("next row")),
        ("k", _("previous row")),
        ("Enter", _("open the row")),
        ("a", _("approve, answer or take note")),
        ("r", _("reject, or answer a letter")),
        ("m", _("on the board: what can be done to the card")),
        ("x", _("where rows have a box: pick it, to act on many (with Shift and the mouse: all between)")),
        (".", _("what can be done to the picked rows")),
    ),
    _("In a run"): (
        ("j k", _("next and previous step; an open one is shut")),
        ("Enter", _("open the step")),
        ("Esc", _("shut the step")),
    ),
    _("On a page"): (
        ("e", _("edit, where the page has it; an approval: edit and approve")),
        ("n", _("new, where the page has it")),
    ),
}
"""Every key the pages answer to, for the page of keys; the places come after them."""

ACTING = frozenset("acemnrx.")
"""Keys that change something, for those who may operate anything."""


def keys_for(user: Any) -> dict[Phrase, tuple[tuple[str, Phrase], ...]]:
    """Return the keys of this reader's pages, by where they work."""
    left_out = frozenset() if _may_anywhere(user, OPERATE) else ACTING
    known = {name: tuple(row for row in keys if row[0] not in left_out) for name, keys in KEYS.items()}
    return {name: keys for name, keys in known.items() if keys} | {
        _("Go to"): tuple((f"g {place.key}", place.label) for place in places_for(user))
    }
