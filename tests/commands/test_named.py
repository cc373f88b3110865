"""Every command that docs, pages or advice name can be given."""

import re
from pathlib import Path

from victoros.ops.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"\./victor (?!is\b)([a-z][a-z-]*)")
PLACES = (
    "README.md",
    "docs/**/*.md",
    "victoros/**/*.py",
    "tasks/**/*.py",
    "agents/**/*.py",
    "audit/**/*.py",
    "templates/**/*.html",
)


def test_every_command_that_is_named_exists() -> None:
    named = {
        word: str(path.relative_to(ROOT))
        for place in PLACES
        for path in ROOT.glob(place)
        for word in NAMED.findall(path.read_text())
    }
    assert len(named) > 15
    assert {word: path for word, path in named.items() if word not in COMMANDS} == {}
