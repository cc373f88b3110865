"""One step in words: what it was, which try, how it failed, how long it took."""

from typing import Any

from django.utils.translation import gettext as _

from audit.reasons import say_reason
from tasks.models import Step
from victoros.lib.wording import say_word

_TELLING = ("path", "title", "subject", "question", "name", "to", "url", "result", "text")
"""Arguments that say most about a call, best first."""


def title_of(step: Any) -> tuple[str, str]:
    """Return what a step was in a word or two, and what it was about."""
    if step.kind == Step.Kind.THINK:
        return _("think"), f"→ {str(step.called).replace('_', ' ')}" if step.called else step.name
    if step.kind == Step.Kind.WAIT:
        return _("wait for %(what)s") % {"what": say_word(step.name)}, ""
    return step.name.replace("_", " "), describe_call(arguments_of(step.asked))


def describe_call(arguments: dict[str, Any]) -> str:
    """Say in a few words what a call was about: its most telling argument."""
    for key in _TELLING:
        value = arguments.get(key)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:90]
    plain = [(key, value) for key, value in arguments.items() if isinstance(value, str | int | float) and value != ""]
    return ", ".join(f"{key} {value}" for key, value in plain[:3])[:90]


def arguments_of(request: Any) -> dict[str, Any]:
    """Return the arguments an act step was called with."""
    arguments = request.get("arguments", request) if isinstance(request, dict) else {}
    return arguments if isinstance(arguments, dict) else {}


def say_error(error: Any) -> str:
    """Return an error that a step or attempt holds in one line."""
    if isinstance(error, dict):
        category, message = say_word(error.get("category") or ""), say_reason(str(error.get("message") or ""))
        return ": ".join(part for part in (category, message) if part)[:160]
    return str(error or "failed")[:160]


def say_retry(step: Any, tries: int, before: Any) -> str:
    """Name a try that followed `tries` failed ones: its number, and the model when that is another one than before."""
    if not tries:
        return ""
    is_other = step.kind == Step.Kind.THINK and before.name and step.name != before.name
    return _("fall-back to %(name)s") % {"name": step.name} if is_other else _("try %(n)s") % {"n": tries + 1}


def took_of(step: Step) -> float:
    """Return how long a step took, in seconds; clocks that went back make it 0."""
    return max(0.0, (step.finished_at - step.started_at).total_seconds())
