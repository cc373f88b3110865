"""docs/bounds.md says what the code does: each bound it names exists and has the value that stands beside it."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "bounds.md").read_text()
ROWS = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in PAGE.splitlines() if line[:2] == "| "]
NUMBERED = [
    (what, bound, by.strip("`")) for what, bound, by, _ in ROWS if re.fullmatch(r"[\d,]+", bound) and by[:1] == "`"
]


def value_of(name: str) -> object:
    """Return the value of a setting or of a constant given with its module."""
    if name.startswith("VICTOR_"):
        return getattr(settings, name)
    module, _, constant = name.rpartition(".")
    return getattr(import_module(module), constant)


@pytest.mark.parametrize(("what", "bound", "name"), NUMBERED, ids=[name for _, _, name in NUMBERED])
def test_the_bound_on_the_page_is_the_one_in_the_code(what: str, bound: str, name: str) -> None:
    assert value_of(name) == int(bound.replace(",", "")), what


def test_every_setting_that_bounds_something_is_on_the_page() -> None:
    source = (ROOT / "victoros" / "settings.py").read_text()
    parts = re.split(r"^# --- (.+?) -+$", source, flags=re.MULTILINE)
    bounding = [text for title, text in zip(parts[1::2], parts[2::2], strict=True) if title.startswith("how ")]
    names = set(re.findall(r"^(VICTOR_(?!TIDY)[A-Z_]+) =", "\n".join(bounding), flags=re.MULTILINE))

    assert len(names) == 12
    assert {name for name in names if f"`{name}`" not in PAGE} == set()


def test_every_name_on_the_page_exists() -> None:
    """Also those in rows without a number."""
    for name in set(re.findall(r"`((?:VICTOR_|(?:tasks|agents|audit|victoros)\.)[\w.]+)`", PAGE)):
        assert value_of(name) is not None
