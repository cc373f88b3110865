"""Programs and tools that fault tests load into the crew: work that can be counted."""

import os
import time
from pathlib import Path
from typing import Any

from agents.llm.types import LlmRequest, Turn
from agents.tools.registry import Arguments, EffectClass, Tool, ToolContext, register, schema
from tasks.engine.orders import Completed
from tasks.engine.registry import program
from tasks.engine.run import Run


@program("fault.steps")
async def run_steps(run: Run) -> Completed:
    """Ask and act as often as the task says; every request names its task and number."""
    for n in range(run.task.data["steps"]):
        await run.think(LlmRequest(system="", turns=(Turn("user", f"{run.task.id}:{n}"),), timeout_s=30))
        await run.act("fault_post", {"n": n})
    return Completed("done")


@program("fault.deaf")
async def run_deaf(run: Run) -> Completed:
    """Call a tool that hears nothing until it ends."""
    await run.act("fault_deaf", {"seconds": run.task.data["seconds"]})
    return Completed("done")


def be_deaf(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Keep the thread for so many seconds."""
    time.sleep(arguments["seconds"])
    return {}


def post(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Deliver something to the outside, which writes down every delivery with its key."""
    context.folder.mkdir(parents=True, exist_ok=True)
    line = f"{context.task_id} {arguments['n']} {context.key}\n"
    handle = os.open(context.folder / "outside.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, line.encode())
    os.close(handle)
    return {"posted": arguments["n"]}


def read_outside(folder: Path) -> dict[tuple[int, int], set[str]]:
    """Return the keys under which each act of each task was delivered; the outside takes a key once."""
    seen: dict[tuple[int, int], set[str]] = {}
    for line in (folder / "outside.log").read_text().splitlines():
        task, n, key = line.split()
        seen.setdefault((int(task), int(n)), set()).add(key)
    return seen


register(
    Tool("fault_deaf", "Wait.", schema(["seconds"], seconds={"type": "number"}), EffectClass.READ, be_deaf),
)
register(
    Tool(
        "fault_post",
        "Deliver.",
        schema(["n"], n={"type": "integer"}),
        EffectClass.REVERSIBLE,
        post,
    )
)
