"""How far somebody is in a tutorial: steps are looked at when a page is, and only while one goes on."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from agents.models import LessonRun
from agents.services.lessons import begin_anew, begin_lesson, leave_lesson, note_step
from victoros.onboarding.lessons import LESSONS, Lesson, Step
from victoros.onboarding.practice import Practice, find_practice
from victoros.onboarding.scenes import Scene

CURRENT = "lesson"
"""In the session while a bar stands on the pages; without it no page asks for a tutorial."""
ROWS = "lesson_rows"
"""In the session: the rows that the tutorial practises on."""


@dataclass(frozen=True)
class Bar:
    """What the bar of a tutorial shows."""

    lesson: Lesson
    run: LessonRun
    step: Step | None
    """The step to do; None when all are done."""
    url: str
    target: str
    at: str

    @property
    def number(self) -> int:
        """Which step it is, from 1."""
        return min(self.run.step + 1, len(self.lesson.steps))

    @property
    def is_here(self) -> bool:
        """Whether the step is done on the page the reader is on."""
        return self.at.partition("?")[0] == self.url.partition("?")[0]


def read_bar(request: HttpRequest, at: str) -> Bar | None:
    """Return the bar of the reader's tutorial, steps done by now noted; None, without a query, when none goes on."""
    name = request.session.get(CURRENT)
    lesson = LESSONS.get(name or "")
    if lesson is None:
        return None
    run = LessonRun.objects.filter(user=request.user.pk, lesson=name, is_current=True).first()
    practice = find_practice(request.user) if run and lesson.needs and not run.ended_at else None
    if run is None or (lesson.needs and not run.ended_at and practice is None):
        request.session.pop(CURRENT, None)
        return None
    rows = _rows_of(request, run, practice)
    bar = _see(lesson, Scene(request.user, run, at, practice, rows))
    request.session[ROWS] = rows
    return bar


def _rows_of(request: HttpRequest, run: LessonRun, practice: Practice | None) -> dict[str, int]:
    """Return the rows practised on in this browser; on other sample data the tutorial begins anew."""
    of_now = {"run": run.pk, "sample": practice.workspace.pk if practice else 0}
    rows: dict[str, int] = request.session.get(ROWS) or of_now
    if rows.get("run") != run.pk:
        return of_now
    if practice and rows["sample"] != of_now["sample"]:
        begin_anew(run)
        return of_now
    return rows


def start(request: HttpRequest, lesson: Lesson) -> LessonRun:
    """Begin or go on, and show the bar in this browser."""
    request.session[CURRENT] = lesson.name
    run = begin_lesson(request.user, lesson.name)
    if run.step == 0:
        request.session.pop(ROWS, None)
    return run


def leave(request: HttpRequest) -> None:
    """Take the bar off."""
    request.session.pop(CURRENT, None)
    leave_lesson(request.user)


def missing_rows(lesson: Lesson, practice: Practice | None) -> list[str]:
    """Return what the sample data lacks for a tutorial."""
    return [name for name in lesson.needs if practice is None or getattr(practice, name) is None]


def list_runs(user: Any) -> dict[str, LessonRun]:
    """Return the reader's tutorials by name. One query."""
    return {run.lesson: run for run in LessonRun.objects.filter(user=user)}


def _see(lesson: Lesson, scene: Scene) -> Bar:
    run, steps = scene.run, lesson.steps
    while not run.ended_at and run.step < len(steps) and steps[run.step].is_done(scene):
        if not note_step(run, run.step, len(steps)):
            run.refresh_from_db()
    if run.ended_at or run.step >= len(steps):
        return Bar(lesson, run, None, "", "", scene.at)
    step = steps[run.step]
    return Bar(lesson, run, step, step.url(scene), step.target(scene), scene.at)
