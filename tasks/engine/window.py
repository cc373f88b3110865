"""What a provider was asked within the last minute, counted so that no minute anywhere holds more than its limit."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from agents.models import Provider
from tasks.models import Quota

SLOTS = 120
"""Parts of the window: use is counted by them, and a part leaves the window as a whole, once its end has left."""
TURN_S = 0.5
"""A turn must be used within this time, or it is void."""
ON_ITS_WAY_S = 0.5
"""How long a call may be on its way to the provider: turns stay in the window so much longer than they were given for."""


class Window:
    """Requests and tokens of one provider in the last minute, by slots of the database's time."""

    def __init__(self, provider: Provider, quota: Quota, now: datetime) -> None:
        self._provider, self._quota, self._now = provider, quota, now.timestamp()
        self._length_s: float = settings.VICTOR_QUOTA_WINDOW_S
        self._slot_s = self._length_s / SLOTS
        self.slot = int(self._now / self._slot_s)
        self.is_counted = bool(provider.requests_per_min or provider.tokens_per_min)
        self._spent: dict[int, list[int]] = {int(slot): list(use) for slot, use in quota.spent.items()}
        self._spent = {slot: use for slot, use in self._spent.items() if self._ends_s(slot) > 0}

    def _ends_s(self, slot: int) -> float:
        """Return in how many seconds the calls of a slot have certainly left the window."""
        end: float = (slot + 1) * self._slot_s + self._length_s + TURN_S + ON_ITS_WAY_S
        return end - self._now

    def correct(self, corrections: dict[int, list[int]]) -> None:
        """Count what was really used where something else was reckoned with."""
        for slot, (requests, tokens) in corrections.items():
            if slot in self._spent:
                use = self._spent[slot]
                self._spent[slot] = [max(0, use[0] + requests), max(0, use[1] + tokens)]

    def admit(self, estimates: Sequence[int]) -> int:
        """Give turns to the first questions that still fit, and count them; returns how many."""
        if not self.is_counted:
            return len(estimates)
        requests, tokens = self._room()
        number = used = 0
        for estimate in map(self._cap, estimates):
            if number >= requests or used + estimate > tokens:
                break
            number, used = number + 1, used + estimate
        if number:
            before = self._spent.get(self.slot, [0, 0])
            self._spent[self.slot] = [before[0] + number, before[1] + used]
        return number

    def wait_s(self, estimate: int) -> float:
        """Return in how many seconds one more question fits; 0 when it does already."""
        requests, tokens = self._room()
        wait: float = 0.0
        for slot in sorted(self._spent):
            if requests >= 1 and tokens >= self._cap(estimate):
                break
            wait = self._ends_s(slot)
            requests, tokens = requests + self._spent[slot][0], tokens + self._spent[slot][1]
        return wait

    def pace_s(self, estimates: Sequence[int]) -> float:
        """Return the seconds between two questions if they came evenly."""
        paces = [0.0]
        if self._provider.requests_per_min:
            paces.append(self._length_s / self._provider.requests_per_min)
        if self._provider.tokens_per_min and estimates:
            mean = sum(map(self._cap, estimates)) / len(estimates)
            paces.append(self._length_s * mean / self._provider.tokens_per_min)
        return max(paces)

    def keep(self) -> None:
        """Write it down."""
        self._quota.spent = {str(slot): use for slot, use in self._spent.items()}
        self._quota.save(update_fields=["spent", "booked_until"])

    def _room(self) -> tuple[float, float]:
        provider, used = self._provider, list(self._spent.values())
        requests = (
            provider.requests_per_min - sum(use[0] for use in used) if provider.requests_per_min else float("inf")
        )
        tokens = provider.tokens_per_min - sum(use[1] for use in used) if provider.tokens_per_min else float("inf")
        return requests, tokens

    def _cap(self, estimate: int) -> int:
        """A question larger than the whole limit goes alone, when nothing else is in the window."""
        limit = self._provider.tokens_per_min
        return min(estimate, limit) if limit else estimate
