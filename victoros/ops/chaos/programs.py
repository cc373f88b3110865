"""What agents do in fault runs: think and act in turn, every question and effect named `task:n`; some do worse."""

import ctypes
import http.client
import json
import os
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.llm.types import LlmRequest, Turn
from agents.tools.registry import Arguments, EffectClass, OutcomeUnknown, Tool, ToolContext, register, schema
from tasks.engine.orders import Completed
from tasks.engine.registry import program
from tasks.engine.run import Run
from victoros.lib.errors import Category, VictorError

STEPS = 2
"""Of a task that says nothing of them: people make those through the form."""
OUTSIDE_URL = "CHAOS_OUTSIDE_URL"
"""Environment variable that tells cells where the outside is."""
CLOCK = "CHAOS_CLOCK_S"
"""Environment variable that sets the clock of a crew wrong by so many seconds."""


class Stumbled(VictorError):
    """The first attempt at a task that stumbles ends with this; another may follow after a rest."""

    category = Category.AGENT
    retryable = True


@program("chaos.steps")
async def run_steps(run: Run) -> Completed:
    """Do as many steps as the task says: the even ones ask, the odd ones act. Poison works after the first."""
    for n in range(run.task.data.get("steps", STEPS)):
        if n == 1 and "poison" in run.task.data:
            POISONS[run.task.data["poison"]]()
        if n == 1 and run.task.data.get("stumbles") and run.order.n == 1:
            raise Stumbled("The first attempt stumbles.")
        if n % 2:
            await run.act("chaos_post", {"n": n})
        else:
            await run.think(LlmRequest(system="", turns=(Turn("user", f"{run.task.id}:{n}"),), timeout_s=30))
    return Completed("done")


def read_nowhere() -> None:
    """Read where no memory is: the kernel ends the process with SIGSEGV."""
    ctypes.string_at(0)


def fill_memory() -> None:
    """Take memory until somebody ends it, faster than anybody looks, but not at the cost of the whole machine."""
    taken: list[bytearray] = []
    while len(taken) < MOST_MB:
        taken.append(bytearray(b"x" * 1_000_000))
    spin()


def spin() -> None:
    """Never give the event loop back."""
    while True:
        pass


def leave() -> None:
    """End the process without a word."""
    os._exit(3)


POISONS: dict[str, Callable[[], None]] = {"segfault": read_nowhere, "memory": fill_memory, "spin": spin, "exit": leave}
MOST_MB = 2_000


def post(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Deliver an effect to the outside."""
    body = {"task": context.task_id, "n": arguments["n"], "key": context.key}
    request = urllib.request.Request(  # nosec B310: the run's own server on loopback
        f"{os.environ[OUTSIDE_URL]}/effects", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # nosec B310
            return {"posted": arguments["n"], **json.load(answer)}
    except (OSError, http.client.HTTPException) as error:
        raise OutcomeUnknown(f"The outside did not answer: {error}.") from error


register(Tool("chaos_post", "Deliver.", schema(["n"], n={"type": "integer"}), EffectClass.REVERSIBLE, post))


def set_clock_wrong(seconds: float) -> None:
    """Shift the time that this process, and all forked from it, take from the machine. The database's stays right."""
    import time_machine  # a package of developers

    time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True).start()


if CLOCK in os.environ:
    set_clock_wrong(float(os.environ[CLOCK]))
