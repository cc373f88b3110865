"""Drafting a bulk act and looking at it before it is begun: how many rows will change, how many not, and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

from django.db import transaction

from tasks.bulk.act import Act
from tasks.bulk.acts import find_act
from tasks.bulk.rows import NOUNS, Noun, may_operate
from tasks.models import BulkAct, BulkItem
from victoros.lib.errors import InvalidInput, LimitReached, NotFound
from victoros.lib.sentences import sentence as _

MOST = 10_000
"""Rows of one bulk act."""
SHOWN = 20


@dataclass(frozen=True)
class Line:
    """One row of the preview."""

    label: str
    url: str
    why_not: str


@dataclass(frozen=True)
class Preview:
    """What would come of it now."""

    will: int
    wont: list[tuple[str, int]]
    """Reasons, the commonest first, with how many rows have it."""
    lines: list[Line]
    """The first rows that will change, then the first that will not."""
    rows: list[Any]

    @property
    def left_out(self) -> int:
        """How many will not change."""
        return sum(number for _, number in self.wont)


def find_noun(name: str) -> Noun:
    """Return what is acted on, or refuse."""
    if name not in NOUNS:
        raise InvalidInput(
            _("There are no bulk acts on %(value)s.") % {"value": repr(name[:40])},
            hint=_("Known are %(nouns)s.") % {"nouns": ", ".join(NOUNS)},
        )
    return NOUNS[name]


def choose_all(user: Any, noun: str, query: str) -> list[int]:
    """Return the ids of all rows that a list's address means, at most `MOST`; raises `LimitReached` beyond."""
    ids = list(islice(iter(find_noun(noun).choose(user, dict(parse_qsl(query)))), MOST + 1))
    if len(ids) > MOST:
        raise LimitReached(
            _("More than %(most)s rows match.") % {"most": f"{MOST:,}"},
            hint=_("Narrow the list down, and do it in parts."),
        )
    return ids


@transaction.atomic
def draft_bulk(*, user: Any, noun: str, act: str, refs: Iterable[int]) -> BulkAct:
    """Keep which rows were picked; nothing is done to them yet. Rows the user may not see are left out."""
    find_act(noun, act)
    wanted = list(dict.fromkeys(refs))
    if len(wanted) > MOST:
        raise LimitReached(
            _("%(wanted)s rows were picked; %(most)s can be acted on at once.")
            % {"wanted": f"{len(wanted):,}", "most": f"{MOST:,}"},
            hint=_("Pick fewer."),
        )
    found = [row.pk for row in find_noun(noun).load(user, wanted)]
    if not found:
        raise InvalidInput(_("No row was picked."), hint=_("Tick some rows, or all that match the filter."))
    bulk = BulkAct.objects.create(noun=noun, act=act, user=user, total=len(found))
    BulkItem.objects.bulk_create([BulkItem(bulk=bulk, ref=pk) for pk in found], batch_size=2_000)
    return bulk


def find_bulk(user: Any, pk: int) -> BulkAct:
    """Return a bulk act of this user's (any, for a superuser); raise `NotFound` to anybody else."""
    rows = BulkAct.objects.select_related("user", "undo_of")
    bulk = (rows if user.is_superuser else rows.filter(user=user)).filter(pk=pk).first()
    if bulk is None:
        raise NotFound(
            _("There is no bulk act %(pk)s of yours.") % {"pk": pk}, hint=_("Look at the list of bulk acts.")
        )
    return bulk


def preview_bulk(user: Any, bulk: BulkAct) -> Preview:
    """Judge every row as it is now. The same few queries for ten rows or ten thousand."""
    act, noun = find_act(bulk.noun, bulk.act), find_noun(bulk.noun)
    rows = noun.load(user, bulk.items.values_list("ref", flat=True))
    judged = [(row, judge(user, act, row)) for row in rows]
    reasons = Counter(why for _, why in judged if why)
    missing = bulk.total - len(rows)
    if missing > 0:
        reasons[_("is gone, or you may not see it any more")] += missing
    good = [Line(str(row), noun.say_url(row), "") for row, why in judged if not why]
    bad = [Line(str(row), noun.say_url(row), why) for row, why in judged if why]
    return Preview(
        len(good), reasons.most_common(), [*good[:SHOWN], *bad[:SHOWN]], [row for row, why in judged if not why]
    )


def judge(user: Any, act: Act, row: Any) -> str:
    """Return why the act cannot be done to this row by this user now; empty when it can."""
    return act.why_not(row) if may_operate(user, row) else _("is in a swarm that you may not operate")
