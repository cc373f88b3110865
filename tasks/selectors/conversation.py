"""A run as a conversation: the prompt as it was sent, what the model said and called, what came back, what people answered."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tasks.models import Step
from tasks.selectors.prompt import ShownTurn, read_answer, read_call
from tasks.selectors.step_words import arguments_of, say_error, say_retry, took_of
from tasks.selectors.words import Text, fold_text
from victoros.lib.wording import say_word

MOST = 6_000
"""Characters of one saying in a conversation; the step itself shows all."""


@dataclass(frozen=True)
class Saying:
    """One thing said: by the system, the task, the agent, a tool or a person."""

    who: str
    """`system`, `asked`, `agent`, `tool`, `person` or `failed`."""
    name: str
    n: int
    """The step it belongs to."""
    at: datetime
    text: Text | None = None
    call: ShownTurn | None = None
    note: str = ""
    is_prose: bool = False
    """Whether the text is Markdown rather than data."""
    took_s: float = 0.0
    tokens: int = 0
    child: int | None = None


def tell_conversation(steps: list[Any], agent: str, *, after: int = 0) -> list[Saying]:
    """Return what was said in the steps that follow number `after`, in order; the ones before only give the context."""
    said: list[Saying] = []
    system, tries, before = "", 0, None
    for step in steps:
        told = list(_tell(step, agent, system, before, tries))
        if step.n > after:
            said += told
        system = str(_request(step).get("system") or system) if step.kind == Step.Kind.THINK else system
        tries = tries + 1 if step.outcome == Step.Outcome.FAILED else 0
        before = step
    return said


def _tell(step: Any, agent: str, system: str, before: Any, tries: int) -> Iterator[Saying]:
    result = step.result if isinstance(step.result, dict) else {"value": step.result}
    if step.kind == Step.Kind.THINK:
        if not tries:
            yield from _tell_prompt(step, system)
        yield _tell_answer(step, agent, result, say_retry(step, tries, before))
    elif step.kind == Step.Kind.WAIT:
        yield _tell_wait(step, result)
    else:
        if not _was_called(before, step):
            yield _saying(step, "agent", agent, call=_call(step), note=str(_request(step).get("why") or "")[:400])
        yield _tell_result(step, result)


def _tell_prompt(step: Any, system: str) -> Iterator[Saying]:
    """Tell what is new in a prompt: instructions that are not those of before, and what follows the last answer."""
    request = _request(step)
    new = str(request.get("system") or "")
    if new and new != system:
        yield _saying(step, "system", "instructions", text=_fold(new), at=step.started_at)
    for turn in _last_asked(request.get("turns")):
        yield _saying(step, "asked", "asked", text=_fold(str(turn.get("text") or "")), at=step.started_at)


def _last_asked(turns: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for turn in reversed([turn for turn in turns or [] if isinstance(turn, dict)]):
        if turn.get("role") != "user":
            break
        found.append(turn)
    return found[::-1]


def _tell_answer(step: Any, agent: str, result: dict[str, Any], retry: str) -> Saying:
    if step.outcome == Step.Outcome.FAILED:
        return _saying(step, "failed", step.name or agent, text=_fold(say_error(result.get("error"))), note=retry)
    answer = read_answer(result)
    return _saying(
        step,
        "agent",
        agent,
        text=_fold(answer) if answer else None,
        call=read_call(result.get("call")),
        note=" · ".join(part for part in (step.name, retry) if part),
        is_prose=bool(result.get("text")),
    )


def _tell_wait(step: Any, result: dict[str, Any]) -> Saying:
    if step.name == "answer":
        question = str(_request(step).get("question") or "")
        by = str(result.get("by") or _("a person"))
        return _saying(
            step, "person", by, text=_fold(str(result.get("answer") or "")), note=question[:400], is_prose=True
        )
    text = json.dumps(result, ensure_ascii=False, indent=2)
    return _saying(
        step, "tool", _("waited for %(what)s") % {"what": say_word(step.name)}, text=_fold(text), child=_child(result)
    )


def _tell_result(step: Any, result: dict[str, Any]) -> Saying:
    if step.outcome == Step.Outcome.FAILED or result.get("error"):
        return _saying(step, "failed", step.name, text=_fold(say_error(result.get("error"))))
    only = next(iter(result.values())) if len(result) == 1 else None
    text = only if isinstance(only, str) else json.dumps(result, ensure_ascii=False, indent=2)
    return _saying(step, "tool", step.name, text=_fold(text), child=_child(result))


def _was_called(before: Any, step: Any) -> bool:
    """Tell whether the model asked for this act just before, so that its call stands there already."""
    if before is None or before.kind != Step.Kind.THINK or not isinstance(before.result, dict):
        return False
    call = read_call(before.result.get("call"))
    return call is not None and call.tool == step.name


def _call(step: Any) -> ShownTurn:
    return ShownTurn("assistant", "", step.name, arguments_of(_request(step)))


def _saying(step: Any, who: str, name: str, *, at: datetime | None = None, **fields: Any) -> Saying:
    is_prompt = who in ("system", "asked")
    took_s, tokens = (0.0, 0) if is_prompt else (took_of(step), step.tokens_in + step.tokens_out)
    return Saying(who, name, step.n, at or step.finished_at, took_s=took_s, tokens=tokens, **fields)


def _request(step: Any) -> dict[str, Any]:
    return step.request if isinstance(step.request, dict) else {}


def _child(result: dict[str, Any]) -> int | None:
    child = result.get("task")
    return child if isinstance(child, int) else None


def _fold(text: str) -> Text:
    return fold_text(text, most=MOST)
