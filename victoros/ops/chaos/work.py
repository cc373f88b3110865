"""Work that never runs out while a fault run torments what surrounds the engine."""

import threading
import time
import uuid
from types import TracebackType

from django.db import DatabaseError, InterfaceError, connection

from tasks.models import Task
from victoros.ops.chaos.processes import await_true
from victoros.ops.chaos.world import World, living_cells

LOOK_S = 0.3


class KeptBusy:
    """Gives `batch` tasks whenever fewer than so many are open, in a thread of its own, for as long as the block lasts."""

    def __init__(self, world: World, batch: int = 60, steps: int = 4) -> None:
        self._world, self._batch, self._steps = world, batch, steps
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="work")
        self._unsure = ""
        self.tasks: list[int] = []
        self.refused = 0
        """Batches the service could not take; nothing of them counts as accepted unless it is found afterwards."""

    def __enter__(self) -> "KeptBusy":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(LOOK_S):
            self._look()
        while self._unsure:
            self._look()
            time.sleep(LOOK_S)
        connection.close()

    def _look(self) -> None:
        try:
            self._settle_unsure()
            going = Task.objects.filter(swarm=self._world.swarm, status__in=["ready", "in_progress"]).count()
            if going < self._batch and not self._done.is_set():
                self._give()
        except (DatabaseError, InterfaceError):
            self.refused += bool(self._unsure)
            connection.close()

    def _give(self) -> None:
        self._unsure = uuid.uuid4().hex
        self.tasks += self._world.give(self._batch, self._steps, batch=self._unsure)
        self._unsure = ""

    def _settle_unsure(self) -> None:
        """Find out whether a batch was taken whose answer never came; what is there counts as accepted."""
        if not self._unsure:
            return
        for pk in Task.objects.filter(swarm=self._world.swarm, data__batch=self._unsure).values_list("pk", flat=True):
            self._world.accept(pk, self._steps)
            self.tasks.append(pk)
        self._unsure = ""


def until_full_speed(world: World, cells: int, timeout_s: float = 60) -> float:
    """Wait until so many cells live and an urgent order is begun within a second; returns how long that took."""
    began = time.monotonic()
    await_true(lambda: _works(world, cells), timeout_s, f"{cells} cells did not work again", look_s=0.2)
    return time.monotonic() - began


def _works(world: World, cells: int) -> bool:
    try:
        return living_cells().count() >= cells and _is_begun(world)
    except (DatabaseError, InterfaceError):
        connection.close()
        return False


def _is_begun(world: World) -> bool:
    task = world.give(1, 1, urgent=True, priority=100)[0]
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        if not Task.objects.filter(pk=task, status="ready").exists():
            return True
        time.sleep(0.02)
    return False
