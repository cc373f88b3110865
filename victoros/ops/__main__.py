"""Entry of the commands that start without Django: `python -m victoros.ops COMMAND`. `./victor COMMAND` leads here."""

import importlib
import json
import sys
from collections.abc import Sequence

from victoros.lib.errors import VictorError

MODULES = {"up": "up", "status": "status", "doctor": "doctor", "test": "testing", "verify": "verifying", "lock": "locking"}


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


def show_error(error: VictorError, *, as_json: bool) -> None:
    """Print what happened and what to do."""
    if as_json:
        print(json.dumps({"error": error.as_dict()}))
    else:
        print(" ".join(filter(None, [error.message, error.hint])), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
