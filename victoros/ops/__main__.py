"""Entry of the commands that start without Django: `python -m victoros.ops COMMAND`. `./victor COMMAND` leads here."""

import importlib
import json
import sys
import traceback
from collections.abc import Sequence

from victoros.lib.errors import VictorError
from victoros.lib.pipes import run_to_its_reader

MODULES = {
    "up": "up",
    "worker": "workhost",
    "status": "status",
    "doctor": "doctor",
    "test": "testing",
    "verify": "verifying",
    "lock": "locking",
    "chaos": "chaos.command",
    "screenshots": "pictures.command",
}


def main(arguments: Sequence[str]) -> int:
    """Run one command; turn an error meant for operators into one line, or into one JSON document."""
    module = importlib.import_module(f"victoros.ops.{MODULES[arguments[0]]}")
    options = arguments[1:]
    try:
        return int(module.run(options))
    except VictorError as error:
        show_error(error, as_json="--json" in options)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        raise
    except Exception as error:
        if "--json" not in options:
            raise
        traceback.print_exc()
        show_error(VictorError(f"{type(error).__name__}: {error}", hint="This is a fault in Victor.os."), as_json=True)
        return 1


def show_error(error: VictorError, *, as_json: bool) -> None:
    """Print what happened and what to do."""
    if as_json:
        print(json.dumps({"error": error.as_dict()}))
    else:
        print(" ".join(filter(None, [error.message, error.hint])), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(run_to_its_reader(lambda: main(sys.argv[1:])))
