"""How much room is left where Victor.os keeps what it stores."""

import shutil
from pathlib import Path

from django.conf import settings

EMPTY_MB = 100
"""Less than this counts as full: SQLite's log and the tools' files need some room to work in."""


def stored_at() -> list[Path]:
    """Return the folders of this machine that things are stored in: the home, and SQLite's."""
    database = settings.DATABASES["default"]
    is_file = database["ENGINE"].endswith("sqlite3")
    return [Path(settings.VICTOR_HOME), *([Path(str(database["NAME"])).parent] if is_file else [])]


def find_full() -> tuple[Path, int] | None:
    """Return the first folder without room and the megabytes left there; None while there is room everywhere."""
    for folder in dict.fromkeys(stored_at()):
        left_mb = shutil.disk_usage(folder).free // 1_000_000 if folder.exists() else EMPTY_MB
        if left_mb < EMPTY_MB:
            return folder, left_mb
    return None
