"""A run as a tree: the attempts of a task, in the chosen one its thoughts, under each the calls it led to and their subtasks."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tasks.models import Attempt, Step, Task
from tasks.selectors.step_words import say_error, say_retry, title_of, took_of
from victoros.lib.wording import say_many, say_word

MOST_ATTEMPTS = 12
"""Attempts shown around the chosen one."""


@dataclass(frozen=True)
class Node:
    """One line of the tree."""

    level: int
    """1 an attempt, 2 a thought or a call nobody thought about, 3 a call, 4 a subtask."""
    status: str
    title: str
    note: str = ""
    n: int = 0
    """Number of the step; 0 for attempts and subtasks."""
    took_s: float | None = None
    tokens: int = 0
    is_failed: bool = False
    attempt: Attempt | None = None
    task: Task | None = None


def grow_tree(steps: list[Any], *, after: int = 0) -> list[Node]:
    """Return the steps that follow number `after` as nodes; those before only tell how deep these lie. One query."""
    tasks = _subtasks(steps)
    nodes: list[Node] = []
    has_thought, tries, before = False, 0, None
    for step in steps:
        has_thought = has_thought or step.kind == Step.Kind.THINK
        level = 2 if step.kind == Step.Kind.THINK or not has_thought else 3
        if step.n > after:
            nodes += _nodes(step, level, say_retry(step, tries, before), tasks)
        tries = tries + 1 if step.outcome == Step.Outcome.FAILED else 0
        before = step
    return nodes


def attempts_around(attempts: list[Attempt], chosen: Attempt) -> tuple[list[Node], list[Node]]:
    """Return the attempts before and after the chosen one as nodes, the nearest of them; `attempts` are newest first."""
    ordered = attempts[::-1]
    at = next(n for n, row in enumerate(ordered) if row.pk == chosen.pk)
    earlier = ordered[max(0, at - MOST_ATTEMPTS) : at]
    return [as_node(row) for row in earlier], [as_node(row) for row in ordered[at + 1 : at + 1 + MOST_ATTEMPTS]]


def as_node(attempt: Attempt) -> Node:
    """Return an attempt as a node: by whom, how it stands, how long it was."""
    failed = f": {say_word(attempt.error_category)}" if attempt.error_category else ""
    took_s = (attempt.ended_at - attempt.created_at).total_seconds() if attempt.ended_at else None
    return Node(
        1,
        attempt.status,
        _("Attempt %(n)s") % {"n": attempt.n},
        f"{attempt.agent.name}, {say_word(attempt.status)}{failed}, {say_many(attempt.steps, 'step')}",
        took_s=took_s,
        tokens=attempt.tokens_in + attempt.tokens_out,
        attempt=attempt,
    )


def _subtasks(steps: list[Any]) -> dict[int, Task]:
    ids = {step.child for step in steps if isinstance(step.child, int)}
    return Task.objects.only("title", "status").in_bulk(ids) if ids else {}


def _nodes(step: Any, level: int, retry: str, tasks: dict[int, Task]) -> list[Node]:
    failed = step.outcome == Step.Outcome.FAILED
    title, note = title_of(step)
    note = say_error(step.error) if failed else note
    node = Node(
        level,
        "failed" if failed else "done",
        title,
        " · ".join(part for part in (retry, note) if part),
        n=step.n,
        took_s=took_of(step),
        tokens=step.tokens_in + step.tokens_out,
        is_failed=failed,
    )
    child = tasks.get(step.child) if isinstance(step.child, int) else None
    return [node, Node(level + 1, child.status, child.title, task=child)] if child else [node]
