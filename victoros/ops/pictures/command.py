"""`./victor screenshots`: makes the pictures of the pages that README and docs show, from an invented installation of its own."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from victoros.lib.errors import Category, VictorError
from victoros.ops.chromium import ensure_chromium
from victoros.ops.pictures.taking import DOCUMENTED, LOOKS, PAGES, SIZES, Wish, take_pictures

ROOT = Path(__file__).resolve().parents[3]
MOST_BYTES = 200_000


class NoPictures(VictorError):
    """A picture could not be made, or is too large for the documents."""

    category = Category.SYSTEM


def run(arguments: Sequence[str]) -> int:
    """Make the pictures; return 0 when all were made and none is larger than the documents allow."""
    parser = argparse.ArgumentParser(
        prog="./victor screenshots", description="Make the pictures of the documents; with options, of any page."
    )
    parser.add_argument("--to", default=str(ROOT / "docs"), help="folder for them (default: docs)")
    parser.add_argument("--page", action="append", choices=sorted(PAGES), help="only this page; may be repeated")
    parser.add_argument("--size", action="append", choices=sorted(SIZES), help="only this size; may be repeated")
    parser.add_argument("--look", action="append", choices=LOOKS, help="only this look; may be repeated")
    parser.add_argument("--path", action="append", help="an address beside the known pages, such as /gallery/")
    parser.add_argument("--whole", action="store_true", help="the whole page, not only what a screen shows")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    found = parser.parse_args(arguments)
    browser = ensure_chromium()
    if browser is None:
        raise NoPictures("There is no Chromium.", hint="Install it, or name it with VICTOR_CHROMIUM=/path/to/chromium.")
    pages = {name: PAGES[name] for name in found.page or ([] if found.path else PAGES)}
    pages |= {path.strip("/").replace("/", "-") or "board": path for path in found.path or []}
    only = () if found.page or found.path or found.size or found.look else DOCUMENTED
    wish = Wish(pages, found.size or list(SIZES), found.look or list(LOOKS), found.whole, only)
    made = take_pictures(wish, Path(found.to), browser)
    print(json.dumps({"pictures": {str(path): path.stat().st_size for path in made}}) if found.json else _say(made))
    return _check(made, is_for_docs=not found.whole)


def _say(made: list[Path]) -> str:
    return "\n".join(f"{path}  {path.stat().st_size / 1000:.0f} kB" for path in made)


def _check(made: list[Path], *, is_for_docs: bool) -> int:
    heavy = [path.name for path in made if path.stat().st_size > MOST_BYTES]
    if heavy and is_for_docs:
        raise NoPictures(f"Larger than {MOST_BYTES // 1000} kB: {', '.join(heavy)}.", hint="Show less on one picture.")
    return 0
