"""Plays schedules: forks one life after the other, sees how it ends, freezes and thaws, and lets the rules judge."""

import json
import os
import shutil
import signal
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from victoros.ops.chaos.points.life import Orders, begin, practise
from victoros.ops.chaos.points.notebook import OPEN, TRACE, Notebook
from victoros.ops.chaos.points.places import Place
from victoros.ops.chaos.points.rules import find_broken
from victoros.ops.chaos.points.schedule import FREEZE, Crash, Schedule
from victoros.ops.processes import end_with_parent

MOST_LIVES = 16


@dataclass
class Played:
    """What came of a schedule."""

    schedule: Schedule
    broken: list[str] = field(default_factory=list)
    lives: int = 0
    happened: list[Crash] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    trace: list[dict[str, Any]] = field(default_factory=list)


class Director:
    """Plays schedules one after the other in one place. Must be in a process that has no database connection."""

    def __init__(self, place: Place, folder: Path) -> None:
        self._place, self._folder = place, folder

    def play(self, schedule: Schedule) -> Played:
        """Play it in a database of its own and return what came of it."""
        name = f"points_{os.getpid()}"
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self._place.make(name)
        try:
            return _Play(self._place, name, Notebook(folder), schedule).run()
        finally:
            self._place.remove(name)

    def warm_up(self) -> None:
        """Live once in this very process, so that its forks find ready what is built on first use."""
        name = f"points_{os.getpid()}"
        (self._folder / name).mkdir()
        self._place.make(name)
        self._place.enter(name)
        practise(Orders(self._folder / name, ("plain", "paid")))
        connection.close()
        self._place.remove(name)


class _Play:
    """One schedule under way."""

    def __init__(self, place: Place, name: str, notebook: Notebook, schedule: Schedule) -> None:
        self._place, self._name, self._notebook = place, name, notebook
        self._schedule, self._left = schedule, list(schedule.crashes)
        self._played = Played(schedule)
        self._frozen: list[int] = []
        self._fallen: list[int] = []
        """Lives that ended by a signal since the last one began: the next is told of them."""

    def run(self) -> Played:
        try:
            self._live_on()
            if self._frozen:
                self._thaw(self._frozen)
                self._left.clear()
                self._live_on()
            self._played.broken += self._judge()
        finally:
            for pid in self._frozen:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        self._played.trace = self._notebook.read(TRACE)
        for line in self._played.trace:
            self._played.passed.update(line.get("passed", {}))
        return self._played

    def _live_on(self) -> None:
        """Let one life follow another until one ends of itself, with nobody thawed beside it whose end it has not seen."""
        while self._played.lives < MOST_LIVES:
            long_frozen, dead = list(self._frozen), tuple(self._fallen)
            self._fallen.clear()
            status = self._live(tuple(self._left), dead)
            self._thaw(long_frozen)
            if os.WIFEXITED(status) and not self._fallen and not long_frozen:
                return
        self._played.broken.append(f"There was no end after {MOST_LIVES} lives.")

    def _live(self, crashes: tuple[Crash, ...], dead: tuple[int, ...], standing: tuple[int, ...] = ()) -> int:
        """Fork a life and return how it ended or that it is frozen; one that is overtaken is waited for.

        Who overtakes it may fall by its own work, after which the overtaken one need not find anything left to do.
        """
        self._played.lives += 1
        orders = Orders(self._notebook.folder, self._schedule.stories, crashes, dead, standing)
        pid = self._fork(lambda: begin(orders))
        status = self._wait(pid)
        for _ in range(self._count_crashes(pid)):
            self._played.happened.append(self._left.pop(0))
        if not os.WIFSTOPPED(status):
            self._note_fall(pid, status)
            return status
        if self._played.happened[-1].kind == FREEZE:
            self._frozen.append(pid)
            return status
        self._live((), (), standing=(pid,))
        os.kill(pid, signal.SIGCONT)
        status = self._wait(pid)
        self._note_fall(pid, status)
        return status

    def _note_fall(self, pid: int, status: int) -> None:
        if os.WIFSIGNALED(status):
            self._fallen.append(pid)

    def _thaw(self, pids: list[int]) -> None:
        for pid in list(pids):
            self._frozen.remove(pid)
            os.kill(pid, signal.SIGCONT)
            self._wait(pid)

    def _wait(self, pid: int) -> int:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
            self._played.broken.append(f"A life hung, or ended by signal {os.WTERMSIG(status)}.")
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            self._played.broken += [
                line["words"] for line in self._notebook.read(TRACE) if line["pid"] == pid and "words" in line
            ] or [f"A life ended with code {os.WEXITSTATUS(status)}."]
        return status

    def _count_crashes(self, pid: int) -> int:
        return sum(line["event"] == "crash" and line["pid"] == pid for line in self._notebook.read(TRACE))

    def _judge(self) -> list[str]:
        """Ask the rules, in a process of its own: this one has no connection."""
        answer = self._notebook.folder / "broken"

        def judge() -> None:
            OPEN.folder = self._notebook.folder
            answer.write_text(json.dumps(find_broken(self._notebook, self._schedule.stories)))
            os._exit(0)

        self._wait(self._fork(judge))
        if not answer.exists():
            return ["The rules could not be asked."]
        found: list[str] = json.loads(answer.read_text())
        return found

    def _fork(self, be: Callable[[], None]) -> int:
        def enter_and_be() -> None:
            self._place.enter(self._name)
            be()

        return fork(enter_and_be)


def fork(be: Callable[[], object]) -> int:
    """Run something in a forked process, which never returns from here and ends with this one; returns its pid."""
    end_with_us = end_with_parent(signal.SIGKILL)
    pid = os.fork()
    if pid:
        return pid
    try:
        end_with_us()
        be()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(70)
    os._exit(0)
