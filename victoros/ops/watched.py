"""One supervised service through its lives: when it started, how often it died of late, when to try again."""

import time
from collections import deque
from dataclasses import dataclass, field

from victoros.ops.services import Service

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
SLOW_PAUSE_S = 30.0
MANY_DEATHS = 5
WINDOW_S = 60.0


@dataclass
class Watched:
    """A service and the process that runs it now, if one does."""

    service: Service
    pid: int = 0
    begun: float = 0.0
    """Creation time of the process as the system tells it; with the pid it names the process for ever."""
    restart_at: float | None = None
    """Monotonic time of the next try; None while it runs or must not run."""
    hosted: set[int] = field(default_factory=set)
    """Processes of cells seen below it."""
    is_leaving: bool = False
    """It was asked to end; what follows is no death."""
    deaths: deque[float] = field(default_factory=deque)

    @property
    def keeps_dying(self) -> bool:
        """Whether it died too often within a minute."""
        return len(self.deaths) >= MANY_DEATHS

    def forget_process(self, pause_s: float) -> None:
        """Note that no process runs it now and when the next one shall."""
        self.pid, self.begun, self.is_leaving, self.restart_at = 0, 0.0, False, time.monotonic() + pause_s
        self.hosted.clear()

    def excuse(self) -> float:
        """Forget the process without a death on its account, and return the pause in seconds."""
        self.forget_process(FIRST_PAUSE_S)
        return FIRST_PAUSE_S

    def record_death(self) -> float:
        """Forget the process, plan the next try, and return the pause in seconds: twice as long each time."""
        now = time.monotonic()
        self.deaths.append(now)
        while self.deaths[0] < now - WINDOW_S:
            self.deaths.popleft()
        pause = SLOW_PAUSE_S if self.keeps_dying else min(FIRST_PAUSE_S * 2 ** (len(self.deaths) - 1), LONGEST_PAUSE_S)
        self.forget_process(pause)
        return pause
