"""Where Victor.os keeps its state on disk, and what the running `up` wrote there for other processes."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

HANDED = "HANDED_DOWN_BY_UP"
"""Names of the settings that `up` chose itself, for the processes it starts."""
PLACEHOLDER = "REPLACE_ME"
"""What the samples in docs/deploy say where a secret belongs."""


def find_home(base: Path) -> Path:
    """Return the state folder: `VICTOR_HOME`, else `var` under `base`; made if it is missing."""
    home = Path(os.environ.get("VICTOR_HOME") or base / "var").expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return home


def refuse_placeholders() -> None:
    """Raise ValueError naming a setting that was copied from a sample and never filled in."""
    for name, value in sorted(os.environ.items()):
        if name.startswith("VICTOR_") and PLACEHOLDER in value:
            raise ValueError(f"{name} still says {PLACEHOLDER}")


def hand_down(name: str, value: str) -> None:
    """Put a setting into the environment of the processes that follow, and note it unless the operator had said the same."""
    given = os.environ.get(name, "")
    if given != value and not (given and str(Path(given).expanduser().resolve()) == value):
        os.environ[HANDED] = " ".join(sorted({*handed_down(), name}))
    os.environ[name] = value


def handed_down() -> set[str]:
    """Return the names of the settings that `up` chose, or was told by its options."""
    return set(os.environ.get(HANDED, "").split())


def read_secret_key(home: Path) -> str:
    """Return the key in `home/secret_key`, making one (mode 0600) on the first call. Safe if two start at once."""
    path = home / "secret_key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def read_run_facts(home: Path) -> dict[str, Any]:
    """Return what a running `up` wrote in `home/run.json` (redis_url, llm_url, port, pid); empty when none runs."""
    try:
        facts = json.loads((home / "run.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return facts if isinstance(facts, dict) else {}
