"""What the agents of a schedule do: moves named by their task. Model and outside are in the process and note what reaches them."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from agents.llm.errors import LlmLimited
from agents.llm.scripted import register_script, say
from agents.llm.types import LlmAnswer, LlmRequest, Turn
from agents.tools.registry import Arguments, EffectClass, Tool, ToolContext, register, schema
from tasks.engine.orders import Completed
from tasks.engine.registry import program
from tasks.engine.run import Run
from victoros.lib.errors import VictorError
from victoros.ops.chaos.points.notebook import ACTS, MODEL, OPEN

LATENCY_S = 0.002
LONG_PAUSE_S = 30.0
"""A provider that asks for so much makes the attempt wait as a row."""


class Unlucky(VictorError):
    """An attempt that fails and may be tried again."""

    retryable = True


@program("points.work")
async def work(run: Run) -> Completed:
    """Make the moves that the task names, in order."""
    for n, move in enumerate(run.task.data["moves"]):
        await MOVES[move](run, n)
    return Completed(f"attempt {run.order.n}", {"moves": len(run.task.data["moves"])})


@program("points.check")
async def check(run: Run) -> Completed:
    """Refute the first result and verify the second."""
    target = await run.act("look_at_task", {"task": run.task.verifies_id})
    await _think(run, 0)
    if target["result"] == "attempt 1":
        await run.act("refute", {"task": target["task"], "reason": "Look again."})
    else:
        await run.act("verify", {"task": target["task"], "evidence": {"seen": True}})
    return Completed("judged")


async def _think(run: Run, n: int) -> None:
    question = f"{run.task.id}:{run.order.n}:{n}"
    await run.think(LlmRequest(system="", turns=(Turn("user", question),), timeout_s=30))


async def _think_slowly(run: Run, n: int) -> None:
    question = f"{run.task.id}:{run.order.n}:{n}:limited"
    await run.think(LlmRequest(system="", turns=(Turn("user", question),), timeout_s=30))


async def _post(run: Run, n: int) -> None:
    await run.act("points_post", {"n": n})


async def _pay(run: Run, n: int) -> None:
    await run.act("points_pay", {"n": n}, why="It is due.")


async def _ask(run: Run, n: int) -> None:
    if await run.ask_person(f"How shall {run.task.title} go on?") != "Well.":
        raise ValueError("That was not the answer.")


async def _subtask(run: Run, n: int) -> None:
    made = await run.act("subtask", {"title": f"Part {n}", "needs": ["work"], "data": {"moves": ["think", "post"]}})
    ended = await run.wait_for_task(made["task"])
    if ended["status"] != "completed":
        raise ValueError(f"The part {ended['status']}.")


async def _write(run: Run, n: int) -> None:
    await run.act("send_mail", {"to": "reader", "subject": "News", "body": "It is done."})
    await run.act("send_mail", {"to": "clerk", "subject": "A request", "body": "Do it.", "kind": "request"})


async def _read(run: Run, n: int) -> None:
    got = await run.wait_for_mail()
    if not got["letters"]:
        raise ValueError("There was no letter.")


async def _fail(run: Run, n: int) -> None:
    if run.order.n <= 2:
        raise Unlucky("Not this time.")


async def _die(run: Run, n: int) -> None:
    if not OPEN.is_healed():
        os.kill(os.getpid(), signal.SIGKILL)


MOVES: dict[str, Callable[[Run, int], Awaitable[None]]] = {
    "think": _think, "limited": _think_slowly, "post": _post, "pay": _pay, "ask": _ask, "subtask": _subtask,
    "write": _write, "read": _read, "fail": _fail, "die": _die,
}  # fmt: skip


async def answer(request: LlmRequest, n: int) -> LlmAnswer:
    """Answer everything; a question that ends in `limited` only when it is asked the second time."""
    question = request.turns[-1].text
    asked = sum(line["question"] == question for line in OPEN.read(MODEL)) if question.endswith("limited") else 1
    OPEN.add(MODEL, question=question)
    await asyncio.sleep(LATENCY_S)
    if not asked:
        raise LlmLimited("Later.", retry_after_s=LONG_PAUSE_S)
    said = say(call="complete", arguments={"result": "answered"}) if request.tools else say("ok")
    return replace(said, tokens_in=3, cost=Decimal("0.000001"))


def post(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Do something to the outside, which writes down that it happened."""
    OPEN.add(ACTS, task=context.task_id, n=arguments["n"], key=context.key, once=False)
    return {"posted": arguments["n"]}


def pay(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Do something that must not happen twice, to an outside that knows no keys."""
    OPEN.add(ACTS, task=context.task_id, n=arguments["n"], key=context.key, once=True)
    return {"paid": arguments["n"]}


_NUMBER = schema(["n"], n={"type": "integer"})
register_script("points", answer)
register(
    Tool("points_post", "Deliver.", _NUMBER, EffectClass.REVERSIBLE, post),
    Tool("points_pay", "Pay.", _NUMBER, EffectClass.MONEY, pay, repeatable=False),
)
