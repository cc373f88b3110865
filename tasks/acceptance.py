"""Acceptance criteria that fit many tasks of one sort, to begin with: picked by name, then changed by whoever writes the task."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class AcceptanceTemplate:
    """A named list of criteria."""

    name: str
    label: Any
    items: tuple[Any, ...]


TEMPLATES = {
    template.name: template
    for template in (
        AcceptanceTemplate(
            "summary",
            _("Summary of a document"),
            (
                _("Every statement can be found in the document."),
                _("Names, dates and figures are as the document has them."),
                _("What the document leaves open is said to be open."),
                _("It has at most 200 words."),
            ),
        ),
        AcceptanceTemplate(
            "research",
            _("Research with sources"),
            (
                _("Every statement names its source."),
                _("At least two sources that do not depend on each other agree, or the difference is told."),
                _("Each source has its date."),
                _("What could not be found out is listed."),
            ),
        ),
        AcceptanceTemplate(
            "text",
            _("Text for readers"),
            (
                _("It answers what was asked, in the language that was asked for."),
                _("Its first paragraph says the result."),
                _("It holds nothing that the material does not support."),
                _("Nothing in it is private or secret."),
            ),
        ),
        AcceptanceTemplate(
            "table",
            _("Table of data"),
            (
                _("Every row of the source is there, once."),
                _("Every column has one unit, named in its head."),
                _("Missing values are empty, not guessed."),
                _("Sums were computed anew and agree."),
            ),
        ),
        AcceptanceTemplate(
            "check",
            _("Check of somebody's result"),
            (
                _("Every acceptance item of the checked task has a verdict with evidence."),
                _("Quotes were compared with their source, letter by letter."),
                _("Each fault names its place and how to mend it."),
            ),
        ),
        AcceptanceTemplate(
            "code",
            _("Change to a program"),
            (
                _("The change does what was asked and nothing else."),
                _("A test fails without it and passes with it."),
                _("All other tests pass."),
                _("What a user sees of it is described."),
            ),
        ),
    )
}


def fill_in(name: str, lines: str) -> str:
    """Return criteria, one a line, with those of a template after them; none stands twice. An unknown name adds nothing."""
    have = [line.strip() for line in lines.splitlines() if line.strip()]
    found = TEMPLATES.get(name)
    more = [str(item) for item in found.items] if found else []
    return "\n".join(dict.fromkeys([*have, *more]))
