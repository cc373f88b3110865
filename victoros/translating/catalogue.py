"""A catalogue of translations: the PO file that people edit, and the MO file made from it that Django reads."""

import ast
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from victoros.translating.gathering import Text

HEAD = 'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {plural}\\n"\n'
PLURAL = "nplurals=2; plural=(n != 1);"
_FIELD = re.compile(r'^(msgid|msgid_plural|msgstr|msgstr\[\d\]) "', re.MULTILINE)
_MAGIC = 0x950412DE

Translations = dict[Text, tuple[str, ...]]
"""What each text becomes; two words where it counts."""


def read_po(text: str) -> Translations:
    """Return what a PO file translates; what has no translation yet is left out."""
    found: Translations = {}
    for block in text.split("\n\n"):
        fields = dict(_fields(block))
        said = tuple(value for name, value in fields.items() if name.startswith("msgstr"))
        if fields.get("msgid") and all(said):
            found[Text(fields["msgid"], fields.get("msgid_plural", ""))] = said
    return found


def _fields(block: str) -> Iterator[tuple[str, str]]:
    name = ""
    for line in block.splitlines():
        if line.startswith("#"):
            continue
        if _FIELD.match(line):
            name, _, line = line.partition(" ")
            yield name, "".join(_following(block, name))


def _following(block: str, name: str) -> Iterator[str]:
    """Yield the strings of one field: on its own line and on the lines below."""
    inside = False
    for line in block.splitlines():
        if _FIELD.match(line):
            inside = line.startswith(f"{name} ")
            line = line.partition(" ")[2]
        if inside and line.startswith('"'):
            yield ast.literal_eval(line)


def write_po(texts: Mapping[Text, list[str]], known: Translations, language: str) -> str:
    """Return a PO file with every text, translated where a translation is known."""
    blocks = [HEAD.format(language=language, plural=PLURAL)]
    for text, places in texts.items():
        lines = [f"#: {place}" for place in places[:3]] + [f"msgid {_quote(text.one)}"]
        said = known.get(text, ("", "") if text.many else ("",))
        if text.many:
            lines.append(f"msgid_plural {_quote(text.many)}")
            lines += [f"msgstr[{place}] {_quote(word)}" for place, word in enumerate(said)]
        else:
            lines.append(f"msgstr {_quote(said[0])}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _quote(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{inner}"'


def make_mo(known: Translations, language: str) -> bytes:
    """Return the binary catalogue that gettext reads."""
    head = f"Language: {language}\nContent-Type: text/plain; charset=UTF-8\nPlural-Forms: {PLURAL}\n"
    pairs = {"": head} | {"\0".join(filter(None, text)): "\0".join(said) for text, said in known.items()}
    ids = sorted(key.encode() for key in pairs)
    said = [pairs[key.decode()].encode() for key in ids]
    begin = 7 * 4 + 16 * len(ids)
    keys, begin = _table(ids, begin)
    values, _ = _table(said, begin)
    head_of_file = struct.pack("<7I", _MAGIC, 0, len(ids), 28, 28 + 8 * len(ids), 0, 0)
    return head_of_file + keys + values + b"".join(word + b"\0" for word in [*ids, *said])


def _table(words: list[bytes], begin: int) -> tuple[bytes, int]:
    """Return length and place of each word, and where the last one ends."""
    table = b""
    for word in words:
        table += struct.pack("<2I", len(word), begin)
        begin += len(word) + 1
    return table, begin


def catalogue_of(root: Path, language: str) -> Path:
    """Return the PO file of a language."""
    return root / "victoros" / "locale" / language / "LC_MESSAGES" / "django.po"
