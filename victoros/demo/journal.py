"""The steps of one made-up attempt: thinking and acting by turns, with tokens, cost and times that add up."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from victoros.demo.words import MODELS, PLACES, RESULTS, THOUGHTS


@dataclass(slots=True)
class StepRow:
    """A step as it is inserted: the attributes of the model and nothing of its price."""

    attempt_id: int
    n: int
    kind: str
    name: str
    outcome: str
    request: dict[str, Any]
    result: dict[str, Any]
    tokens_in: int
    tokens_out: int
    cost_nanos: int
    started_at: datetime
    finished_at: datetime


@dataclass
class Journal:
    """The steps of an attempt and what they come to."""

    rows: list[StepRow]
    tokens_in: int
    tokens_out: int
    nanos: int
    ended_at: datetime


THINKING_S, ACTING_S = (0.8, 5.0), (0.05, 1.2)
SYSTEM = "You work in a team. Use the tools; call complete when the task is done. Never invent a source."
TOOLS = ["list_files", "read_file", "write_file", "publish_file", "send_mail", "read_mail", "remember", "complete"]


def make_journal(
    number: int, title: str, began: datetime, until: datetime, random: Random, *, completes: bool
) -> Journal:
    """Make so many steps that begin after `began` and are finished by `until`; the ids of the attempt are set later.

    One that `completes` ends with the call that says so, and looks at the folder first where the number asks for it.
    """
    first = 2 if completes and number % 2 == 0 else 1
    spans = [random.uniform(*(THINKING_S if _is_thought(n, first) else ACTING_S)) for n in range(1, number + 1)]
    room = (until - began).total_seconds()
    squeeze = min(1.0, room / sum(spans)) if spans and room > 0 else 0.0
    model, price_in, price_out = MODELS[random.random() < 0.7]
    rows, at, context, path = [], began, 300, ""
    for n, span in enumerate(spans, 1):
        finished = at + timedelta(seconds=span * squeeze)
        if _is_thought(n, first):
            path = _path(random)
            row = _think(n, title, model, context, random, first)
            row.result["call"] = _complete(random) if completes and n == number else _read(path)
            row.cost_nanos = row.tokens_in * price_in + row.tokens_out * price_out
        elif n < first:
            row = _list(n, random)
        else:
            row = _act(n, path, random)
        row.started_at, row.finished_at, at = at, finished, finished
        context = min(context + 90, 9_000)
        rows.append(row)
    return Journal(
        rows,
        sum(row.tokens_in for row in rows),
        sum(row.tokens_out for row in rows),
        sum(row.cost_nanos for row in rows),
        at,
    )


def _is_thought(n: int, first: int) -> bool:
    return n >= first and (n - first) % 2 == 0


def _think(n: int, title: str, model: str, context: int, random: Random, first: int) -> StepRow:
    request: dict[str, Any] = {"since_step": first, "turns_sent": n, "tools": TOOLS}
    if n == first:
        request = {"system": SYSTEM, "turns": [{"role": "user", "text": title}], "tools": TOOLS}
    result: dict[str, Any] = {"text": random.choice(THOUGHTS)}
    return StepRow(0, n, "think", model, "done", request, result, context, random.randint(20, 180), 0, *NEVER)


def _read(path: str) -> dict[str, Any]:
    return {"name": "read_file", "arguments": {"path": path}}


def _complete(random: Random) -> dict[str, Any]:
    return {"name": "complete", "arguments": {"result": random.choice(RESULTS)}}


def _list(n: int, random: Random) -> StepRow:
    files = [{"path": _path(random), "bytes": random.randint(800, 90_000)} for _ in range(3)]
    result = {"files": files, "total": len(files)}
    return StepRow(0, n, "act", "list_files", "done", {"arguments": {}}, result, 0, 0, 0, *NEVER)


def _act(n: int, path: str, random: Random) -> StepRow:
    if random.random() < 0.02:
        error = {"category": "validation", "message": f"There is no file {path}.", "hint": "Use list_files."}
        return StepRow(
            0, n, "act", "read_file", "failed", {"arguments": {"path": path}}, {"error": error}, 0, 0, 0, *NEVER
        )
    result = {"path": path, "characters": random.randint(400, 9_000), "text": random.choice(THOUGHTS)}
    return StepRow(0, n, "act", "read_file", "done", {"arguments": {"path": path}}, result, 0, 0, 0, *NEVER)


def _path(random: Random) -> str:
    return f"{random.choice(PLACES).lower()}/page-{random.randint(1, 400)}.md"


NEVER = (datetime.min.replace(tzinfo=UTC),) * 2
"""Until the step has its place in time."""
