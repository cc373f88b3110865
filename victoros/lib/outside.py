"""Connections to addresses that people name: refused at the moment of connecting when they lead into a private network.

A name that was checked beforehand may lead elsewhere a moment later. So the check is an audit hook of the interpreter on
`socket.connect` itself: whatever library connects inside `only_outside`, through redirects or not, it is asked.
"""

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from victoros.lib.sentences import sentence as _

_allowed: ContextVar[str | None] = ContextVar("outside_only", default=None)


class PrivateAddress(OSError):
    """The address is not one of the open internet; no packet was sent."""


@contextmanager
def only_outside(*, private: bool = False) -> Iterator[None]:
    """Refuse, in this thread, connections to anything but the open internet; `private` allows other networks, too."""
    _install()
    token = _allowed.set("any" if private else "public")
    try:
        yield
    finally:
        _allowed.reset(token)


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the open internet. IPv4 addresses written as IPv6 are judged as what they are."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False  # a name: resolved behind our back, so nobody can tell
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return (inner or found).is_global and not (inner or found).is_multicast


@cache
def _install() -> None:
    sys.addaudithook(_ask)


def _ask(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or _allowed.get() != "public":
        return
    address = arguments[1]
    host = str(address[0]) if isinstance(address, tuple) else ""
    if not is_public(host):
        raise PrivateAddress(
            _("%(value)s is not an address of the open internet") % {"value": host or "a local socket"}
        )
