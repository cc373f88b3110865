"""How often something that failed is tried again, and how long it rests in between."""

MAX_TRIES = 4
"""Model calls for one think step, and deliveries of one act whose answers are lost; the first included."""
BACKOFF_S = (1.0, 4.0, 15.0)
LONGEST_PAUSE_S = 20.0
"""A longer pause is spent as a row, not as a coroutine."""


def pause_before(tries: int) -> float:
    """Return the pause after so many failed tries, in seconds."""
    return BACKOFF_S[min(tries, len(BACKOFF_S)) - 1]
