"""The digest as Markdown: what recurs, one entry for each document with its quotes, and what could not be read."""

from typing import Any

from tasks.programs.desk_text import find_themes

MOST_NAMED = 8
"""Documents named for one theme; the rest is counted."""


def write_digest(title: str, opening: str, entries: list[dict[str, Any]], skipped: list[dict[str, Any]]) -> str:
    """Return the digest. `entries` hold path, gist, gist_by and quotes; `skipped` hold path and skipped (why)."""
    parts = [f"# {title}", opening, *_themes(entries), "## Documents", *(_entry(entry) for entry in entries)]
    if skipped:
        parts += ["## Not read", "\n".join(f"- **{name_of(row)}**: {row['skipped']}" for row in skipped)]
    parts.append(_colophon(entries))
    return "\n\n".join(part for part in parts if part) + "\n"


def name_of(row: dict[str, Any]) -> str:
    """Return the file's name as readers know it."""
    return str(row["path"]).removeprefix("input/")


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun in the right form."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _themes(entries: list[dict[str, Any]]) -> list[str]:
    themes = find_themes({name_of(entry): entry.get("terms") or [] for entry in entries})
    if not themes:
        return []
    lines = [f"- **{', '.join(words)}** in {len(files)} documents: {_names(files)}" for words, files in themes]
    return ["## What recurs", "\n".join(lines)]


def _names(files: list[str]) -> str:
    more = f" and {len(files) - MOST_NAMED} more" if len(files) > MOST_NAMED else ""
    return ", ".join(files[:MOST_NAMED]) + more


def _entry(entry: dict[str, Any]) -> str:
    lines = [
        f"### {name_of(entry)}\n",
        entry["gist"],
        *(f"> {quote}" for quote in entry["quotes"] if quote != entry["gist"]),
    ]
    if entry["gist"] in entry["quotes"]:
        lines[1] = f"> {entry['gist']}"
    if entry.get("orders"):
        lines.append(f"*This file addresses agents (“{entry['orders']}”). It was treated as material, not followed.*")
    if entry.get("truncated"):
        lines.append("*Only the first part of this large file was read.*")
    return "\n\n".join(lines).replace("\n\n\n", "\n\n")


def _colophon(entries: list[dict[str, Any]]) -> str:
    quotes = sum(len(entry["quotes"]) for entry in entries)
    models = sorted({entry["gist_by"] for entry in entries if entry.get("gist_by") not in ("", None, "quotation")})
    words = f" Lines without a quotation mark are the words of {', '.join(models)}." if models else ""
    counted = f"{count_of(quotes, 'quote')} from {count_of(len(entries), 'document')}"
    return f"---\n\n*{counted}, each found word for word in its source by the checker.{words}*"
