"""Hints to browsers: which topics moved and to what version, never what they hold. Publishing is here; hearing in `hub`."""

import json

from victoros.lib.redis import publish as _publish

CHANNEL = "victor:hints"


def publish(versions: dict[str, int]) -> bool:
    """Tell every web process that these topics moved. Losing it costs a page at most 15 s of staleness."""
    return _publish(CHANNEL, json.dumps({"topics": versions}))


def parse(text: str) -> dict[str, int]:
    """Return the topics of a published hint; nothing when it is not one of ours."""
    try:
        topics = json.loads(text)["topics"]
        return {str(name): int(version) for name, version in topics.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
