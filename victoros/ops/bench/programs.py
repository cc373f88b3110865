"""What agents do in benches: nothing but durable steps."""

from agents.llm.types import LlmRequest, Turn
from tasks.engine.orders import Completed
from tasks.engine.registry import program
from tasks.engine.run import Run


@program("bench.steps")
async def run_steps(run: Run) -> Completed:
    """Ask as often as the task says, each answer durable before the next question."""
    for n in range(run.task.data["steps"]):
        await run.think(LlmRequest(system="", turns=(Turn("user", f"Step {n} of task {run.task.id}."),)))
    return Completed("done")
