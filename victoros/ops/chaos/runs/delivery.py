"""`chaos delivery`: each wake-up comes three times, late and out of order, and the answer to each effect is lost once."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis

from audit.actors import SYSTEM
from tasks.models import Effect, Outbox
from tasks.services.control import pause_agent, resume_agent
from tasks.wakeups import BELL
from victoros.lib.live import CHANNEL
from victoros.ops.chaos.outside import EFFECTS
from victoros.ops.chaos.record import read_record
from victoros.ops.chaos.world import World
from victoros.ops.valkey import ValkeyServer

TIMES = 3
STEPS = 4
LATEST_S = 4.0


class Relay:
    """Hears the bells and hints of one queue server and rings each three times at another, when chance says."""

    def __init__(self, world: World, there: ValkeyServer) -> None:
        self._random, self._there = world.plan.random, Redis.from_url(there.url)
        self._ear = Redis.from_url(world.redis_url).pubsub(  # type: ignore[no-untyped-call]
            ignore_subscribe_messages=True
        )
        self._ear.subscribe(BELL, CHANNEL)
        self._later: list[tuple[float, bytes, bytes]] = []
        self.heard = self.rung = 0

    def run(self, done: threading.Event) -> None:
        """Relay until told that it is enough, then ring what is left."""
        while not done.is_set() or self._later:
            message = self._ear.get_message(timeout=0.02)
            if message:
                self.heard += 1
                due = [time.monotonic() + self._random.uniform(0, LATEST_S) for _ in range(TIMES)]
                self._later += [(at, message["channel"], message["data"]) for at in due]
            self._ring_due()
        self._ear.close()

    def _ring_due(self) -> None:
        now = time.monotonic()
        due = sorted(one for one in self._later if one[0] <= now)
        self._later = [one for one in self._later if one[0] > now]
        for _, channel, text in due:
            self.rung += 1
            self._there.publish(channel, text)


def run(world: World) -> dict[str, Any]:
    """Give work, pause and resume, with every call tripled and late; returns what was heard, rung, and delivered."""
    rounds, number = world.plan.size((20, 200), (3, 30))
    world.steer_outside(loses_answers=True)
    tasks: list[int] = []
    there = ValkeyServer(world.home / "there.sock")
    try:
        with world.crew(2, VICTOR_REDIS_URL=there.url), _relaying(world, there) as relay:
            for _ in range(rounds):
                if world.time_is_up:
                    break
                tasks += world.give(number, STEPS)
                _call_needlessly(world)
                time.sleep(world.plan.random.uniform(0.2, 1.5))
                pause_agent(actor=SYSTEM, agent=world.agent)
                time.sleep(world.plan.random.uniform(0.2, 1.5))
                resume_agent(actor=SYSTEM, agent=world.agent)
            settled = world.await_settled(tasks, 180)
    finally:
        there.kill()
    said = [] if settled else ["not all work had ended after 180 s"]
    return {
        "settled": settled,
        "calls_heard": relay.heard,
        "calls_rung": relay.rung,
        **_deliveries(world, said),
        "violations": said[:20],
    }


@contextmanager
def _relaying(world: World, there: ValkeyServer) -> Iterator[Relay]:
    relay, done = Relay(world, there), threading.Event()
    thread = threading.Thread(target=relay.run, args=(done,), name="relay")
    thread.start()
    try:
        yield relay
    finally:
        done.set()
        thread.join()


def _call_needlessly(world: World) -> None:
    """Leave calls in the outbox that nobody meant."""
    kinds = [world.plan.random.choice(("work", "halt")) for _ in range(TIMES)]
    Outbox.objects.bulk_create(Outbox(kind=kind) for kind in kinds)


def _deliveries(world: World, said: list[str]) -> dict[str, int]:
    """Count deliveries; each effect must have come at least twice, and been carried out once."""
    lines = read_record(world.home / EFFECTS)
    times = Counter(line["key"] for line in lines)
    applied = Counter(line["key"] for line in lines if line["applied"])
    done = Effect.objects.filter(status="done").count()
    said += [f"{done} effects are called done, {len(applied)} were carried out"] if done != len(applied) else []
    said += [f"effect {key[:8]} came only once" for key, number in times.items() if number < 2]
    return {"deliveries": len(lines), "carried_out": len(applied), "most_deliveries": max(times.values(), default=0)}
