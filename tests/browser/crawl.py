"""Every address of the site that can be looked at, with the rows of `tests.browser.world` behind it.

A new address is opened as it is, or with the id its first word names; one that fits neither must be put into a table here.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from agents.models import Agent, Message, Provider, SavedView, Swarm, Workspace
from agents.services.views import save_view
from audit.models import AttentionItem
from tasks.bulk.drafts import draft_bulk
from tasks.models import Approval, BulkAct, Cell, StandingRule, Task

IDS: dict[str, Callable[[], int]] = {
    "task": lambda: Task.objects.get(status="in_progress").pk,
    "agent": lambda: Agent.objects.earliest("pk").pk,
    "swarm": lambda: Swarm.objects.earliest("pk").pk,
    "mail": lambda: Message.objects.earliest("pk").pk,
    "approval": lambda: Approval.objects.earliest("pk").pk,
    "attention": lambda: AttentionItem.objects.filter(kind="question").earliest("pk").pk,
    "provider": lambda: Provider.objects.earliest("pk").pk,
    "cell": lambda: Cell.objects.earliest("pk").pk,
    "view": lambda: SavedView.objects.latest("pk").pk,
    "bulk": lambda: BulkAct.objects.latest("pk").pk,
    "workspace": lambda: Workspace.objects.earliest("pk").pk,
    "rule": lambda: StandingRule.objects.earliest("pk").pk,
}
"""The first word of an address's name, and a row that its id may be."""

QUERIES = {
    "task_control": "?act=cancel",
    "agent_control": "?act=stop",
    "agent_version_use": "?n=1",
    "swarm_control": "?act=stop",
    "swarm_mail": "?act=hold",
    "approval_decide": "?decision=reject",
    "find": "?q=desk",
    "view_new": "?list=task_list",
}
"""What an address wants to be asked with."""

NAMES = {"learn_lesson": "stop", "learn_page": "tasks"}
"""What stands in the addresses that hold a name."""

MORE = (
    "/tasks/?view=board",
    "/tasks/?state=failed",
    "/agents/?state=busy",
    "/needs-me/?kind=approval",
    "/audit/?kind=task.",
    "/gallery/?look=light",
    "/gallery/?look=dark",
)
"""Further views of the same addresses."""

KNOWN = (200, 302, 405, 409)
"""A page, the way to one, what only answers to POST, and what cannot be done to the row at hand."""

NO_PAGES = re.compile(
    r"sign_in|sign_out|welcome|asset|manifest|service_worker|healthz|live_\w+|set_look|set_language|set_density|mail_(acknowledge|archive|restore)|provider_(test|default)|(device|channel)_(test|remove)"
    r"|learn_(bar|start|leave)|first_steps\w*|setup_(verdict|test|skip|again)|sample_fill|task_step"
)
"""Addresses that are no pages of somebody signed in: data, sections, and what only answers to POST."""


@dataclass(frozen=True)
class Crawl:
    """What came of opening every address."""

    pages: list[str]
    failed: dict[str, int]
    """Addresses that answered neither with a page nor with a reason why they are none."""
    unopened: list[str]
    """Routes that nobody said how to open."""


def list_pages(user: Any) -> list[str]:
    """Return every page that `user` can look at."""
    return open_all(user).pages


def open_all(user: Any) -> Crawl:
    """Open every address as `user`, without a browser."""
    client = Client()
    client.force_login(user)
    _keep_own(user)
    routes = [(name, route) for route, name in _routes(get_resolver()) if not NO_PAGES.fullmatch(name)]
    opened = {route: _open(name, route) for name, route in routes}
    answers = {address: client.get(address) for address in [*filter(None, opened.values()), *MORE]}
    return Crawl(
        pages=[address for address, answer in answers.items() if _is_page(answer)],
        failed={address: answer.status_code for address, answer in answers.items() if answer.status_code not in KNOWN},
        unopened=[route for route, address in opened.items() if address is None],
    )


def _keep_own(user: Any) -> None:
    """Let the reader have what only its owner may open: a view, and an act on many rows that has not begun."""
    save_view(user=user, list_name="task_list", name="Failed", query="state=failed")
    draft_bulk(user=user, noun="task", act="cancel", refs=[Task.objects.get(status="in_progress").pk])


def _is_page(answer: Any) -> bool:
    return bool(answer.status_code == 200 and "text/html" in answer.headers["Content-Type"])


def _routes(resolver: URLResolver, before: str = "/") -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        address = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield address, entry.name or ""
        elif entry.namespace != "admin":
            yield from _routes(entry, address)


def _open(name: str, route: str) -> str | None:
    noun, wanted = name.partition("_")[0], re.findall(r"<\w+:(\w+)>", route)
    if name in NAMES:
        return reverse(name, args=[NAMES[name]])
    if set(wanted) - {"pk", "n"} or ("pk" in wanted and noun not in IDS):
        return None
    args = [IDS[noun]() if word == "pk" else 1 for word in wanted]
    return reverse(name, args=args) + QUERIES.get(name, "")
