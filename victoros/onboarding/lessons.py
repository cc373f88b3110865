"""The tutorials: short, on the real pages. How a step is recognised stands in `scenes`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from victoros.onboarding.scenes import (
    Scene,
    approval,
    failed,
    gave_work,
    has_opened_step,
    is_among_spenders,
    is_at,
    is_at_work_of_spender,
    is_on_failed_list,
    newest_task,
    open_failed_step,
    page,
    point,
    spender,
    swarm,
    tested_provider,
    wants,
    was_decided,
    was_retried,
)


@dataclass(frozen=True)
class Step:
    """One thing to do: words, the page, the control (a selector), and how it is seen that it was done."""

    title: Any
    text: Any
    url: Callable[[Scene], str]
    is_done: Callable[[Scene], bool]
    target: Callable[[Scene], str] = lambda scene: ""


@dataclass(frozen=True)
class Lesson:
    """A tutorial."""

    name: str
    title: Any
    about: Any
    steps: tuple[Step, ...]
    needs: tuple[str, ...] = field(default=())
    """Rows of the sample data it practises on; empty: it needs none."""
    is_for_admins: bool = False
    """Whether only who administers a workspace can do it; others can read it."""


_ACT = "#swarm-state a[href*='/swarms/%d/control/?act={act}'], dialog[open] button.primary, .confirm button.primary"

LESSONS = {
    lesson.name: lesson
    for lesson in (
        Lesson(
            "stop",
            _("Stop everything"),
            _("Where the two stops are, what they name before they act, and how work goes on afterwards."),
            (
                Step(
                    _("Open Stop…"),
                    _(
                        "It stands on every page and names each swarm that would stop. Look, and close it "
                        "again: real swarms are on it too."
                    ),
                    page("home"),
                    is_at("stop"),
                    point(".top a[href='/stop/'], .bottom a[href='/stop/']"),
                ),
                Step(
                    _("Open a sample swarm"),
                    _("The same stop exists for one swarm, one agent and one task, on its page."),
                    page("swarm_view", swarm),
                    is_at("swarm_view", swarm),
                ),
                Step(
                    _("Stop it"),
                    _(
                        "Press “Stop this swarm…”, read what it says, and confirm. Finished steps are kept; "
                        "calls in flight are given up."
                    ),
                    page("swarm_view", swarm),
                    wants("stopped"),
                    point(_ACT.format(act="stop"), swarm),
                ),
                Step(
                    _("Start it again"),
                    _("Each attempt goes on at its last finished step. Nothing is done twice."),
                    page("swarm_view", swarm),
                    wants("running"),
                    point(_ACT.format(act="start"), swarm),
                ),
            ),
            ("swarm",),
        ),
        Lesson(
            "failure",
            _("Find why a run failed"),
            _("From the list of failed tasks to the step that broke, and another try."),
            (
                Step(
                    _("List what failed"),
                    _("Tasks, state failed. The board leads there too."),
                    page("task_list", query="?state=failed"),
                    is_on_failed_list,
                    point("#tasks a[href*='state=failed'], [data-go='t']"),
                ),
                Step(
                    _("Open the newest of the sample"),
                    _(
                        "Its reason stands under the title: the category says whose fault it is, the "
                        "id finds it in the log."
                    ),
                    page("task_view", failed),
                    is_at("task_view", failed),
                    point("#tasks a[href='/tasks/%d/']", failed),
                ),
                Step(
                    _("Open its last step"),
                    _(
                        "The red bar is where it broke. The step shows the prompt as it was sent, the "
                        "answer, the call and its result."
                    ),
                    open_failed_step,
                    has_opened_step,
                    point("a[href*='step=']:not([href*='agents'])"),
                ),
                Step(
                    _("Give it another try"),
                    _("Retry makes a new attempt. What finished is not lost: it stays in the journal of the old one."),
                    page("task_view", failed),
                    was_retried,
                    point(
                        "a[href*='/tasks/%d/control/?act=retry'], dialog[open] button.primary, .confirm button.primary",
                        failed,
                    ),
                ),
            ),
            ("failed",),
        ),
        Lesson(
            "spending",
            _("Find who spends"),
            _("From the sum on the board to the agent and the task that cost it."),
            (
                Step(
                    _("Open today's sum"),
                    _("The board says what today cost. The figure opens to those who spent it."),
                    page("home"),
                    is_among_spenders,
                    point(".glance a:last-child"),
                ),
                Step(
                    _("Open the agent that cost most"),
                    _("Its page tells tokens and dollars, and what it works on. In the sample this one leads."),
                    page("agent_view", spender),
                    is_at("agent_view", spender),
                ),
                Step(
                    _("Open a task it worked on"),
                    _(
                        "Each attempt and each step has its tokens and its price: a run that thinks in "
                        "circles shows as many long bars."
                    ),
                    lambda scene: f"{reverse('task_list')}?agent={spender(scene)}",
                    is_at_work_of_spender,
                    point("a[href^='/tasks/']:not([href*='?']):not([href='/tasks/'])"),
                ),
            ),
            ("spender",),
        ),
        Lesson(
            "approval",
            _("Answer an approval"),
            _("What a yes is bound to, and how to say no with a reason."),
            (
                Step(
                    _("Open Needs me"),
                    _(
                        "Everything that waits for a person, the most pressing first. On the phone "
                        "it is in the bar below."
                    ),
                    page("approval_list"),
                    is_at("approval_list"),
                    point("[data-go='n'], .bottom a[href='/needs-me/']"),
                ),
                Step(
                    _("Open the exact act"),
                    _("Tool, arguments and the agent's reason. A yes is bound to just these, and to nothing else."),
                    page("approval_view", approval),
                    is_at("approval_view", approval),
                    point("a[href='/approvals/%d/']", approval),
                ),
                Step(
                    _("Decide"),
                    _("Approve it, or reject it and say why: the agent reads your reason and goes on with it."),
                    page("approval_view", approval),
                    was_decided,
                    point("#approval button.primary, dialog[open] button.primary"),
                ),
            ),
            ("approval",),
        ),
        Lesson(
            "work",
            _("Give work"),
            _("A task for a swarm: what it must say so that an agent takes it and somebody can check it."),
            (
                Step(
                    _("Open New task"),
                    _("Also by the key c, from any page."),
                    page("task_new", query=""),
                    is_at("task_new"),
                    point("a[href='/tasks/new/']"),
                ),
                Step(
                    _("Give it to the sample swarm"),
                    _(
                        "A title says what is to be done, acceptance how one sees that it was. An agent with the "
                        "needed capabilities takes it by itself."
                    ),
                    lambda scene: f"{reverse('task_new')}?swarm={swarm(scene)}",
                    gave_work,
                    point("a[href='/tasks/new/?swarm=%d'], #page form button.primary", swarm),
                ),
                Step(
                    _("Look at it"),
                    _("State, who may take it, and each attempt as it comes stand on its page."),
                    page("task_view", newest_task),
                    is_at("task_view", newest_task),
                ),
            ),
            ("swarm",),
        ),
        Lesson(
            "model",
            _("Connect a language model"),
            _("How agents get a better one than comes along, and how to see that it answers."),
            (
                Step(
                    _("Open Providers"),
                    _("One card for each way to a language model, with the verdict of its last test."),
                    page("provider_list"),
                    is_at("provider_list"),
                    point("[data-go='p']"),
                ),
                Step(
                    _("Look at what is needed"),
                    _(
                        "Protocol, address, model and key. The key is sealed before it is stored. Save one "
                        "if you have it; else go back."
                    ),
                    page("provider_new"),
                    is_at("provider_new"),
                    point("a[href='/providers/new/']"),
                ),
                Step(
                    _("Test one"),
                    _("“Test now” asks one small question. What goes wrong is told with what to do about it."),
                    page("provider_list"),
                    tested_provider,
                    point("form[action$='/test/'] button"),
                ),
            ),
            is_for_admins=True,
        ),
    )
}
