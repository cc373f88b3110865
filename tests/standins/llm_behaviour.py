"""What the stand-in does next, and how that is changed while it runs."""

import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from tests.standins.llm_faults import FAULTS
from tests.standins.llm_protocols import Json, Question, Saying, answer_plainly

Brain = Callable[[Question], Saying]


@dataclass
class Behaviour:
    """Latency, answers and faults."""

    latency_s: float = 0.0
    brain: Brain = answer_plainly
    plan: deque[str] = field(default_factory=deque)
    """Faults for the next requests, one each; an empty name is a sound answer."""
    always: str = ""
    """A fault for every request that the plan says nothing about."""
    rates: dict[str, float] = field(default_factory=dict)
    """Chance of each fault, drawn with `seed`."""
    seed: int = 0
    key: str = ""
    """If set, any other key is answered with 401."""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def plan_faults(self, faults: Iterable[str]) -> None:
        """Let the next requests fail like this, one each; an unknown fault raises `ValueError`."""
        wanted = list(faults)
        unknown = set(wanted) - FAULTS - {""}
        if unknown:
            raise ValueError(f"no such faults: {sorted(unknown)}; there are {sorted(FAULTS)}")
        self.plan.extend(wanted)

    def change(self, wanted: Json) -> None:
        """Take over `plan`, `latency_ms`, `always`, `rates`, `seed` and `key`, as far as they are given."""
        self.plan_faults(wanted.get("plan", ()))
        self.latency_s = wanted.get("latency_ms", self.latency_s * 1000) / 1000
        self.always = wanted.get("always", self.always)
        self.rates = wanted.get("rates", self.rates)
        self.key = wanted.get("key", self.key)
        if "seed" in wanted:
            self._chance.seed(wanted["seed"])

    def choose(self, model: str) -> tuple[float, str]:
        """Return latency and fault: the model's name decides, then the plan, then `always`, then chance."""
        options = parse_qs(model.partition("?")[2])
        latency_s = float(options["latency_ms"][0]) / 1000 if "latency_ms" in options else self.latency_s
        if "fault" in options:
            return latency_s, options["fault"][0]
        if self.plan:
            return latency_s, self.plan.popleft()
        return latency_s, self.always or self._draw()

    def _draw(self) -> str:
        drawn = self._chance.random() if self.rates else 1.0
        for fault, rate in self.rates.items():
            if drawn < rate:
                return fault
            drawn -= rate
        return ""
