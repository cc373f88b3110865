"""Hints to browsers: which topics moved and to what version, never what they hold."""

import json

from victoros.lib.redis import publish as _publish

CHANNEL = "victor:hints"


def publish(versions: dict[str, int]) -> bool:
    """Tell every web process that these topics moved. Losing it costs a page at most 15 s of staleness."""
    return _publish(CHANNEL, json.dumps({"topics": versions}))
