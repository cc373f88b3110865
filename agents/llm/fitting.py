"""Keeps a long conversation inside a small context by leaving out its oldest steps, and says so in their place."""

from agents.llm.types import Turn

LETTERS_PER_TOKEN = 3
"""English prose has four to a token; lists, numbers and code fewer."""
LEFT_OUT = "[Earlier steps are left out here.]"


def fit_turns(turns: tuple[Turn, ...], letters: int) -> tuple[Turn, ...]:
    """Return the first turn and as many of the last ones as fit, or all of them.

    A call and its result stay together. One turn that is too long by itself is not shortened: the server refuses it,
    and whoever asked learns that the text is too long, instead of getting an answer about half of it.
    """
    if sum(map(_measure, turns)) <= letters or len(turns) < 3:
        return turns
    start = _find_start(turns, letters - _measure(turns[0]) - len(LEFT_OUT))
    first = Turn(turns[0].role, f"{turns[0].text}\n\n{LEFT_OUT}")
    return (first, *turns[start:])


def _find_start(turns: tuple[Turn, ...], letters: int) -> int:
    """Return where the kept end begins: at least the last exchange is kept, and never a result without its call."""
    start, left = len(turns) - 1, letters - _measure(turns[-1])
    while start > 1 and (turns[start].role == "tool" or left >= _measure(turns[start - 1])):
        start -= 1
        left -= _measure(turns[start])
    return start + 1 if turns[start].role == "tool" else start


def _measure(turn: Turn) -> int:
    arguments = str(turn.call.arguments) if turn.call and turn.role == "assistant" else ""
    return len(turn.text) + len(arguments) + 20
