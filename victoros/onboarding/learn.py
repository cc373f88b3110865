"""The pages of tutorials: which there are, each as a page of steps, and the bar that goes along on the real pages."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agents.models import Checklist, LessonRun
from agents.permissions import may_change_providers
from audit.watch import Watch, render_live, watch
from victoros.lib.errors import Conflict, NotAllowed
from victoros.lib.http import finish, wants_partial
from victoros.onboarding.first_steps import begin_first_steps_again, end_first_steps, read_first_steps
from victoros.onboarding.learning import leave, list_runs, missing_rows, read_bar, start
from victoros.onboarding.lessons import LESSONS, Lesson
from victoros.onboarding.page_help import PAGES
from victoros.onboarding.practice import find_practice
from victoros.onboarding.scenes import Scene

REFRESH_S = 3


@require_safe
def learn(request: HttpRequest) -> HttpResponse:
    """List the tutorials with how far the reader is, and what each page is for."""
    runs = list_runs(request.user)
    lines = [(lesson, runs.get(lesson.name), _may_do(request.user, lesson)) for lesson in LESSONS.values()]
    practice = find_practice(request.user)
    return render(request, "onboarding/learn.html", {"lines": lines, "pages": PAGES, "practice": practice})


@require_safe
def learn_lesson(request: HttpRequest, name: str) -> HttpResponse:
    """Show one tutorial as a page of steps with links."""
    lesson = _find(name)
    practice = find_practice(request.user) if lesson.needs else None
    run = list_runs(request.user).get(name)
    may_do = _may_do(request.user, lesson)
    is_ready = may_do and not missing_rows(lesson, practice)
    steps = _steps(request, lesson, run or LessonRun(lesson=name), practice, is_ready)
    context = {"lesson": lesson, "run": run, "steps": steps, "is_ready": is_ready, "may_do": may_do}
    return render(request, "onboarding/learn_lesson.html", context)


@require_POST
def learn_start(request: HttpRequest, name: str) -> HttpResponse:
    """Begin a tutorial or go on with it: its bar stands on the pages from now on."""
    lesson = _find(name)
    if not _may_do(request.user, lesson):
        raise NotAllowed(_("Admins of a workspace connect language models."), hint=_("You can read how it is done."))
    practice = find_practice(request.user) if lesson.needs else None
    run = list_runs(request.user).get(name)
    is_going_on = run is not None and run.ended_at is None and run.step > 0
    if lesson.needs and (practice is None or (not is_going_on and missing_rows(lesson, practice))):
        raise Conflict(
            _("There is no sample data to practise on, or what this needs of it was used up."),
            hint=_("Ask a superuser: ./victor demo remove and fill make it anew."),
        )
    start(request, lesson)
    return redirect("home")


@require_POST
def learn_leave(request: HttpRequest) -> HttpResponse:
    """Take the bar off the pages."""
    leave(request)
    return finish(request, reverse("learn"), _("Left. You can go on with it from here at any time."))


@require_safe
def learn_bar(request: HttpRequest) -> HttpResponse:
    """Show the bar alone, for the page or form named by `?at=`; empty when no tutorial goes on."""
    at = request.GET.get("at", "/")[:400]

    def build() -> dict[str, Any]:
        return {"bar": read_bar(request, at)}

    return render_live(request, watch_bar(at), "onboarding/_bar.html", "onboarding/_bar.html", build)


@require_safe
def learn_page(request: HttpRequest, name: str) -> HttpResponse:
    """Say what one page is for and what one does there; in the dialog, or as a page."""
    page = PAGES.get(name)
    if page is None:
        raise Http404
    template = "onboarding/_page_help.html" if wants_partial(request) else "onboarding/page_help.html"
    return render(request, template, {"page": page, "lessons": [LESSONS[lesson] for lesson in page.lessons]})


@require_safe
def first_steps(request: HttpRequest) -> HttpResponse:
    """Show the list of first steps alone, as the board holds it."""
    live = watch(reverse("first_steps"), "swarms", "attention", "providers", refresh_s=REFRESH_S * 5)
    return render_live(
        request,
        live,
        "onboarding/_first_steps.html",
        "onboarding/_first_steps.html",
        lambda: {"steps": read_first_steps(request)},
    )


@require_POST
def first_steps_end(request: HttpRequest) -> HttpResponse:
    """Put the list of first steps away (`act=dismiss`) or show it again (`act=show`)."""
    if request.POST.get("act") == "show":
        begin_first_steps_again(request)
        return redirect("home")
    end_first_steps(request, Checklist.Why.DISMISSED)
    return redirect("home")


def watch_bar(at: str) -> Watch:
    """Return the watch of the bar on the page at `at`."""
    url = f"{reverse('learn_bar')}?{urlencode({'at': at})}"
    return watch(url, "swarms", "attention", "providers", refresh_s=REFRESH_S)


def _may_do(user: Any, lesson: Lesson) -> bool:
    return not lesson.is_for_admins or may_change_providers(user)


def _find(name: str) -> Lesson:
    lesson = LESSONS.get(name)
    if lesson is None:
        raise Http404
    return lesson


def _steps(request: HttpRequest, lesson: Lesson, run: LessonRun, practice: Any, is_ready: bool) -> list[dict[str, Any]]:
    """Return the steps with their links; without rows to practise on there is nothing to link to."""
    scene = Scene(request.user, run, "", practice)
    can_link = is_ready or bool(run.pk and practice and lesson.needs)
    done = len(lesson.steps) if run.ended_at else run.step
    return [
        {"step": step, "url": step.url(scene) if can_link else "", "is_done": n < done}
        for n, step in enumerate(lesson.steps)
    ]
