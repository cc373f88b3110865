"""Beginning, leaving and going on with tutorials: one at a time for each person."""

from typing import Any

from django.db import transaction

from agents.models import LessonRun
from victoros.lib import clock


def begin_lesson(user: Any, lesson: str) -> LessonRun:
    """Take a tutorial up where it was left, or from the start when it was done; any other is left."""
    with transaction.atomic():
        mine = LessonRun.objects.select_for_update().filter(user=user)
        mine.exclude(lesson=lesson).filter(is_current=True).update(is_current=False)
        run, is_new = LessonRun.objects.get_or_create(user=user, lesson=lesson)
        if not is_new:
            mine.filter(pk=run.pk).update(is_current=True)
            run.refresh_from_db()
            if run.ended_at:
                begin_anew(run)
    return run


def begin_anew(run: LessonRun) -> None:
    """Set a tutorial back to its first step."""
    now = clock.now()
    LessonRun.objects.filter(pk=run.pk).update(step=0, started_at=now, step_since=now, ended_at=None)
    run.refresh_from_db()


def leave_lesson(user: Any) -> bool:
    """Take the bar off the pages; what was done stays done. False when there was none."""
    return bool(LessonRun.objects.filter(user=user, is_current=True).update(is_current=False))


def note_step(run: LessonRun, step: int, of: int) -> bool:
    """Note that the step after `step` others was done, once however often it is seen; the last one ends the tutorial."""
    now = clock.now()
    ended = now if step + 1 >= of else None
    rows = LessonRun.objects.filter(pk=run.pk, step=step, ended_at=None)
    if not rows.update(step=step + 1, step_since=now, ended_at=ended):
        return False
    run.step, run.step_since, run.ended_at = step + 1, now, ended
    return True
