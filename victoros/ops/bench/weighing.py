"""What a page weighs: its tags, and its bytes as they are and compressed."""

import gzip
import re
from dataclasses import dataclass

_TAG = re.compile(rb"<[a-zA-Z]")


@dataclass(frozen=True)
class Weight:
    """Of one answer."""

    tags: int
    """Elements a browser makes of it."""
    bytes: int
    compressed: int
    """Bytes as they go over the line."""


def weigh(body: bytes) -> Weight:
    """Weigh the text of a page."""
    return Weight(len(_TAG.findall(body)), len(body), len(gzip.compress(body, 6)))
