"""Making the sample: in batches, each a transaction of its own, so that an installation goes on working beside it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from agents.models import Workspace
from agents.permissions import grant
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from tasks.models import Cell
from tasks.tallies import fold
from victoros.demo.cast import Player, Troupe, make_troupes
from victoros.demo.plans import Plan, make_plans
from victoros.demo.record import write_entries
from victoros.demo.sizes import FULL, Size, check_size
from victoros.demo.talk import write_letters, write_needs
from victoros.demo.words import number_name
from victoros.demo.work import Scene, write_work
from victoros.lib import clock
from victoros.lib.errors import Conflict

BATCH = 500
"""Tasks written in one transaction."""
WORKSPACE = "Sample data"
SAMPLE_HOST = "sample data/0"
"""The host of the cell that sample attempts run on: no process has it, nothing buries it."""
Progress = Callable[[str, int, int], object]
"""Told what is made, how many there are, and how many there will be."""


@dataclass(frozen=True)
class Filled:
    """What there is of the sample."""

    workspace: Workspace
    size: Size
    is_new: bool
    """False: it had been made before, just like that."""


def fill_demo(
    *,
    actor: Actor,
    size: Size = FULL,
    seed: int = 1,
    at_work: bool = False,
    user: Any = None,
    progress: Progress = lambda what, done, total: None,
) -> Filled:
    """Make the sample in a workspace of its own, for `remove_demo` to take away. Safe to run twice.

    The same seed makes the same sample. Nothing of it can be claimed by a cell: ready tasks lie in swarms that are held.
    `at_work` lets agents be busy on a cell that nothing drives, for looking at full pages and for measuring; who leaves
    it out gets a sample that is true for as long as it stays. `user`, not a superuser, is made its administrator.
    Raises `Conflict` when another sample is there, or one that was never finished. Records `demo.filled`.
    """
    check_size(size)
    wanted = {**size.as_dict(), "seed": seed, "at_work": at_work}
    known = find_sample()
    if known is not None:
        return _known(known, wanted, size)
    with transaction.atomic():
        workspace = Workspace.objects.create(name=_free_name(), sample={**wanted, "is_whole": False})
        if user is not None and not user.is_superuser:
            grant(user, "admin", workspace)
        random, now = Random(seed), clock.now()
        troupes = make_troupes(actor, workspace, size.agents, random, now, at_work=at_work)
    scene = Scene(random, now, actor.name, _make_cell(troupes), _names(troupes))
    _write_all(scene, make_plans(troupes, size, random, now), progress)
    while fold():
        pass  # the counts of tasks: a scheduler would be at it for a minute
    with transaction.atomic():
        _write_totals(troupes)
        workspace.sample = {**wanted, "is_whole": True}
        workspace.save(update_fields=["sample"])
        record(Fact(Kind.DEMO_FILLED, actor, "workspace", workspace.pk, workspace.name, detail=wanted))
        topics.bump({"swarms", "attention", "cells", "providers", "audit"})
    return Filled(workspace, size, is_new=True)


def find_sample() -> Workspace | None:
    """Return the workspace that holds sample data; None when there is none."""
    return Workspace.objects.filter(sample__isnull=False).order_by("pk").first()


def _known(workspace: Workspace, wanted: dict[str, Any], size: Size) -> Filled:
    made: dict[str, Any] = workspace.sample or {}
    if made == {**wanted, "is_whole": True}:
        return Filled(workspace, size, is_new=False)
    what = "other sample data" if made.get("is_whole") else "sample data that is not whole"
    raise Conflict(f"There is {what} already.", hint="Take it away first: ./victor demo remove")


def _free_name() -> str:
    taken = set(Workspace.objects.filter(name__startswith=WORKSPACE).values_list("name", flat=True))
    number = 1
    while number_name(WORKSPACE, number) in taken:
        number += 1
    return number_name(WORKSPACE, number)


def _make_cell(troupes: Sequence[Troupe]) -> Cell | None:
    """Make the cell that attempts at work hang on. It has ended, so that nobody buries it and no board counts it."""
    if not any(player.holds == "running" for troupe in troupes for player in troupe.players):
        return None
    return Cell.objects.create(
        host=SAMPLE_HOST,
        pid=0,
        status="ended",
        ended_at=clock.now(),
        reason=gettext_noop("Part of the sample data: nothing drives it."),
    )


def _names(troupes: Sequence[Troupe]) -> dict[int, str]:
    return {player.pk: player.name for troupe in troupes for player in troupe.players}


def _write_all(scene: Scene, plans: Sequence[Plan], progress: Progress) -> None:
    written = steps = 0
    for batch in _batches(plans):
        with transaction.atomic():
            done = write_work(scene, batch, written)
            write_entries(scene, done, write_needs(scene, done), write_letters(scene, done))
        written += len(batch)
        steps += sum(sum(plan.steps) for plan in batch)
        progress("tasks", written, len(plans))


def _batches(plans: Sequence[Plan]) -> Iterator[list[Plan]]:
    """Cut into batches of `BATCH` tasks, or fewer where their steps are many."""
    rest = iter(plans)
    while batch := list(islice(rest, BATCH)):
        yield batch


_TOTALS = """
UPDATE agents_agent SET status = %s, active = %s, waiting = %s, done_count = %s, verified_count = %s, verified_at = %s,
  failed_count = %s, step_count = %s, token_count = %s, cost_nanos = %s WHERE id = %s
"""


def _write_totals(troupes: Sequence[Troupe]) -> None:
    """Give every agent what its attempts came to."""
    with connection.cursor() as cursor:
        cursor.executemany(_TOTALS, [_totals(player) for troupe in troupes for player in troupe.players])


def _totals(player: Player) -> tuple[Any, ...]:
    adapt = connection.ops.adapt_datetimefield_value
    return (
        "stopped" if player.status == "retired" else player.status,
        int(player.holds in ("running", "ready")),
        int(player.holds == "waiting"),
        player.done,
        player.verified,
        adapt(player.verified_at),
        player.failed,
        player.steps,
        player.tokens,
        player.nanos,
        player.pk,
    )
