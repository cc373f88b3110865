"""Versions of what pages watch. Raised last in a transaction, told to browsers once it has committed."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

from audit.models import Topic
from victoros.lib import live
from victoros.lib.statements import Answer, ask, each_text, texts_given

_RAISE = """
INSERT INTO audit_topic (name, version) SELECT value, 1 FROM {names} WHERE true
ON CONFLICT (name) DO UPDATE SET version = audit_topic.version + 1 RETURNING name, version
"""
Send = Callable[[dict[str, int]], object]
_gathered: ContextVar[set[str] | None] = ContextVar("gathered_topics", default=None)


def bump(names: Iterable[str]) -> None:
    """Raise the topics' versions and send the hint when the transaction commits. Names are sorted: no deadlocks."""
    gathered = _gathered.get()
    if gathered is not None:
        gathered.update(names)
        return
    _raise_and_send(names, live.publish)


@contextmanager
def gather(send: Send = live.publish) -> Iterator[None]:
    """Hold back every `bump` inside and do all of them at the end at once, so that topic rows are locked but shortly.

    `send` gets the versions once the transaction has committed.
    """
    names: set[str] = set()
    token = _gathered.set(names)
    try:
        yield
    finally:
        _gathered.reset(token)
    if _gathered.get() is not None:
        bump(names)
    else:
        _raise_and_send(names, send)


def _raise_and_send(names: Iterable[str], send: Send) -> None:
    ordered = sorted(set(names))
    if ordered:
        raised = _raise(ordered)
        transaction.on_commit(lambda: send(dict(raised.rows)), robust=True)


def _raise(ordered: list[str]) -> Answer:
    """Raise the topics by one (a new one starts at 1); the answer holds them with their versions."""
    return ask(_RAISE.format(names=each_text()), texts_given(ordered))


def read_versions(names: list[str]) -> dict[str, int]:
    """Return the versions of `names`; what never changed has version 0."""
    known = dict(Topic.objects.filter(name__in=names).values_list("name", "version"))
    return {name: known.get(name, 0) for name in names}
