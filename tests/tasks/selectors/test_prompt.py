"""The prompt shown for a step is the prompt the general agent's program really sent."""

from collections.abc import Coroutine
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from agents.llm.types import LlmAnswer, LlmRequest, ToolCall, Turn
from tasks.engine.journal import answer_to_json, request_to_json
from tasks.models import Attempt, Step
from tasks.programs.loop import run_loop
from tasks.selectors.prompt import ShownTurn, rebuild_prompt
from tests.tasks.pages.rows import make_attempt

pytestmark = pytest.mark.django_db

ANSWERS: list[str | tuple[str, dict[str, Any]]] = [
    ("read_file", {"path": "a.md"}),
    "I have read it.",
    ("ask", {"question": "Which year?"}),
    ("subtask", {"title": "Count the words"}),
    ("remember", {"name": "year", "text": "2026"}),
    ("complete", {"result": "Done."}),
]


class JournalledRun:
    """Stands for the engine's run: answers from a list and writes the journal as the engine does."""

    def __init__(self, attempt: Attempt) -> None:
        tools = ("read_file", "ask", "subtask", "remember")
        self.task = SimpleNamespace(id=1, title="Read it", text="All of it.", acceptance=[], data={}, reason="")
        self.agent = SimpleNamespace(name="Reader", role="", instructions="", tools=tools, timeout_s=5.0)
        self.swarm = SimpleNamespace(name="Desk")
        self.sent: list[tuple[Turn, ...]] = []
        self.rows: list[Step] = []
        self._attempt = attempt
        self._answers = iter(ANSWERS)

    async def think(self, request: LlmRequest, *, as_sent: dict[str, Any] | None = None) -> LlmAnswer:
        self.sent.append(request.turns)
        given = next(self._answers)
        text, call = (given, None) if isinstance(given, str) else ("", ToolCall(given[0], given[1], "c1"))
        answer = LlmAnswer(text, call, None, 1, 1, Decimal(0), 1, "test", "stop")
        self._write("think", "test", as_sent or request_to_json(request), answer_to_json(answer))
        return answer

    async def act(self, name: str, arguments: dict[str, Any], *, why: str = "") -> dict[str, Any]:
        result = {"task": 7, "title": "Count the words"} if name == "subtask" else {"text": "é" * 9000}
        self._write("act", name, {"arguments": arguments}, result)
        return result

    async def wait_for_task(self, task_id: int) -> dict[str, Any]:
        return self._write("wait", "subtask", {"task": task_id}, {"task": task_id, "status": "completed"})

    async def ask_person(self, question: str) -> str:
        return str(
            self._write("wait", "answer", {"question": question}, {"answer": "2026", "by": "operator"})["answer"]
        )

    def _write(self, kind: str, name: str, request: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
        step = {"n": len(self.rows) + 1, "kind": kind, "name": name, "request": request, "result": result}
        self.rows.append(Step(attempt=self._attempt, started_at=timezone.now(), **step))
        return result


def finish(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine that never really waits."""
    with pytest.raises(StopIteration):
        coroutine.send(None)


def as_shown(turn: Turn) -> tuple[str, str, str]:
    return turn.role, turn.text, turn.call.name if turn.call else ""


def as_rebuilt(turn: ShownTurn) -> tuple[str, str, str]:
    return turn.role, turn.text, turn.tool


def test_every_prompt_of_a_conversation_is_rebuilt_turn_by_turn() -> None:
    attempt = make_attempt()
    run = JournalledRun(attempt)
    finish(run_loop(run))  # type: ignore[arg-type]
    Step.objects.bulk_create(run.rows)

    thinks = list(Step.objects.filter(attempt=attempt, kind="think").order_by("n"))

    assert len(thinks) == len(ANSWERS)
    for step, sent in zip(thinks, run.sent, strict=True):
        assert [as_rebuilt(turn) for turn in rebuild_prompt(step).turns] == [as_shown(turn) for turn in sent]
        assert "complete" in rebuild_prompt(step).tools


def test_the_tools_are_those_offered_at_that_step() -> None:
    attempt = make_attempt()
    moment = timezone.now()
    first = {"system": "S", "turns": [{"role": "user", "text": "T"}], "tools": ["a", "b"]}
    Step.objects.create(attempt=attempt, n=1, kind="think", name="m", request=first, result={}, started_at=moment)
    later = Step.objects.create(
        attempt=attempt, n=2, kind="think", name="m", request={"since_step": 1, "tools": ["a"]}, started_at=moment
    )

    assert rebuild_prompt(later).tools == ["a"]
    assert rebuild_prompt(later).system == "S"


def test_a_very_long_conversation_says_how_much_is_left_out() -> None:
    attempt = make_attempt()
    moment = timezone.now()
    first = {"system": "S", "turns": [{"role": "user", "text": "T"}]}
    rows = [Step(attempt=attempt, n=1, kind="think", name="m", request=first, result={"text": "x"}, started_at=moment)]
    rows += [
        Step(attempt=attempt, n=n, kind="act", name="t", result={"n": n}, started_at=moment) for n in range(2, 400)
    ]
    rows.append(Step(attempt=attempt, n=400, kind="think", name="m", request={"since_step": 1}, started_at=moment))
    Step.objects.bulk_create(rows)
    prompt = rebuild_prompt(Step.objects.get(attempt=attempt, n=400))

    assert prompt.system == "S"
    assert prompt.left_out == 199
    assert prompt.turns[-1].text == '{"n": 399}'
