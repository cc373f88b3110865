"""Plays many schedules at once: a few processes, each with a director, that write down what came of each schedule."""

import gc
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from victoros.ops.chaos.points.director import Director, Played, fork
from victoros.ops.chaos.points.places import Place
from victoros.ops.chaos.points.schedule import Passed, Schedule
from victoros.ops.chaos.points.stories import STORIES
from victoros.ops.chaos.processes import ChaosFailed

Report = dict[str, Any]
WORTH_WARMING = 20
"""Schedules of one player from which on it pays to live once before the first fork: what Django builds once is shared then."""


class Troupe:
    """Forks players from this process, which must have no database connection by then."""

    def __init__(self, place: Place, folder: Path) -> None:
        self._place, self._folder = place, folder
        self._size = (os.cpu_count() or 1) + 1
        gc.collect()
        gc.freeze()  # what is loaded by now is never looked at again, so that forks go on sharing it

    def rehearse(self) -> Passed:
        """Play each story by itself with no crash and return the points it passes. Raises when one does not go well."""
        names = sorted(STORIES)
        reports = self.play_all([Schedule(n, (name,)) for n, name in enumerate(names)])
        for report in reports:
            if report["broken"]:
                raise ChaosFailed(f"The story {names[report['number']]} goes wrong by itself: {report['broken'][0]}")
        return {names[report["number"]]: Counter(report["passed"]) for report in reports}

    def play_all(self, schedules: Iterable[Schedule], is_over: Callable[[], bool] = lambda: False) -> list[Report]:
        """Play the schedules, ordered by number, until they are through or it is over."""
        given = list(schedules)
        players = [fork(lambda n=n: self._play(n, given[n :: self._size], is_over)) for n in range(self._size)]  # type: ignore[misc]
        fallen = [pid for pid in players if os.waitpid(pid, 0)[1]]
        if fallen:
            raise ChaosFailed(f"{len(fallen)} of {self._size} players fell over.", hint="What they said is above.")
        return sorted(self._collect(), key=lambda report: report["number"])

    def play(self, schedule: Schedule) -> Report:
        """Play one schedule, with its trace."""
        [report] = self.play_all([schedule])
        return report

    def _play(self, number: int, schedules: list[Schedule], is_over: Callable[[], bool]) -> None:
        director = Director(self._place, self._folder)
        if len(schedules) >= WORTH_WARMING:
            director.warm_up()
        with open(self._folder / f"reports-{number}", "w") as reports:
            for schedule in schedules:
                if is_over():
                    break
                reports.write(json.dumps(_as_report(director.play(schedule), len(schedules) == 1)) + "\n")

    def _collect(self) -> Iterator[Report]:
        for path in self._folder.glob("reports-*"):
            yield from (json.loads(line) for line in path.read_text().splitlines())
            path.unlink()


def _as_report(played: Played, keep_trace: bool) -> Report:
    return {
        "number": played.schedule.number,
        "schedule": str(played.schedule),
        "crashes": len(played.schedule.crashes),
        "happened": [asdict(crash) for crash in played.happened],
        "broken": played.broken,
        "lives": played.lives,
        "passed": played.passed,
        "trace": played.trace if played.broken or keep_trace else [],
    }
