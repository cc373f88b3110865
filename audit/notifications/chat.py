"""One message by e-mail or chat, through apprise. Knows no rows.

apprise takes a third of a second to load: import this module where something is sent, not at the top of a module.
"""

import logging
import re
import threading
from typing import Any

import apprise
from django.conf import settings

from victoros.lib.outside import only_outside

_one_at_a_time = threading.Lock()
"""What apprise says goes through one logger: two at once would read each other's words."""


def send(url: str, title: str, body: str) -> tuple[bool, str]:
    """Return whether it was sent, and what apprise had to say, without what the address keeps secret."""
    capture: Any = apprise.LogCapture(level=logging.WARNING, fmt="%(message)s")  # type: ignore[no-untyped-call]
    with _one_at_a_time, only_outside(private=settings.VICTOR_NOTIFY_PRIVATE), capture as said:
        service = apprise.Apprise.instantiate(url)
        is_sent = bool(service and service.notify(body=body, title=title))
        words = " ".join(said.getvalue().split())
    for part in re.split(r"[/:@?&=#+]+", url)[1:]:
        words = words.replace(part, "…") if len(part) > 3 else words
    return is_sent, words


def is_complete(url: str) -> bool:
    """Tell whether apprise could send to this address."""
    return apprise.Apprise.instantiate(url) is not None
