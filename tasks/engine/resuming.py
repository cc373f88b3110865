"""Going on with attempts that were begun before: which of them are ready, and taking them for a cell."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from audit.actors import Actor
from audit.events import Fact, Kind, record
from tasks.engine.beginning import bump_taken
from tasks.engine.points import Point, reach
from tasks.transitions import settle_agents
from victoros.lib.statements import Answer, among, ask, fetch, given, lock, now, tell

SUSPECT_PATIENCE_S = 3.0
"""How long a suspect waits for a cell that drives nothing else before it goes along with others: its own code was executing, so
that another death still tells who did it. Where a host was lost this comes after its lease.
"""
UNCLEAR_PATIENCE_S = 1.0
"""How long one waits whose deaths are unclear. Another beside others would be unclear too: on each cell one goes along, until it
has finished a step or done no harm for a while (`driving.TRUSTED_AFTER_S`)."""
WINDOW = 100
"""Ready attempts of a swarm looked at, at least: the first may be of agents that have no room."""

_READY = """
SELECT a.id, a.agent_id, g.max_active,
  (SELECT count(*) FROM tasks_attempt r WHERE r.agent_id = a.agent_id AND r.status = 'running')
FROM tasks_attempt a JOIN agents_agent g ON g.id = a.agent_id JOIN agents_swarm s ON s.id = a.swarm_id
WHERE a.status = 'ready' AND g.desired_state = 'running' AND s.desired_state = 'running' AND {which}
  AND g.max_active > (SELECT count(*) FROM tasks_attempt r WHERE r.agent_id = a.agent_id AND r.status = 'running')
ORDER BY a.priority DESC, a.ready_at, a.id LIMIT %s {lock}
"""
_SUSPECTS = "(a.deaths >= 1 OR a.unclear_deaths >= 2)"
_IN_COMPANY = "a.swarm_id = %s AND (a.deaths = 0 OR a.ready_at < {long_ago}) AND a.unclear_deaths < 2"
"""No suspects, but for those that have waited long for a cell of their own."""
_BESIDE_OTHERS = f"""+a.swarm_id = %s AND {_SUSPECTS} AND a.unclear_deaths >= 2 AND a.ready_at < {{a_while_ago}}
  AND (a.deaths = 0 OR a.ready_at < {{long_ago}})"""  # nosec B608: constants only
"""The suspects that `_IN_COMPANY` leaves out, once they have waited: by an index that is empty most of the time."""
_TRY_AGENTS = """
WITH wanted AS MATERIALIZED (SELECT unnest(%s::bigint[]) AS id)
SELECT id FROM wanted WHERE pg_try_advisory_xact_lock(7301, (id %% 2147483647)::int)
"""
_COUNT_RUNNING = """
SELECT agent.id, (SELECT count(*) FROM tasks_attempt t WHERE t.agent_id = agent.id AND t.status = 'running')
FROM unnest(%s::bigint[]) AS agent(id)
"""
_LOCK = "FOR NO KEY UPDATE OF a SKIP LOCKED"
_RESUME = "UPDATE tasks_attempt SET status = 'running', cell_id = %s, fence = fence + 1 WHERE {these} AND status || '' = 'ready'"
"""By id, as what follows: no plan is to go through all that are ready, or all of the cell's."""
_RESUMED = """
SELECT a.id, a.n, a.steps, a.swarm_id, g.id, g.name, t.id, t.title FROM tasks_attempt a
JOIN agents_agent g ON g.id = a.agent_id JOIN tasks_task t ON t.id = a.task_id
WHERE {these} AND a.status || '' = 'running' AND +a.cell_id = %s
"""


@dataclass(frozen=True)
class Resumed:
    """What the record tells about an attempt that goes on."""

    pk: int
    n: int
    steps: int
    swarm_id: int
    agent_id: int
    agent_name: str
    task_id: int
    title: str


def ask_for_suspect() -> Answer:
    """Ask for attempts that may kill the next process too; for `choose`."""
    return ask(_READY.format(which=_SUSPECTS, lock=lock(_LOCK)), WINDOW)


def ask_for_ready(swarm_id: int, limit: int) -> Answer:
    """Ask for what a swarm could go on with; for `choose`."""
    which = _IN_COMPANY.format(long_ago=now(-SUSPECT_PATIENCE_S))
    return ask(_READY.format(which=which, lock=lock(_LOCK)), swarm_id, max(limit, WINDOW))


def ask_for_one_beside(swarm_id: int) -> Answer:
    """Ask for one attempt with unclear deaths that no cell took alone; for `choose`."""
    which = _BESIDE_OTHERS.format(a_while_ago=now(-UNCLEAR_PATIENCE_S), long_ago=now(-SUSPECT_PATIENCE_S))
    return ask(_READY.format(which=which, lock=lock(_LOCK)), swarm_id, 1)


def choose(found: list[tuple[int, ...]], limit: int) -> list[int]:
    """Return ids by priority and age, no more of one agent than it may have on the cells at once."""
    chosen: list[int] = []
    running = _hold_agents({agent_id: on_cells for _, agent_id, _, on_cells in found})
    for pk, agent_id, most, _ in found:
        if running.get(agent_id, most) < most and len(chosen) < limit:
            running[agent_id] += 1
            chosen.append(pk)
    return chosen


def _hold_agents(on_cells: dict[int, int]) -> dict[int, int]:
    """Return how many attempts each agent has on the cells, so that no other cell changes that before we commit.

    An agent of whom another cell resumes attempts just now is left to it. Row locks would not do: every group commit takes
    them. On SQLite there is only one writer anyway.
    """
    if not on_cells or connection.vendor != "postgresql":
        return on_cells
    ours = [pk for (pk,) in fetch(_TRY_AGENTS, given(on_cells))]
    return dict(fetch(_COUNT_RUNNING, given(ours)))


def resume(cell_id: int, ids: list[int]) -> list[Resumed]:
    """Go on with these attempts, chosen and locked before, on this cell; returns them in their order."""
    if not ids:
        return []
    tell(_RESUME.format(these=among("id")), cell_id, given(ids))
    found = ask(_RESUMED.format(these=among("a.id")), given(ids), cell_id)
    rows = {row[0]: Resumed(*row) for row in found.rows}
    reach(Point.ATTEMPT_RESUMING)
    settle_agents(row.agent_id for row in rows.values())
    record(_facts(cell_id, rows.values()))
    bump_taken((row.swarm_id, row.agent_id, row.task_id) for row in rows.values())
    return [rows[pk] for pk in ids if pk in rows]


def _facts(cell_id: int, rows: Iterable[Resumed]) -> Iterable[Fact]:
    return (
        Fact(
            Kind.ATTEMPT_RESUMED,
            Actor("agent", row.agent_id, row.agent_name),
            "task",
            row.task_id,
            row.title,
            swarm_ref=row.swarm_id,
            detail={"attempt": row.n, "after_step": row.steps, "cell": cell_id},
        )
        for row in rows
    )
