"""Where swarms may be given documents from: the one check of every input folder."""

import os
from pathlib import Path

from django.conf import settings

from agents.services.words import clean_line
from victoros.lib.errors import InvalidInput


def check_input_folder(text: str) -> Path:
    """Return the real folder behind an absolute path; refuse what is missing, unreadable, out of bounds or our own state."""
    trimmed = clean_line(text, "input folder", 500)
    path = Path(trimmed).expanduser()
    if not path.is_absolute() or not path.is_dir() or not os.access(path, os.R_OK | os.X_OK):
        raise InvalidInput(
            f"There is no folder {trimmed} that the server can read.",
            hint="Give the absolute path of a folder on the machine that runs Victor.os.",
        )
    folder = path.resolve()
    _require_foreign(folder)
    _require_below_roots(folder)
    return folder


def _require_foreign(folder: Path) -> None:
    """Our own state holds keys and the database: no agent reads there."""
    home = Path(settings.VICTOR_HOME).resolve()
    if folder == home or folder in home.parents or home in folder.parents:
        raise InvalidInput(
            f"{folder} holds Victor.os's own state.", hint="Copy the documents to a folder of their own."
        )


def _require_below_roots(folder: Path) -> None:
    """Documents that ship with templates may always be read."""
    roots = [Path(root).expanduser().resolve() for root in settings.VICTOR_INPUT_ROOTS]
    shipped = Path(settings.BASE_DIR).resolve() / "agents" / "catalog"
    if roots and not any(folder.is_relative_to(root) for root in (*roots, shipped)):
        raise InvalidInput(
            f"{folder} is not below a folder that swarms may read.",
            hint=f"Choose one below {', '.join(map(str, roots))}, or add it to VICTOR_INPUT_ROOTS.",
        )
