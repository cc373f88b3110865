"""Asking an agent's language model durably: bounded tries, each a step of its own, and long pauses as rows."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NoReturn

from agents.llm.errors import LlmError
from agents.llm.types import Connection, LlmAnswer, LlmRequest
from tasks.engine import tries as limits
from tasks.engine.journal import answer_from_json, answer_to_json, nanos_of, request_to_json
from tasks.engine.line import MustWait
from tasks.engine.orders import Waiting
from tasks.engine.points import Point, reach
from tasks.engine.progress import Left, Progress
from victoros.lib import clock
from victoros.lib.errors import Category, VictorError

RETRY_TEMPERATURE = 0.3


class NoProvider(VictorError):
    """The agent has no language model to ask."""

    category = Category.CONFIGURATION


async def think(progress: Progress, request: LlmRequest, as_sent: dict[str, Any] | None) -> LlmAnswer:
    """Return the model's answer, from the journal if it was asked before. Raises `LlmError` for good."""
    tries = progress.skip_failed("think")
    past = progress.replay("think")
    if past is not None:
        return answer_from_json(past.result)
    sent = as_sent or request_to_json(request)
    while True:
        await progress.pass_gate()
        started = clock.now()
        try:
            answer = await _ask(progress, _varied(request, tries))
        except MustWait as wait:
            await _wait_for_turn(progress, wait.wake_at, wait.why)
        except LlmError as error:
            tries += 1
            final = not error.retryable or tries >= limits.MAX_TRIES
            await _note_failure(progress, error, sent, started, final=final)
            if final:
                raise
            await _rest(progress, error, tries)
            continue
        reach(Point.MODEL_ANSWERED)
        await _note_answer(progress, answer, sent, started)
        return answer


async def _ask(progress: Progress, request: LlmRequest) -> LlmAnswer:
    agent = progress.order.agent
    if isinstance(agent.connection, VictorError):
        raise agent.connection
    if agent.connection is None:
        raise NoProvider(
            f"{agent.name} has no language model.", hint="Add a provider and make it the default, or choose one."
        )
    return await progress.host.ask(agent.connection, request, progress.order.swarm.id)


def _varied(request: LlmRequest, tries: int) -> LlmRequest:
    """Return the request as it is at first; afterwards with some chance in it, or the same bad answer would come back."""
    if not tries:
        return request
    return replace(request, seed=tries, temperature=max(request.temperature, RETRY_TEMPERATURE))


async def _note_answer(progress: Progress, answer: LlmAnswer, sent: dict[str, Any], started: datetime) -> None:
    step = progress.draft("think", answer.model, sent, started)
    step.result = answer_to_json(answer)
    step.tokens_in, step.tokens_out = answer.tokens_in, answer.tokens_out
    step.cost_nanos = nanos_of(answer.cost)
    await progress.commit(step=step)


async def _note_failure(
    progress: Progress, error: LlmError, sent: dict[str, Any], started: datetime, *, final: bool
) -> None:
    connection = progress.order.agent.connection
    step = progress.draft("think", connection.model if isinstance(connection, Connection) else "", sent, started)
    step.outcome = "failed"
    step.result = {"error": error.as_dict(), "final": final, "retryable": error.retryable}
    step.tokens_in, step.tokens_out = getattr(error, "tokens_in", 0), getattr(error, "tokens_out", 0)
    step.cost_nanos = nanos_of(getattr(error, "cost", None))
    await progress.commit(step=step)


async def _rest(progress: Progress, error: LlmError, tries: int) -> None:
    pause_s = max(error.retry_after_s or 0.0, limits.pause_before(tries))
    if pause_s <= limits.LONGEST_PAUSE_S:
        await asyncio.sleep(pause_s)
        return
    wake_at = clock.now() + timedelta(seconds=pause_s)
    await _wait_for_turn(progress, wake_at, f"The provider asks to wait {pause_s:.0f} s: {error.message}")


async def _wait_for_turn(progress: Progress, wake_at: datetime, why: str) -> NoReturn:
    await progress.commit(ending=Waiting("quota", wake_at=wake_at, why=why))
    raise Left
