"""Programs by name: what drives an agent's attempts."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from django.utils.module_loading import import_string

from victoros.lib.errors import InvalidInput

if TYPE_CHECKING:
    from tasks.engine.orders import Completed
    from tasks.engine.run import Run

Program = Callable[["Run"], Awaitable["Completed"]]

BUILT_IN = {
    "loop": "tasks.programs.loop.run_loop",
    "desk.reader": "tasks.programs.desk_reader.run_reader",
    "desk.editor": "tasks.programs.desk_editor.run_editor",
    "desk.checker": "tasks.programs.desk_checker.run_checker",
}
"""Named, not imported: only cells load what programs need."""

_PROGRAMS: dict[str, Program] = {}


def program(name: str) -> Callable[[Program], Program]:
    """Register an async function as the program of that name; a name can be taken only once."""

    def register(function: Program) -> Program:
        if _PROGRAMS.setdefault(name, function) is not function:
            raise ValueError(f"There are two programs named {name}.")
        return function

    return register


def find_program(name: str) -> Program:
    """Return the program of that name or raise `InvalidInput` with the names there are."""
    check_program_name(name)
    if name not in _PROGRAMS:
        _PROGRAMS[name] = import_string(BUILT_IN[name])
    return _PROGRAMS[name]


def check_program_name(name: str) -> str:
    """Return the name or raise `InvalidInput` if there is no such program."""
    known = BUILT_IN.keys() | _PROGRAMS.keys()
    if name not in known:
        raise InvalidInput(f"There is no program named {name!r}.", hint=f"Programs are: {', '.join(sorted(known))}.")
    return name
