"""Every component in every state, for developers; live from the same includes as the pages. Examples only, no row is read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from agents.work import ProofFact
from victoros.lib import clock
from victoros.lib.differences import compare
from victoros.lib.errors import NotFound
from victoros.lib.shapes import LOOKS

LOOK_CHOICES = ("system", "light", "dark")
COLOURS = (
    "ground", "surface", "sunken", "hover", "line", "line-strong", "ink", "ink-2", "ink-3", "accent", "accent-soft",
    "good", "good-soft", "wait", "wait-soft", "bad", "bad-soft", "busy", "off",
)  # fmt: skip
TONES = ("", "busy", "good", "wait", "bad")
CURVE = [3, 5, 4, 8, 12, 9, 14, 11, 16, 15, 22, 18, 24, 21, 19, 26, 30, 24, 27, 31]
GAPPED = [0.8, 0.9, None, None, 1.4, 1.1, 0.9, 2.8, 1.2, 1.0]
FEW = [0, 0, 1, 0, 0, 0, 3, 0, 1, 0, 0, 0]


OLD = "Be brief.\nQuote word for word.\nNever guess."
NEW = "Be brief.\nQuote exactly, word for word.\nNever guess.\nName the page."


@dataclass(frozen=True)
class Point:
    """A labelled figure, as the charts want it."""

    label: str
    value: float
    said: str
    url: str = ""


@dataclass(frozen=True)
class Tab:
    """One tab."""

    label: str
    url: str
    count: int | None
    is_current: bool


class ExampleForm(forms.Form):
    """Fields of each sort; bound to nothing it shows every error."""

    name = forms.CharField(help_text=gettext_lazy("Unique in its workspace."))
    state = forms.ChoiceField(choices=[("", "choose"), ("running", "running")])
    text = forms.CharField(widget=forms.Textarea, required=False)
    keep = forms.BooleanField(label=gettext_lazy("Keep its folder"), required=False)
    tools = forms.MultipleChoiceField(
        choices=[("read_file", "read_file"), ("send_mail", "send_mail")], widget=forms.CheckboxSelectMultiple
    )


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the components to staff; to others there is no such page."""
    if not (request.user.is_staff or settings.DEBUG):
        raise NotFound(_("There is no such page."), hint=_("The gallery of components is for staff."))
    look = request.GET.get("look", "system")
    now = clock.now()
    return render(request, "dashboard/gallery.html", _examples(now, look if look in LOOK_CHOICES else "system"))


def _examples(now: datetime, look: str) -> dict[str, Any]:
    return {
        "look_name": look,
        "looks": [Tab(name, f"?look={name}", None, name == look) for name in LOOK_CHOICES],
        "colours": COLOURS,
        "tones": TONES,
        "statuses": [status for status in LOOKS if status not in ("yes", "late", "no", "unknown")],
        "tabs": [Tab("Timeline", "#tabs", None, True), Tab("Log", "#tabs", 212, False), Tab("Links", "#tabs", 0, False)],
        "facts": _facts(now),
        "curve": CURVE,
        "gapped": GAPPED,
        "few": FEW,
        "none": [0] * 10,
        "days": [Point(f"{day} Nov", value, f"${value:.2f}", "#charts") for day, value in enumerate((4, 7, 3, 0, 9, 12, 6), 17)],
        "spenders": [Point("editor", 88, "$0.88", "#charts"), Point("reader-01", 42, "$0.42"), Point("checker", 0, "$0")],
        "lines": _lines(now),
        "moments": _moments(now),
        "form": ExampleForm(prefix="good", initial={"name": "desk"}),
        "wrong_form": ExampleForm({}, prefix="bad"),
        "bulk_acts": [{"name": "retry", "label": _("Retry")}, {"name": "cancel", "label": _("Cancel"), "danger": True}],
        "lines_of_diff": compare(OLD, NEW),
        "ago": now - timedelta(minutes=4),
        "ahead": now + timedelta(minutes=46),
        "error": {"id": "4f1c09", "message": "The provider did not answer.", "hint": _("Try again."), "category": "network"},
    }  # fmt: skip


def _facts(now: datetime) -> list[ProofFact]:
    return [
        ProofFact("alive", "yes", "heartbeat of the cell that drives it", now),
        ProofFact("advancing", "late", "last finished step", now - timedelta(minutes=11)),
        ProofFact("right", "no", "0 of 3 done verified by others, 2 failed", now - timedelta(hours=3)),
        ProofFact("right", "unknown", "nothing done yet"),
    ]


def _lines(now: datetime) -> list[dict[str, Any]]:
    told = (("", "loop", "asked smollm2-135m, 244 tokens"), ("good", "read_file", "incident-0412.md, 4,102 characters"),
            ("wait", "publish_file", "waits for approval"), ("bad", "fetch_url", "timeout after 10 s; retried"))  # fmt: skip
    return [
        {"at": now - timedelta(seconds=9 - n), "tone": tone, "who": who, "text": text}
        for n, (tone, who, text) in enumerate(told)
    ]


def _moments(now: datetime) -> list[dict[str, Any]]:
    told = (("verified", "incident-0428.md was verified", "by checker, 6 quotes found"),
            ("failed", "attempt 1 of incident-0417.md failed", "timeout; retried"),
            ("stopped", "scout-2 was stopped", "by operator"))  # fmt: skip
    return [
        {"key": n, "at": now - timedelta(minutes=n), "status": status, "title": title, "why": why}
        for n, (status, title, why) in enumerate(told)
    ]
