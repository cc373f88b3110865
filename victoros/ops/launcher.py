"""What `./victor` does before any installed package is needed: answers help, has the packages installed, and becomes the
command inside `.venv`. Standard library only."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from victoros.ops.commands import COMMANDS, Command, describe_commands, suggest_command
from victoros.ops.install import CannotInstall, prepare_packages

ROOT = Path(__file__).resolve().parents[2]


def launch(arguments: Sequence[str]) -> int:
    """Run one command line; return an exit code, or never return because the command took this process over."""
    word = arguments[0] if arguments else "--help"
    if word in ("-h", "--help", "help"):
        print(describe_commands())
        return 0
    command = COMMANDS.get(word)
    if command is None:
        print(suggest_command(word), file=sys.stderr)
        return 2
    return run_command(command, arguments[1:])


def run_command(command: Command, options: Sequence[str]) -> int:
    """Install what the command needs, then become it."""
    try:
        python = prepare_packages(ROOT, dev=command.needs == "dev")
    except CannotInstall as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The next run goes on from here.", file=sys.stderr)
        return 130
    return become(python, command, options)


def become(python: Path, command: Command, options: Sequence[str]) -> int:
    """Replace this process by the command, whose exit code is then the answer."""
    entry = [str(ROOT / "manage.py")] if command.runs_in == "manage" else ["-m", "victoros.ops"]
    environment = python_environment(python.parent.parent)
    os.execve(python, [str(python), *entry, command.name.replace("-", "_"), *options], environment)


def python_environment(venv: Path) -> dict[str, str]:
    """Return the environment with compiled bytecode kept in one folder of `.venv`.

    Without any bytecode each start compiles Django again, which takes seconds; and the checkout stays clean.
    """
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.setdefault("PYTHONPYCACHEPREFIX", str(venv / "bytecode"))
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH", "")]))
    return environment
