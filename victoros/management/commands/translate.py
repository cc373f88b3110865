"""`victor translate`: bring the catalogues of translations up to date with the texts of the pages."""

import argparse
import re
from pathlib import Path

from django.conf import settings

from victoros.lib.commands import Answer, VictorCommand
from victoros.lib.errors import InvalidInput
from victoros.translating.catalogue import Translations, catalogue_of, make_mo, read_po, write_po
from victoros.translating.gathering import Text, gather_texts


class Command(VictorCommand):
    """See the module."""

    help = "Bring the catalogues of translations up to date with the texts of the pages."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what can be chosen."""
        parser.add_argument("--new", metavar="LANGUAGE", default="", help="begin a catalogue, such as fr or pt-br")
        parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where one is out of date")

    def act(self, new: str, check: bool) -> Answer:
        """Gather every text, keep what is translated, and write PO and MO files."""
        texts = gather_texts(settings.BASE_DIR)
        made = [_renew(path, texts, check) for path in _catalogues(new)]
        said = [
            f"{one['language']}: {one['translated']:,} of {len(texts):,} texts translated"
            + (", out of date" if check and one["changed"] else "")
            for one in made
        ]
        stale = check and any(one["changed"] for one in made)
        return Answer({"texts": len(texts), "catalogues": made}, "\n".join(said), int(stale))


def _catalogues(new: str) -> list[Path]:
    known = sorted((settings.BASE_DIR / "victoros" / "locale").glob("*/LC_MESSAGES/django.po"))
    if not new:
        return known
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z]{2,4})?", new):
        raise InvalidInput(f"{new[:20]!r} is no language.", hint="Give a code such as fr or pt-br.")
    language, _, region = new.partition("-")
    place = catalogue_of(settings.BASE_DIR, f"{language}_{region.upper()}" if region else language)
    return sorted({*known, place})


def _renew(path: Path, texts: dict[Text, list[str]], check: bool) -> dict[str, object]:
    language = path.parent.parent.name
    known = read_po(path.read_text()) if path.exists() else Translations()
    kept = {text: said for text, said in known.items() if text in texts}
    po, mo = write_po(texts, kept, language), make_mo(kept, language)
    binary = path.with_suffix(".mo")
    changed = not binary.exists() or path.read_text() != po or binary.read_bytes() != mo
    if changed and not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(po)
        binary.write_bytes(mo)
    return {"language": language, "translated": len(kept), "changed": changed}
