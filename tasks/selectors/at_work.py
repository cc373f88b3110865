"""What agents do now, and what proves it, for a page that shows both. One query, however many attempts they hold."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, Max, Min, Window
from django.db.models.functions import RowNumber

from tasks.models import Attempt
from tasks.selectors.of_agents import Evidence, Held
from victoros.lib.lean import lean

ORDER = ("running", "ready", "waiting")
_OF_ALIKE: dict[str, Any] = {"partition_by": [F("agent_id"), F("status")]}
_NEWEST_STEP = [F("last_step_at").desc(nulls_last=True), F("pk").desc()]
_COUNTED: dict[str, Any] = {
    "held_count": Window(Count("pk"), **_OF_ALIKE),
    "held_heartbeat": Window(Max("cell__heartbeat_at"), **_OF_ALIKE),
    "held_stepped": Window(Max("last_step_at"), **_OF_ALIKE),
    "held_began": Window(Min("ready_at"), **_OF_ALIKE),
    "held_since": Window(Min("waiting_since"), **_OF_ALIKE),
    "place": Window(RowNumber(), order_by=_NEWEST_STEP, **_OF_ALIKE),
}


def read_at_work(agent_ids: Sequence[int], cells: int) -> tuple[Evidence, dict[int, Attempt]]:
    """Return what the facts are judged by, and each agent's attempt to show: one that runs, of these the one that moved last.

    `cells` is the number of cells that are alive, which whoever asks has read already.
    """
    rows = lean(Attempt.objects.filter(agent_id__in=agent_ids, status__in=ORDER), task=["title"])
    counted: Any = rows.annotate(**_COUNTED)
    firsts = list(counted.filter(place=1).order_by())
    current: dict[int, Attempt] = {}
    for row in sorted(firsts, key=lambda row: ORDER.index(row.status)):
        current.setdefault(row.agent_id, row)
    held = {status: {row.agent_id: _as_held(row) for row in firsts if row.status == status} for status in ORDER}
    return Evidence(held["running"], held["waiting"], cells), current


def _as_held(row: Any) -> Held:
    return Held(row.held_count, row.held_heartbeat, row.held_stepped, row.held_began, row.held_since)
