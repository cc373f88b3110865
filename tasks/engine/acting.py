"""Using a tool durably: who may, whether a person must decide first, and acts on the outside under one key.

An act on the outside is written down as intended before it happens and settled after; see docs/engine.md.
"""

import asyncio
import json
from typing import Any, NoReturn

from agents.llm.schemas import find_fault
from agents.models import Swarm
from agents.tools.policy import ASK, REFUSE, decide, digest_act, effect_key
from agents.tools.registry import EffectClass, OutcomeUnknown, Tool, ToolContext, find_tool
from tasks.editing import as_approved
from tasks.engine import tries as limits
from tasks.engine.orders import EffectFacts, StepDraft
from tasks.engine.points import Point, reach
from tasks.engine.progress import Left, Progress
from tasks.engine.waits import ask_for_approval, report_uncertain
from tasks.models import Effect
from victoros.lib import clock
from victoros.lib.errors import Category, InvalidInput, LimitReached, VictorError

MAX_RESULT = 1_000_000
"""Characters of JSON that a tool may return."""


class Acting:
    """The acts of one attempt, and what is known of those before."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._order = progress, progress.order
        self._effects = dict(progress.order.effects)

    async def act(self, name: str, arguments: dict[str, Any], why: str) -> dict[str, Any]:
        """Return what the agent observes, from the journal if it was done before."""
        progress = self._progress
        tries = progress.skip_failed("act")
        past = progress.replay("act", name)
        if past is not None:
            return past.result
        await progress.pass_gate()
        step = progress.draft("act", name, {"arguments": arguments, **({"why": why} if why else {})}, clock.now())
        try:
            tool = _check_tool(name, arguments)
        except VictorError as error:
            return await progress.observe(step, {"error": error.as_dict()})
        refusal = await self._clear(tool, arguments, step, why)
        if refusal:
            return await progress.observe(step, {"error": refusal})
        tool, arguments = as_approved(tool, arguments, step, self._order.approvals)
        if tool.inside:
            return await progress.observe(step, perform=lambda: tool.run(self._context(tool, arguments), arguments))
        return await self._act_outside(tool, arguments, step, tries)

    async def _clear(self, tool: Tool, arguments: dict[str, Any], step: StepDraft, why: str) -> dict[str, str] | None:
        """Return None when the act may go on, or why it may not; leaves to wait when a person must decide."""
        agent = self._order.agent
        verdict = decide(tool, agent_tools=agent.tools, swarm_policy=self._order.swarm.policy)
        if verdict == REFUSE:
            return _refusal(f"{agent.name} may not use {tool.name}.", "Use one of the tools you were offered.")
        if verdict != ASK:
            return None
        decided = self._order.approvals.get(digest_act(tool.name, arguments))
        if decided is not None and decided.status == "approved":
            return None
        if decided is not None and decided.status != "pending":
            return _refusal(f"The operators {decided.status} this: {decided.note}", "Do not try the same again.")
        await self._progress.commit(step=step, perform=lambda: ask_for_approval(self._order, tool, arguments, why))
        raise Left

    async def _act_outside(self, tool: Tool, arguments: dict[str, Any], step: StepDraft, tries: int) -> dict[str, Any]:
        """Act under one key until it is known what came of it; after the last try, a person is asked."""
        progress, context = self._progress, self._context(tool, arguments)
        if tool.effect == EffectClass.READ:
            return await progress.observe(step, await self._run_tool(tool, context, arguments))
        known = self._effects.get(context.key)
        if known is not None and known.status == "done":
            return await progress.observe(step, known.result)
        if known is None or known.status != "intended":
            tries = 0
        elif not tool.repeatable or tries >= limits.MAX_TRIES:
            await self._ask_whether(tool, context.key, step)
        while True:
            await self._intend(tool, arguments, step, context.key)
            reach(Point.EFFECT_INTENDED)
            try:
                result = await self._run_tool(tool, context, arguments)
            except OutcomeUnknown as error:
                tries += 1
                step = await self._note_unknown(step, error)
                if not tool.repeatable or tries >= limits.MAX_TRIES:
                    await self._ask_whether(tool, context.key, step)
                await asyncio.sleep(limits.pause_before(tries))
                await progress.pass_gate()
                continue
            reach(Point.EFFECT_ACTED)
            step.result = result
            await progress.commit(step=step, settle=(context.key, "failed" if "error" in result else "done", result))
            return result

    async def _note_unknown(self, step: StepDraft, error: OutcomeUnknown) -> StepDraft:
        """Write down a try of which nobody knows what came of it; returns the step for the next one."""
        step.outcome, step.result = "failed", {"error": error.as_dict()}
        await self._progress.commit(step=step)
        return self._progress.draft(step.kind, step.name, step.request, clock.now())

    async def _ask_whether(self, tool: Tool, key: str, step: StepDraft) -> NoReturn:
        """Leave, and wait as a row until a person says whether the act took place."""
        await self._progress.commit(step=step, perform=lambda: report_uncertain(self._order, tool, key))
        raise Left

    async def _intend(self, tool: Tool, arguments: dict[str, Any], step: StepDraft, key: str) -> None:
        """Write down that the act is about to be done, or done again."""
        if key in self._effects:
            await self._progress.commit(settle=(key, "intended", {}))
            return
        attempt_id = self._order.attempt_id
        effect = Effect(key=key, attempt_id=attempt_id, step_n=step.n, tool=tool.name, arguments=arguments)
        await self._progress.commit(intent=effect)
        self._effects[key] = EffectFacts(key, "intended", {})

    async def _run_tool(self, tool: Tool, context: ToolContext, arguments: dict[str, Any]) -> dict[str, Any]:
        host, order = self._progress.host, self._order
        try:
            return _bound(tool.name, await host.in_thread(order, tool.name, lambda: tool.run(context, arguments)))
        except VictorError as error:
            if isinstance(error, OutcomeUnknown) and tool.effect != EffectClass.READ:
                raise
            return {"error": error.as_dict()}

    def _context(self, tool: Tool, arguments: dict[str, Any]) -> ToolContext:
        order = self._order
        return ToolContext(
            agent_id=order.agent.id,
            agent_name=order.agent.name,
            swarm_id=order.swarm.id,
            task_id=order.task.id,
            attempt_id=order.attempt_id,
            folder=Swarm(pk=order.swarm.id).folder,
            input_folder=order.swarm.input_folder,
            key=effect_key(order.task.id, self._progress.done + 1, tool.name, arguments),
        )


def _check_tool(name: str, arguments: dict[str, Any]) -> Tool:
    tool = find_tool(name)
    fault = find_fault(arguments, tool.schema)
    if fault:
        raise InvalidInput(f"{name} cannot be called like this: {fault}", hint="Follow the tool's schema.")
    return tool


def _bound(name: str, result: dict[str, Any]) -> dict[str, Any]:
    """Return a tool's result, or in its place what to do when it is too long for the journal."""
    length = len(json.dumps(result, default=str))
    if length <= MAX_RESULT:
        return result
    error = LimitReached(
        f"{name} returned {length:,} characters; {MAX_RESULT:,} are kept.", hint="It was done. Ask for less at once."
    )
    return {"error": error.as_dict()}


def _refusal(message: str, hint: str) -> dict[str, str]:
    return {"category": Category.PERMISSION, "message": message, "hint": hint, "id": ""}
