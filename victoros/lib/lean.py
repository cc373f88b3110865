"""Rows for lists: joined with others of which a name is shown, without the columns that nobody looks at."""

from collections.abc import Collection
from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def lean(rows: QuerySet[M], *, without: Collection[str] = (), **joined: Collection[str]) -> QuerySet[M]:
    """Return the rows with all their fields but `without`, each joined with rows of which only the named fields are read.

    `joined` goes by relation: `lean(tasks, swarm=["name"])`. A field left out is read when somebody asks for it, by a query of its
    own: in a list that is one for each row.
    """
    own = [field.name for field in rows.model._meta.concrete_fields if field.name not in without]
    theirs = [f"{relation}__{field}" for relation, fields in joined.items() for field in fields]
    return rows.select_related(*joined).only(*own, *theirs)
