"""What agents do in benches: durable steps, or a call that hears nothing until it ends."""

import time
from typing import Any

from agents.llm.types import LlmRequest, Turn
from agents.tools.registry import Arguments, EffectClass, Tool, ToolContext, register, schema
from tasks.engine.orders import Completed
from tasks.engine.registry import program
from tasks.engine.run import Run

DEAF_S = 8.0
"""How long a call that hears nothing goes on."""


@program("bench.steps")
async def run_steps(run: Run) -> Completed:
    """Ask as often as the task says, each answer durable before the next question."""
    for n in range(run.task.data["steps"]):
        await run.think(LlmRequest(system="", turns=(Turn("user", f"Step {n} of task {run.task.id}."),)))
    return Completed("done")


@program("bench.deaf")
async def run_deaf(run: Run) -> Completed:
    """Call a tool that cannot be cut off."""
    await run.act("bench_deaf", {})
    return Completed("done")


def be_deaf(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Keep a thread."""
    time.sleep(DEAF_S)
    return {}


register(Tool("bench_deaf", "Wait.", schema([]), EffectClass.READ, be_deaf))
