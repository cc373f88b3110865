"""What an attempt has read that neither its operators nor its instructions wrote. Told by the journal alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext, ngettext

from tasks.models import Attempt, Step

READS: dict[str, str] = {
    "read_file": "document",
    "fetch_url": "page",
    "read_mail": "letter",
    "mail": "letter",
    "look_at_task": "result of another task",
    "subtask": "result of another task",
}
"""Names of steps that bring in text from elsewhere, and what one of them is called."""


GONE = 2
"""`Attempt.tidied` of an attempt whose steps were let go of."""


@dataclass(frozen=True)
class Taint:
    """How often an attempt took in text from outside, by what it was; `is_known` is False once its journal is gone."""

    counts: dict[str, int]
    is_known: bool = True

    @property
    def is_tainted(self) -> bool:
        """Whether it has, or nobody can tell any more."""
        return bool(self.counts) or not self.is_known

    def __str__(self) -> str:
        if not self.is_known:
            return gettext("unknown: its journal was let go of")
        if not self.counts:
            return gettext("no text from outside in this attempt")
        what = ", ".join(_say(number, noun) for noun, number in self.counts.items())
        return gettext("read outside text: %(what)s") % {"what": what}


def read_taint(attempt: Attempt) -> Taint:
    """Return what one attempt has read."""
    return read_taints([attempt])[attempt.pk]


def read_taints(attempts: Iterable[Attempt]) -> dict[int, Taint]:
    """Return what each of these attempts has read. One query, however many and however long their journals."""
    known = {attempt.pk: attempt for attempt in attempts}
    if not known:
        return {}
    rows = Step.objects.filter(attempt__in=list(known), outcome="done", name__in=READS).exclude(kind="think")
    rows = rows.exclude(kind="act", name="subtask")  # hands work out; the wait of that name brings the result back
    counts: dict[int, dict[str, int]] = {pk: {} for pk in known}
    for pk, name, number in rows.order_by().values_list("attempt", "name").annotate(Count("pk")):
        counts[pk][READS[name]] = counts[pk].get(READS[name], 0) + number
    return {pk: Taint(found, is_known=known[pk].tidied < GONE) for pk, found in counts.items()}


def _say(number: int, noun: str) -> str:
    said = {
        "document": ngettext("%(count)s document", "%(count)s documents", number),
        "page": ngettext("%(count)s page", "%(count)s pages", number),
        "letter": ngettext("%(count)s letter", "%(count)s letters", number),
    }.get(noun) or ngettext("%(count)s result of another task", "%(count)s results of other tasks", number)
    return said % {"count": f"{number:,}"}
