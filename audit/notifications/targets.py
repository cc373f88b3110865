"""Where a device is reached, and what came of reaching it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from victoros.lib.sentences import sentence as _

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Target:
    """Where a device is reached."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True)
class Outcome:
    """What a push service, or a channel, said."""

    ok: bool
    text: str
    """For people: a sentence that rows may keep."""
    is_gone: bool = False
    """The device has unsubscribed; it is not to be asked again."""
    may_retry: bool = True
    rest_s: float | None = None
    """How long it wants to be left alone; None: it did not say."""
    took_s: float = 0.0


def address_fault(endpoint: str) -> str:
    """Return why `endpoint` is no address of a push service; empty when it may be one. Looks up nothing."""
    try:
        parts = urlsplit(endpoint)
        parts.port  # noqa: B018  (raises for a port that is none)
    except ValueError:
        return _("it is no address")
    if not parts.hostname or parts.username or parts.password or len(endpoint) > 1000:
        return _("it is no address of a push service")
    is_here = settings.VICTOR_NOTIFY_PRIVATE and parts.hostname in LOOPBACK
    return "" if parts.scheme == "https" or (parts.scheme == "http" and is_here) else _("it must begin with https://")
