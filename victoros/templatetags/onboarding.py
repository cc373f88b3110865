"""What leads newcomers, for templates: `{% load onboarding %}`. Nothing here asks the database where nobody is led."""

from typing import Any

from django import template
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext as _

from agents.permissions import scope_of_user
from victoros.demo.fill import find_sample
from victoros.onboarding.first_steps import read_first_steps
from victoros.onboarding.learn import REFRESH_S, watch_bar
from victoros.onboarding.learning import CURRENT, read_bar
from victoros.onboarding.page_help import PageHelp, help_for, may_fill

register = template.Library()


@register.simple_tag(takes_context=True)
def lesson_bar(context: Any) -> dict[str, Any]:
    """Return the bar of the reader's tutorial with the watch that keeps it live; empty when none goes on."""
    request = context.get("request")
    if request is None or not request.session.get(CURRENT):
        return {}
    live = watch_bar(request.get_full_path())
    bar = read_bar(request, request.get_full_path())
    return {"bar": bar, "live": live} if bar else {}


@register.simple_tag(takes_context=True)
def first_steps(context: Any) -> dict[str, Any]:
    """Return the reader's first steps with the watch that keeps them live; empty when they are done or dismissed."""
    steps = read_first_steps(context["request"])
    topics = ("swarms", "attention", "providers")
    live = context["live"].narrow(reverse("first_steps"), *topics, refresh_s=REFRESH_S * 5)
    return {"steps": steps, "live": live} if steps else {}


@register.simple_tag(takes_context=True)
def page_help(context: Any) -> PageHelp | None:
    """Return what the page the reader is on is for."""
    match = getattr(context.get("request"), "resolver_match", None)
    return help_for((match.url_name or "") if match else "")


@register.simple_tag(takes_context=True)
def sees_nothing(context: Any) -> bool:
    """Tell whether an empty list is empty because the reader may not look at any swarm."""
    scope = scope_of_user(context["request"].user)
    return not (scope.everything or scope.swarm_ids or scope.workspace_ids)


@register.simple_tag
def ask_whom() -> str:
    """Return who can give rights: the names of up to three superusers."""
    people = get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("pk")
    names = [user.get_username() for user in people.only("username")[:3]]
    return _(" or ").join(names) or _("an admin")


@register.simple_tag(takes_context=True)
def sample_data(context: Any) -> dict[str, Any]:
    """Return the workspace of the sample data, if there is one, and whether the reader may fill it in or remove it.

    The board has read its name with its figures.
    """
    board = context.get("board")
    workspace = (board.figures.sample and {"name": board.figures.sample}) if board else find_sample()
    return {"workspace": workspace, "may_change": may_fill(context["request"].user)}
