"""A run on its own: the section of a task's page that shows it, what is new in it, one step opened, and the whole as a file."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tasks.models import Attempt, Task
from tasks.selectors.detail import choose_attempt, find_task, list_attempts
from tasks.selectors.filters import read_number, read_word
from tasks.selectors.keeping import FORMATS, as_json, as_text
from tasks.selectors.run import GROWN, RunView, read_more, read_run
from tasks.selectors.step import StepDetail, read_step
from tasks.selectors.window import KINDS, VIEWS, RunChoice, read_choice
from victoros.lib import clock
from victoros.lib.errors import NotFound
from victoros.lib.http import wants_partial

LABELS = {
    "timeline": gettext_lazy("Timeline"),
    "tree": gettext_lazy("Tree"),
    "conversation": gettext_lazy("Conversation"),
    "log": gettext_lazy("Log"),
}


@require_safe
def task_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the run alone; with `?after=N` only what followed step N, and with `?entry=ID` only newer entries of the record."""
    task = find_task(request.user, pk)
    choice = read_choice(request.GET)
    if not wants_partial(request):
        return redirect(f"{reverse('task_view', args=[pk])}?{choice.as_query()}")
    attempts = list_attempts(task)
    attempt = choose_attempt(task, attempts, choice.attempt)
    if attempt is None:
        return HttpResponse(status=204)
    after = read_number(request.GET, "after")
    if after is None:
        return render(request, "tasks/_run.html", run_context(task, attempts, attempt, choice))
    more = read_more(task, attempt, choice, after=after, entry=read_number(request.GET, "entry") or 0, now=clock.now())
    return _send_more(request, task, attempts, more)


@require_safe
def task_step(request: HttpRequest, pk: int, n: int) -> HttpResponse:
    """Show one step opened, for the row it belongs to; as a page it is the task's page with that step open."""
    task = find_task(request.user, pk)
    choice = read_choice(request.GET)
    if not wants_partial(request):
        return redirect(f"{reverse('task_view', args=[pk])}?{RunChoice(attempt=choice.attempt, step=n).as_query()}")
    attempt = choose_attempt(task, list_attempts(task), choice.attempt)
    return render(request, "tasks/_step.html", step_context(task, attempt, open_step(attempt, n)))


@require_safe
def task_run_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an attempt's journal as a file: every step, in parts of a few megabytes, `?from=` the first one."""
    task = find_task(request.user, pk)
    choice = read_choice(request.GET)
    attempt = choose_attempt(task, list_attempts(task), choice.attempt)
    if attempt is None:
        raise NotFound(_("Nobody has tried task %(pk)s yet.") % {"pk": pk}, hint=_("There is nothing to keep."))
    form = read_word(request.GET, "format", tuple(FORMATS)) or "json"
    text = as_json(task, attempt, choice.start or 1) if form == "json" else as_text(task, attempt, choice)
    response = HttpResponse(text, content_type=FORMATS[form])
    name = f"task-{task.pk}-attempt-{attempt.n}.{'json' if form == 'json' else 'log'}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def run_context(task: Task, attempts: list[Attempt], attempt: Attempt, choice: RunChoice) -> dict[str, Any]:
    """Return what the template of a run needs."""
    run = read_run(task, attempts, attempt, choice, now=clock.now())
    step = open_step(attempt, choice.step) if choice.step else None
    context = frame_context(task, attempts, attempt, choice) | step_context(task, attempt, step)
    return context | {"run": run, "pages": _pages(run), "wide": GROWN}


def frame_context(task: Task, attempts: list[Attempt], attempt: Attempt, choice: RunChoice) -> dict[str, Any]:
    """Return what is needed to name a run and to ask for it: enough for its place on a page."""
    told = RunChoice(attempt=attempt.n, view=choice.view, kind=choice.kind, failed=choice.failed)
    return {
        "task": task,
        "attempt": attempt,
        "attempts": attempts,
        "choice": choice,
        "url": reverse("task_view", args=[task.pk]),
        "run_url": f"{reverse('task_run', args=[task.pk])}?{told.as_query()}",
        "whole_url": f"{reverse('task_run', args=[task.pk])}?{choice.as_query()}",
        "file_url": f"{reverse('task_run_file', args=[task.pk])}?attempt={attempt.n}",
        "views": [{"name": name, "label": LABELS[name], "query": _as_view(choice, name)} for name in VIEWS],
        "kinds": [{"name": name, "query": _as_kind(choice, name)} for name in ("", *KINDS)],
        "failed_query": RunChoice(
            attempt=choice.attempt, view="log", kind=choice.kind, failed=not choice.failed
        ).as_query(),
    }


def step_context(task: Task, attempt: Attempt | None, step: StepDetail | None) -> dict[str, Any]:
    """Return what the template of an opened step needs."""
    return {"task": task, "attempt": attempt, "step": step}


def open_step(attempt: Attempt | None, number: int) -> StepDetail:
    """Return step `number` of the attempt; raise `NotFound` when it is not there or has not finished."""
    step = read_step(attempt, number) if attempt else None
    if step is None:
        raise NotFound(
            _("There is no finished step %(number)s in this attempt.") % {"number": number},
            hint=_("Choose one from the timeline."),
        )
    return step


def _send_more(request: HttpRequest, task: Task, attempts: list[Attempt], run: RunView) -> HttpResponse:
    context = frame_context(task, attempts, run.attempt, run.choice)
    drawn = {"lanes": json.dumps(run.lanes), "breaks": json.dumps(run.breaks)}
    response = render(request, "tasks/_run_more.html", context | {"run": run, **drawn})
    response.headers["Cache-Control"] = "no-store"
    return response


def _as_view(choice: RunChoice, name: str) -> str:
    """Return the query of another view of the same steps; the log's filter stays with the log."""
    return RunChoice(choice.attempt, name, choice.start, choice.until).as_query()


def _as_kind(choice: RunChoice, name: str) -> str:
    return RunChoice(attempt=choice.attempt, view="log", kind=name, failed=choice.failed).as_query()


def _pages(run: RunView) -> dict[str, str]:
    """Return the queries of the windows around the one shown; empty where there is none."""
    base = {"start": None, "until": None, "step": None}
    as_query = run.choice.as_query
    return {
        "first": as_query(**base | {"start": 1}) if run.window.earlier else "",
        "earlier": as_query(**base | {"until": run.window.earlier}) if run.window.earlier else "",
        "later": as_query(**base | {"start": run.window.later}) if run.window.later else "",
        "newest": as_query(**base) if run.window.later else "",
    }
