"""Where swarms may be given documents from: the one check of every input folder."""

import os
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from agents.models.swarm import swarms_folder
from agents.services.words import clean_line
from victoros.lib.errors import InvalidInput


def check_input_folder(text: str) -> Path:
    """Return the real folder behind an absolute path; refuse what is missing, unreadable, out of bounds or our own state."""
    trimmed = clean_line(text, "input folder", 500)
    path = Path(trimmed).expanduser()
    if not path.is_absolute() or not path.is_dir() or not os.access(path, os.R_OK | os.X_OK):
        raise InvalidInput(
            _("There is no folder %(trimmed)s that the server can read.") % {"trimmed": trimmed},
            hint=_("Give the absolute path of a folder on the machine that runs Victor.os."),
        )
    folder = path.resolve()
    _require_foreign(folder)
    _require_below_roots(folder)
    return folder


def _require_foreign(folder: Path) -> None:
    """Our own state holds keys and the database: no agent reads there."""
    own = [Path(path).resolve() for path in (settings.VICTOR_HOME, swarms_folder())]
    if any(folder == path or folder in path.parents or path in folder.parents for path in own):
        raise InvalidInput(
            _("%(folder)s holds Victor.os's own state.") % {"folder": folder},
            hint=_("Copy the documents to a folder of their own."),
        )


def _require_below_roots(folder: Path) -> None:
    """Documents that ship with templates may always be read."""
    roots = [Path(root).expanduser().resolve() for root in settings.VICTOR_INPUT_ROOTS]
    shipped = Path(settings.BASE_DIR).resolve() / "agents" / "catalog"
    if roots and not any(folder.is_relative_to(root) for root in (*roots, shipped)):
        raise InvalidInput(
            _("%(folder)s is not below a folder that swarms may read.") % {"folder": folder},
            hint=_("Choose one below %(allowed)s, or add it to VICTOR_INPUT_ROOTS.")
            % {"allowed": ", ".join(map(str, roots))},
        )
