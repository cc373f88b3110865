"""What lets a phone or a desktop install the site: manifest, service worker, and the page shown while nothing answers.

The worker never serves a page from memory: a board that is not fresh would lie. It only says that the server is away.
"""

import json
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from victoros.dashboard.assets import asset_url, load_bundle, read_static

GROUND, ACCENT = "#f6f6f4", "#2350c4"
"""As in static/css/tokens.css: the system paints them before any style sheet is read."""


@require_safe
@login_not_required
def manifest(request: HttpRequest) -> HttpResponse:
    """Describe the site to a system that installs it. What needs the operator comes first there."""
    shortcuts = [
        (_("Needs me"), "approval_list"),
        (_("Board"), "home"),
        (_("New task"), "task_new"),
        (_("Stop"), "stop"),
    ]
    return JsonResponse(
        {
            "id": "/",
            "name": "Victor.os",
            "short_name": "Victor.os",
            "description": "The control room for swarms of agents.",
            "start_url": reverse("approval_list"),
            "scope": "/",
            "display": "standalone",
            "background_color": GROUND,
            "theme_color": ACCENT,
            "icons": [
                {"src": static("icons/victor.svg"), "sizes": "any", "type": "image/svg+xml"},
                _small_icon(),
                {"src": static("icons/victor-512.png"), "sizes": "512x512", "type": "image/png"},
                {
                    "src": static("icons/victor-full-512.png"),
                    "sizes": "512x512",
                    "type": "image/png",
                    "purpose": "maskable",
                },
            ],
            "shortcuts": [
                {"name": name, "url": reverse(url_name), "icons": [_small_icon()]} for name, url_name in shortcuts
            ],
            "screenshots": [
                _picture("board", "1440x900", "wide", _("The board")),
                _picture("board-phone", "390x844", "narrow", _("The board on a phone")),
            ],
            "categories": ["productivity", "developer tools"],
        },
        content_type="application/manifest+json",
    )


@require_safe
@login_not_required
def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker with what it keeps: the page for bad times and its looks. A new release makes a new worker."""
    kept = [reverse("offline"), asset_url("victor.css"), asset_url("victor.js"), static("icons/victor.svg")]
    name = f"victor-{load_bundle('victor.css').digest}-{load_bundle('victor.js').digest}"
    constants = {"NAME": name, "KEPT": kept} | _push_constants()
    head = "".join(f"const {key} = {json.dumps(value)};\n" for key, value in constants.items())
    text = head + read_static("js/worker.js") + read_static("js/worker_push.js")
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


def _picture(name: str, sizes: str, form: str, label: str) -> dict[str, str]:
    """Return what the system shows before it installs the site; `./victor screenshots` makes such pictures."""
    return {
        "src": static(f"pictures/{name}.png"),
        "sizes": sizes,
        "type": "image/png",
        "form_factor": form,
        "label": label,
    }


def _small_icon() -> dict[str, str]:
    return {"src": static("icons/victor-192.png"), "sizes": "192x192", "type": "image/png"}


def _push_constants() -> dict[str, Any]:
    """Return addresses and words of notifications, for when the worker has to speak by itself."""
    return {
        "ICON": static("icons/victor-192.png"),
        "BADGE": static("icons/victor-badge.png"),
        "DECIDE": reverse("notice_decide"),
        "SHOWN": reverse("notice_shown"),
        "RENEW": reverse("device_renew"),
        "HOME": reverse("approval_list"),
        "WORDS": {
            "unknown": _("Something needs you"),
            "notSent": _("Not sent: no connection"),
            "nothingDecided": _("Nothing was decided."),
            "signIn": _("Sign in to decide"),
            "failed": _("That did not work"),
            "openIt": _("Open the page and decide there."),
        },
    }


@require_safe
@login_not_required
def offline(request: HttpRequest) -> HttpResponse:
    """Say that the server cannot be reached. Kept by the service worker; knows nobody and shows no data."""
    return render(request, "dashboard/offline.html")
