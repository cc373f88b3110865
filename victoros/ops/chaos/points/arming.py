"""Inside one process: hears every point and every commit, and does to the process what its schedule says."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local

from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from tasks.engine.points import Point, watch_points
from victoros.ops.chaos.points.notebook import OPEN, TRACE, WRITES
from victoros.ops.chaos.points.people import DISTURBANCES
from victoros.ops.chaos.points.schedule import AFTER_COMMIT, BEFORE_COMMIT, FREEZE, KILL, LOST, REFUSED, Crash
from victoros.ops.chaos.points.stories import STORIES

DISTURB_AFTER = 2
"""Group commits of this process after which a person disturbs."""

WRITING = (Point.BATCH_WRITTEN, Point.OUTBOX_MARKED, Point.BATCH_COMMITTED)
"""Points that only a cell which holds its lease may come to. The last comes after a commit, and a process may freeze in between:
what counts is when the commit was sent."""
COMMIT = "_commit"
"""Where Django commits, whatever for."""


class Armed:
    """Counts what is passed. At the nth time of its label the crash happens; disturbances come after a few commits.

    A process that lives on with an error gets the next crash too, counted from then; one that was frozen gets no other.
    """

    def __init__(self, crashes: tuple[Crash, ...], stories: tuple[str, ...], age: Callable[[], None]) -> None:
        self.passed = Counter[str]()
        self._crashes, self._age = list(crashes), age
        self._since = Counter[str]()
        self._sent = local()
        """When this thread sent its last commit."""
        names = [STORIES[story].disturbance for story in stories]
        self._disturbances = [DISTURBANCES[name] for name in names if name]
        self._disturbed = False

    def hear(self, label: str) -> None:
        """Note that the process came to a point, and let happen what is due."""
        self.passed[label] += 1
        self._since[label] += 1
        if label in WRITING:
            OPEN.add(WRITES, point=label, at=self._sent.at if label == Point.BATCH_COMMITTED else time.time())
        crash = self._crashes[0] if self._crashes else None
        if crash is not None and label == crash.label and self._since[label] == crash.nth:
            self._crashes.pop(0)
            self._since.clear()
            self._let_happen(crash)
        if label == BEFORE_COMMIT:
            self._sent.at = time.time()
        if label == Point.BATCH_COMMITTED and self.passed[label] == DISTURB_AFTER and not self._disturbed:
            self._disturb()

    def _let_happen(self, crash: Crash) -> None:
        inside = connection.in_atomic_block or crash.label == BEFORE_COMMIT
        OPEN.add(TRACE, event="crash", what=str(crash), inside=inside)
        if crash.kind in (LOST, REFUSED):
            raise OperationalError(f"the connection broke ({crash.kind})")
        if crash.kind == KILL or inside:  # whoever is frozen in a transaction is ended by the scheduler
            os.kill(os.getpid(), signal.SIGKILL)
        self._crashes.clear()
        os.kill(os.getpid(), signal.SIGSTOP)
        OPEN.add(TRACE, event="goes on")
        if crash.kind == FREEZE:
            self._age()

    def _disturb(self) -> None:
        self._disturbed = True
        for disturb in self._disturbances:
            try:
                if disturb():
                    OPEN.add(TRACE, event="disturbed", by=disturb.__name__)
            except OperationalError as error:
                OPEN.add(TRACE, event="disturbed", by=disturb.__name__, error=str(error))


@contextmanager
def listening(armed: Armed) -> Iterator[None]:
    """Let the crash and the disturbances hear every point and commit of this process."""
    commit: Callable[[BaseDatabaseWrapper], None] = getattr(BaseDatabaseWrapper, COMMIT)

    def commit_and_tell(wrapper: BaseDatabaseWrapper) -> None:
        armed.hear(BEFORE_COMMIT)
        commit(wrapper)
        armed.hear(AFTER_COMMIT)

    setattr(BaseDatabaseWrapper, COMMIT, commit_and_tell)
    watch_points(lambda point: armed.hear(point.value))
    try:
        yield
    finally:
        watch_points(None)
        setattr(BaseDatabaseWrapper, COMMIT, commit)
