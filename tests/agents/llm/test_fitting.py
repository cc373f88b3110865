"""Long conversations in a small context."""

from hypothesis import given
from hypothesis import strategies as st

from agents.llm.fitting import LEFT_OUT, fit_turns
from agents.llm.types import ToolCall, Turn


def talk(lengths: list[int]) -> tuple[Turn, ...]:
    turns = [Turn("user", "The task.")]
    for n, length in enumerate(lengths):
        call = ToolCall("read_file", {"path": f"{n}.md"}, f"call-{n}")
        turns += [Turn("assistant", call=call), Turn("tool", "x" * length, call)]
    return tuple(turns)


def test_a_short_conversation_stays_whole() -> None:
    assert fit_turns(talk([10, 10]), 1000) == talk([10, 10])


def test_the_oldest_steps_go_first_and_the_gap_is_named() -> None:
    kept = fit_turns(talk([500, 500, 500]), 1200)

    assert kept[0].text == f"The task.\n\n{LEFT_OUT}"
    assert [turn.call.id for turn in kept[1:] if turn.call] == ["call-1", "call-1", "call-2", "call-2"]


def test_the_last_exchange_is_kept_even_if_it_is_too_long() -> None:
    kept = fit_turns(talk([500, 5000]), 1000)

    assert [turn.role for turn in kept] == ["user", "assistant", "tool"]
    assert len(kept[-1].text) == 5000


@given(st.lists(st.integers(0, 3000), max_size=12), st.integers(200, 12_000))
def test_calls_and_results_stay_together_in_order(lengths: list[int], letters: int) -> None:
    turns = talk(lengths)
    kept = fit_turns(turns, letters)

    assert kept[1:] == turns[len(turns) - len(kept) + 1 :]
    roles = [turn.role for turn in kept[1:]]
    assert roles == ["assistant", "tool"] * (len(roles) // 2)
    if len(kept) > 3:
        assert sum(len(turn.text) for turn in kept) <= letters + len(LEFT_OUT) + 2
