"""The first run of the site, step by step. Each use case may be called twice, by two people, or after a crash."""

from collections.abc import Callable

from django.db import transaction

from agents.models import Setup, Swarm
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from victoros.lib import clock

ORDER = tuple(Setup.Step.values)


def find_setup() -> Setup | None:
    """Return the first run, going on or ended; None where there never was one."""
    return Setup.objects.select_related("swarm").first()


def is_going_on(setup: Setup | None) -> bool:
    """Tell whether somebody is still to be led through it."""
    return setup is not None and setup.ended_at is None


def reach_step(step: str) -> None:
    """Note that everything before `step` was answered. Never goes back: the back button is no undo."""
    before = ORDER[: ORDER.index(step)]
    Setup.objects.filter(key=1, ended_at=None, step__in=before).update(step=step)


def begin_again(*, actor: Actor) -> Setup:
    """Lead through the first run (again), because somebody asked for it. What was made stays."""
    with transaction.atomic():
        setup, _ = Setup.objects.get_or_create(key=1)
        Setup.objects.filter(pk=setup.pk).exclude(ended_at=None).update(
            step=Setup.Step.WORKSPACE, swarm=None, started_at=clock.now(), ended_at=None, ended_by=""
        )
    setup.refresh_from_db()
    return setup


def end_setup(*, actor: Actor, how: str) -> bool:
    """End the first run without a swarm (`how`: skipped); False when it has ended already. Records `setup.ended`."""
    with transaction.atomic():
        return _end(actor, how, None)


def make_first_swarm(*, actor: Actor, make: Callable[[], Swarm]) -> tuple[Swarm, bool]:
    """Make the first swarm and end the first run; of two who try only one does, and both get the same swarm.

    Returns the swarm and whether this call made it. A refusal by `make` leaves everything as it was.
    """
    with transaction.atomic():
        setup, _ = Setup.objects.get_or_create(key=1)
        held = Setup.objects.select_for_update().get(pk=setup.pk)
        if held.swarm_id is not None:
            return Swarm.objects.get(pk=held.swarm_id), False
        swarm = make()
        Setup.objects.filter(pk=held.pk).update(swarm=swarm, step=Setup.Step.SWARM)
        _end(actor, "done", swarm)
        return swarm, True


def _end(actor: Actor, how: str, swarm: Swarm | None) -> bool:
    if not Setup.objects.filter(key=1, ended_at=None).update(ended_at=clock.now(), ended_by=actor.name[:150]):
        return False
    detail = {"how": how} | ({"swarm": swarm.name} if swarm else {})
    record(Fact(Kind.SETUP_ENDED, actor, "setup", 1, "the first run", detail=detail))
    topics.bump(["audit", "swarms"])
    return True
