"""Keeps the processes of `up` alive, tells the engine at once whose work is lost, and ends them in order.

It is one thread without an event loop, so that it can fork at any time.
"""

import signal
import time
from collections.abc import Callable

from victoros.lib.hands import note_end
from victoros.ops.console import Console
from victoros.ops.home import Home
from victoros.ops.logs import bound_log, last_words
from victoros.ops.messenger import Messenger
from victoros.ops.processes import children_of, describe_exit, fork_child, kill_session, reap, send, started_at
from victoros.ops.services import Service
from victoros.ops.signals import Signals
from victoros.ops.watched import Watched

STAGES = {"web": 1.5, "work": 5.5, "llm": 0.7, "valkey": 1.0}
"""The order of the end, and how many seconds each stage has before it is killed: under 10 s together."""
TICK_S = 0.5
LOG_CHECK_S = 10.0
LEFT_AS_ASKED = {0, -signal.SIGTERM}
"""How a process that was asked to leave may end: a young one does not yet hear the signal and dies of it."""


class Supervisor:
    """Owns every child process from its first start to its end."""

    def __init__(self, home: Home, console: Console, signals: Signals, messenger: Messenger) -> None:
        self.home, self.console, self.signals, self.messenger = home, console, signals, messenger
        self.watched: dict[str, Watched] = {}
        self.on_change: Callable[[], None] = lambda: None
        self._logs_checked = time.monotonic()
        self._queue_was_lost = False

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self.signals.stop_requests > 0

    def start(self, service: Service) -> None:
        """Start a service and keep it running from now on."""
        watched = self.watched.setdefault(service.name, Watched(service))
        kept = {service.listener.fileno()} if service.listener else set()
        watched.pid = fork_child(
            service.name, service.run, self.home.log_of(service.name), set(self._own_descriptors()) - kept
        )
        watched.begun, watched.restart_at = started_at(watched.pid), None
        self.on_change()

    def _own_descriptors(self) -> list[int]:
        listeners = [w.service.listener.fileno() for w in self.watched.values() if w.service.listener]
        return [*self.signals.descriptors, self.home.lock.fileno(), *listeners]

    def run_once(self, name: str, run: Callable[[], object]) -> int:
        """Run a function in a process of its own until it ends; return its exit code. A stop request kills it."""
        pid = fork_child(name, run, self.home.log_of(name), self._own_descriptors())
        while (code := reap(pid)) is None:
            if self.is_stopping:
                kill_session(pid)
            self.tick()
        return code

    def tick(self, longest_s: float = TICK_S) -> None:
        """Wait a moment, or until a child ends, and put right what is wrong."""
        self.signals.wait(longest_s)
        for watched in list(self.watched.values()):
            self._look_after(watched)
        self.messenger.deliver()
        if self._queue_was_lost and self.messenger.answers():
            self._renew_registrations()
        self._bound_logs()

    def _look_after(self, watched: Watched) -> None:
        if watched.pid:
            code = reap(watched.pid)
            if code is not None:
                self._bury(watched, code)
            elif watched.service.hosts_cells:
                self._watch_cells(watched)
        elif watched.restart_at is not None and time.monotonic() >= watched.restart_at and not self.is_stopping:
            self.start(watched.service)
            self.console.event(watched.service.name, "started again")

    def _bury(self, watched: Watched, code: int) -> None:
        """Clean up after a process that ended, say so, and plan its next life."""
        name, gone = watched.service.name, watched.pid
        left = kill_session(gone)
        for pid in {*left, *watched.hosted}:  # by us, or by what killed their worker
            note_end(self.home.path, pid, signal.SIGKILL)
        if watched.service.stage == "work":
            self.messenger.report_dead({gone, *left, *watched.hosted})
        self._queue_was_lost |= watched.service.stage == "valkey"
        if watched.is_leaving and code in LEFT_AS_ASKED:
            watched.forget_process(pause_s=0)
        else:
            words = last_words(self.home.log_of(name)) if code > 0 else ""
            pause = self._plan_next_life(watched, code)
            if not self.is_stopping:
                self.console.event(name, _tell_end(code, words, pause, keeps_dying=watched.keeps_dying), alarm=True)
        self.on_change()

    def _plan_next_life(self, watched: Watched, code: int) -> float:
        """Return the pause before the next try, in seconds: short if what ended is not to blame.

        A worker gives up when its queue server goes; that must not count against it, or two such faults and a few others
        within a minute would leave an installation without cells for half of one.
        """
        gave_up = code > 0 and watched.service.registers_in_queue
        if gave_up and (watched.is_leaving or self._queue_was_lost or not self.messenger.answers()):
            return watched.excuse()
        return watched.record_death()

    def _renew_registrations(self) -> None:
        """Ask RQ workers to end when they have nothing to do, and so to register anew: the queue server came back empty.

        A worker registers only when it begins; unknown, it would get no cell. The cell it hosts is not disturbed.
        """
        self._queue_was_lost = False
        for watched in self.watched.values():
            if watched.service.registers_in_queue and watched.pid:
                watched.is_leaving = True
                send(watched.pid, signal.SIGTERM)

    def _watch_cells(self, watched: Watched) -> None:
        """Report the cells that were below a worker and are not any more. One that ended well has no lease to lose."""
        living = children_of(watched.pid)
        gone = watched.hosted - living
        if gone:
            self.messenger.report_dead(gone)
        watched.hosted = living

    def _bound_logs(self) -> None:
        if time.monotonic() - self._logs_checked > LOG_CHECK_S:
            self._logs_checked = time.monotonic()
            for name in self.watched:
                bound_log(self.home.log_of(name))

    def stop_all(self) -> None:
        """End everything in order: no new requests, no new work, finish or hand back what is running, then the servers.

        One more request to stop while this goes on ends the patience with the present stage.
        """
        self.messenger.tell_cells_to_drain()
        for stage, grace_s in STAGES.items():
            self._stop_stage([w for w in self.watched.values() if w.service.stage == stage and w.pid], grace_s)

    def _stop_stage(self, members: list[Watched], grace_s: float) -> None:
        for watched in members:
            if not watched.is_leaving:  # RQ takes a second SIGTERM for an order to kill
                send(watched.pid, signal.SIGTERM)
        deadline, asked = time.monotonic() + grace_s, self.signals.stop_requests
        living = members
        while living and time.monotonic() < deadline and self.signals.stop_requests == asked:
            self.signals.wait(0.05)
            living = [w for w in living if reap(w.pid) is None]
        for watched in living:
            self.console.event(watched.service.name, "did not end in time and was killed", alarm=True)
        for watched in members:
            kill_session(watched.pid)


def _tell_end(code: int, words: str, pause_s: float, *, keeps_dying: bool) -> str:
    """Word what happened to a process, why if it said so, and what follows."""
    why = f": {words}" if words else ""
    after = f"It keeps dying; next try in {pause_s:.0f} s" if keeps_dying else f"Starting again in {pause_s:.1f} s"
    return f"{describe_exit(code)}{why}. {after}"
