"""What waits for a person, each with the act it is about and whether the reader may settle it."""

import json
from dataclasses import dataclass
from typing import Any

from agents.permissions import OPERATE, scope_of_user
from audit.models import AttentionItem
from audit.selectors import COUNTED, list_open_items
from tasks.models import Approval

PAGE = 50
ARGUMENT_CHARACTERS = 90


@dataclass(frozen=True)
class Need:
    """One thing that waits, as a row of the queue."""

    item: AttentionItem
    approval: Approval | None
    may_settle: bool

    @property
    def arguments(self) -> str:
        """The arguments of the act to approve, each cut short."""
        return say_arguments(self.approval.arguments) if self.approval else ""


@dataclass(frozen=True)
class Needs:
    """The head of the queue."""

    rows: list[Need]
    total: int
    is_more: bool
    """Whether there are more than are counted."""


def list_needs(user: Any, limit: int = PAGE, kind: str = "") -> Needs:
    """Return the most pressing of what waits for `user`, with the count. The queries do not depend on the rows."""
    waiting = list_open_items(user)
    waiting = waiting.filter(kind=kind) if kind else waiting
    items = list(waiting[:limit])
    total = waiting.order_by()[: COUNTED + 1].count()
    return Needs(describe_items(user, items), min(total, COUNTED), total > COUNTED)


def list_first_needs(user: Any, limit: int) -> list[Need]:
    """Return the head of the queue without counting the rest."""
    return describe_items(user, list(list_open_items(user)[:limit]))


def describe_items(user: Any, items: list[AttentionItem]) -> list[Need]:
    """Join items with the approvals they are about and with the reader's rights."""
    approvals = Approval.objects.in_bulk([item.object_ref for item in items if item.object_kind == "approval"])
    scope = scope_of_user(user, OPERATE)
    return [
        Need(
            item,
            approvals.get(item.object_ref) if item.object_kind == "approval" else None,
            scope.everything or item.swarm_ref in scope.swarm_ids,
        )
        for item in items
    ]


def say_arguments(arguments: dict[str, Any]) -> str:
    """Return `path=digest.md, text=4,102 characters`: enough to recognise a call in one line."""
    return ", ".join(f"{name}={_say_value(value)}" for name, value in arguments.items())


def _say_value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= ARGUMENT_CHARACTERS else f"{len(text):,} characters"


def say_when(approval: Approval) -> str:
    """Return how a sentence that ends in “goes on” continues: its swarm or agent may be held."""
    held = [row.name for row in (approval.swarm, approval.agent) if row.desired_state != "running"]
    return f" once {' and '.join(held)} {'are' if len(held) > 1 else 'is'} started again" if held else ""
