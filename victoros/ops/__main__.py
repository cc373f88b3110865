"""Entry of the commands that start without Django: `python -m victoros.ops COMMAND`. `./victor COMMAND` leads here."""

import importlib
import json
import sys
import traceback
from collections.abc import Sequence

from victoros.lib.errors import VictorError

MODULES = {
    "up": "up",
    "status": "status",
    "doctor": "doctor",
    "test": "testing",
    "verify": "verifying",
    "lock": "locking",
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
    sys.exit(main(sys.argv[1:]))
