"""Why a task ended badly: what went wrong, where, and what the engine did about it before it gave up."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from audit.reasons import say_reason
from tasks.models import Attempt, Step, Task
from tasks.selectors.step_words import say_error, title_of
from tasks.selectors.window import RunChoice, read_window
from victoros.lib.figures import say_seconds
from victoros.lib.wording import say_many, say_word

ENDED_BADLY = ("failed", "quarantined")
TOLD = 5
"""Attempts whose end is told, the newest of them."""
LOOKED_AT = 20
"""The last steps of the attempt in which the one that failed is looked for."""


@dataclass(frozen=True)
class Deed:
    """One thing the engine did."""

    at: datetime | None
    status: str
    text: str
    attempt: int = 0


@dataclass(frozen=True)
class Cause:
    """The answer to `why did this fail`."""

    category: str
    message: str
    hint: str
    error_id: str
    attempt: Attempt | None
    step: int
    """Number of the step that failed; 0 when none is known."""
    step_words: str
    is_finished: bool
    """Whether that step is in the journal; one that killed its process is not."""
    deeds: list[Deed]
    """What was tried, in order of time."""


def explain_failure(task: Task, attempts: list[Attempt]) -> Cause | None:
    """Return why the task failed or was quarantined; None for any other. `attempts` are newest first. One query."""
    if task.status not in ENDED_BADLY:
        return None
    latest = attempts[0] if attempts else None
    steps = read_window(latest, RunChoice(), size=LOOKED_AT).steps if latest else []
    failed = _last_failed(steps) if task.status == Task.Status.FAILED else None
    error = failed.error if failed is not None and isinstance(failed.error, dict) else {}
    return Cause(
        category=(latest.error_category if latest else "") or "unknown",
        message=say_reason((latest.error_message if latest else "") or task.reason) or _("No reason was given."),
        hint=str(error.get("hint") or ""),
        error_id=latest.error_id if latest else "",
        attempt=latest,
        step=_number(task, latest, failed),
        step_words=" ".join(part for part in title_of(failed) if part) if failed else "",
        is_finished=failed is not None,
        deeds=list(_deeds(attempts, steps)),
    )


def _last_failed(steps: list[Any]) -> Any:
    return next((step for step in reversed(steps) if step.outcome == Step.Outcome.FAILED), None)


def _number(task: Task, latest: Attempt | None, failed: Any) -> int:
    if failed is not None:
        return int(failed.n)
    return latest.steps + 1 if latest and task.status == Task.Status.QUARANTINED else 0


def _deeds(attempts: list[Attempt], steps: list[Any]) -> list[Deed]:
    deeds = []
    shown = attempts[:TOLD][::-1]
    if len(attempts) > TOLD:
        deeds.append(
            Deed(
                None,
                "ended",
                _("%(attempts)s not told here") % {"attempts": say_many(len(attempts) - TOLD, "earlier attempt")},
            )
        )
    for before, attempt in pairwise([None, *shown]):
        assert attempt is not None
        if before is not None and before.ended_at:
            rest_s = (attempt.created_at - before.ended_at).total_seconds()
            deeds.append(
                Deed(
                    before.ended_at,
                    "waiting",
                    _("rested %(time)s and began anew") % {"time": say_seconds(max(rest_s, 0))},
                )
            )
        deeds.append(Deed(attempt.ended_at, attempt.status, _say_attempt(attempt), attempt.n))
    return _with_tries(deeds, steps)


def _say_attempt(attempt: Attempt) -> str:
    why = f": {say_error({'category': attempt.error_category, 'message': attempt.error_message})}"
    deaths = attempt.deaths + attempt.unclear_deaths
    killed = _(", its process died %(deaths)s") % {"deaths": say_many(deaths, "time")} if deaths else ""
    return _("attempt %(n)s %(status)s after %(steps)s%(killed)s") % {
        "n": attempt.n,
        "status": say_word(attempt.status),
        "steps": say_many(attempt.steps, "step"),
        "killed": killed,
    } + (why if attempt.error_message else "")


def _with_tries(deeds: list[Deed], steps: list[Any]) -> list[Deed]:
    """Tell how often the last attempt asked or acted again before it failed."""
    failed = [step for step in steps if step.outcome == Step.Outcome.FAILED]
    if len(failed) < 2:
        return deeds
    text = _("tried again %(times)s within the last attempt, with longer rests between") % {
        "times": say_many(len(failed) - 1, "time")
    }
    return [*deeds[:-1], Deed(failed[0].finished_at, "read", text), deeds[-1]]
