"""Finding tasks by words of their titles: alike on both databases, whatever the language."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Contains

from tasks.models import Task, TaskTitle
from victoros.lib.inserting import add_rows
from victoros.lib.statements import each_of, given

COMMON = 5_000
"""Words that stand together in more titles than this are common: lists are then walked in their own order, title by title."""

AT_ONCE = 1_000
"""Forgotten titles added in one statement."""


@dataclass(frozen=True)
class _Row:
    """A row as it is inserted."""

    task_id: int
    folded: str


def fold(text: str) -> str:
    """Return a text as search compares it: composed, and without the difference of large and small letters.

    Done here and not by the database: SQLite folds nothing but ASCII, PostgreSQL what its locale knows.
    """
    return unicodedata.normalize("NFC", text).casefold()


def remember_titles(titles: Iterable[tuple[int, str]]) -> None:
    """Let search find new tasks, given by id and title. Inside the transaction that makes them."""
    add_rows(TaskTitle, [_Row(pk, fold(title)) for pk, title in titles])


def change_title(task_id: int, title: str) -> None:
    """Let search find a task by its new title. Inside the transaction that gives it."""
    TaskTitle.objects.update_or_create(task_id=task_id, defaults={"folded": fold(title)})


def count_forgotten() -> int:
    """Return how many tasks no search finds by their titles: who made them left `remember_titles` out. Reads every task."""
    return Task.objects.filter(folded_title=None).count()


def remember_forgotten() -> int:
    """Let search find the tasks that were forgotten; returns how many."""
    done = 0
    while rows := list(Task.objects.filter(folded_title=None).order_by("pk").values_list("pk", "title")[:AT_ONCE]):
        # Another process may do the same at this moment.
        TaskTitle.objects.bulk_create(
            [TaskTitle(task_id=pk, folded=fold(title)) for pk, title in rows], ignore_conflicts=True
        )
        done += len(rows)
    return done


@dataclass(frozen=True)
class Found:
    """What a look through the titles came to."""

    words: list[str]
    ids: list[int] | None
    """The tasks with all of the words in their titles; None when there are more than `COMMON`."""

    @property
    def is_common(self) -> bool:
        """Whether so many titles have the words that nobody looked at all of them."""
        return self.ids is None

    def as_filter(self, also: int | None = None) -> Q:
        """Return the condition on tasks; `also` names one that is meant whatever its title.

        Few are given by their ids, with it among them: asked for beside them, PostgreSQL reads every task. Of many, each
        task's title is looked up as the list comes to it, so that a page of them is read and no more. It is a value and not a
        join or `EXISTS`, which PostgreSQL may turn round and read every title.
        """
        if self.ids is not None:
            ids = self.ids if also is None else [*self.ids, also]
            return Q(pk__in=RawSQL(each_of(), [given(ids)]))  # nosec B611: no text of anybody's in it
        title: Any = Subquery(TaskTitle.objects.filter(task=OuterRef("pk")).values("folded"))
        words = Q(*(Contains(title, word) for word in self.words))
        return words if also is None else words | Q(pk=also)


def find_titles(search: str) -> Found:
    """Look for tasks with every word of `search` in the title, each anywhere. One query, which ends when they are common."""
    words = fold(search).split()
    titles: QuerySet[TaskTitle] = TaskTitle.objects.order_by()
    for word in words:
        titles = titles.filter(folded__contains=word)
    ids = list(titles.values_list("task_id", flat=True)[: COMMON + 1])
    return Found(words, ids if len(ids) <= COMMON else None)
