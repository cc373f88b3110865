"""Who does what: ready tasks of one swarm and the free agents that can do them. Reads and locks, changes nothing."""

import json
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from victoros.lib.statements import Answer, ask, lock, now

ROUNDS = 5
WINDOW = 16
"""Tasks looked at in the first round at least, however few may begin; each further round looks at four times as many."""

_READY = "t.swarm_id = %s AND t.status = 'ready' AND (t.not_before IS NULL OR t.not_before <= {now})"
_TASKS = f"""
SELECT t.id, t.title, t.priority, t.attempt_count, CAST(t.needs AS TEXT), CASE WHEN t.pinned THEN t.agent_id END, v.agent_id
FROM tasks_task t LEFT JOIN tasks_task v ON v.id = t.verifies_id
WHERE {_READY} {{but}}
ORDER BY t.priority DESC, t.ready_at, t.id LIMIT %s {{lock}}
"""  # nosec B608: constants only
_BUT = """ AND NOT (CAST(t.needs AS TEXT) = %s AND COALESCE(CASE WHEN t.pinned THEN t.agent_id END, 0) = %s
  AND COALESCE(v.agent_id, 0) = %s)"""
_FREE = """
SELECT g.id, g.name, g.active, g.max_active FROM agents_agent g
WHERE g.swarm_id = %s AND g.desired_state = 'running' AND g.retired_at IS NULL AND g.active < g.max_active {that}
ORDER BY g.active, g.claimed_at, g.id LIMIT {most} {lock}
"""
_CAN = " AND CAST(g.capabilities AS TEXT) LIKE %s ESCAPE '!'"
_AS_MANY_AS_TASKS = f"(SELECT count(*) FROM (SELECT 1 FROM tasks_task t WHERE {_READY} LIMIT %s) AS ready)"  # nosec B608
_TASK_LOCK, _AGENT_LOCK = "FOR NO KEY UPDATE OF t SKIP LOCKED", "FOR NO KEY UPDATE SKIP LOCKED"


@dataclass(frozen=True)
class Group:
    """Tasks that the same agents can do."""

    needs: str
    """As JSON."""
    pinned_to: int | None
    barred: int | None
    """Who did what is to be verified here, and so must not judge it."""


ANYBODY = Group("[]", None, None)
"""Tasks that every agent can do; most are."""


@dataclass(frozen=True)
class Candidate:
    """A task that may begin."""

    pk: int
    title: str
    priority: int
    attempts: int
    """Made so far."""
    group: Group


@dataclass(frozen=True)
class Free:
    """An agent that has room for more."""

    pk: int
    name: str
    active: int
    max_active: int


Pair = tuple[Candidate, Free]


class Match:
    """Deals tasks out, one to each agent in turn, until tasks or places are used up.

    The most urgent and oldest tasks go first. Work nobody free can do is passed over, so that it blocks nobody else's. What
    most often is all that is needed is asked for at once: tasks, and as many agents for those that anybody can do.
    """

    def __init__(self, swarm_id: int, limit: int) -> None:
        self._swarm_id, self._limit = swarm_id, limit
        self._first = _ask_for_tasks(swarm_id, max(limit, WINDOW), ())
        self._anybody = _ask_for_anybody(swarm_id, limit)
        self.pairs: list[Pair] = []
        self.is_passed_over = False
        """Whether others hold what it looked for, perhaps without need: it found nothing where there was something a moment ago."""
        self._hopeless: list[Group] = []
        self._taken: dict[int, int] = defaultdict(int)
        self._free: dict[Group, deque[Free]] = {}

    def find(self, limit: int) -> list[Pair]:
        """Return at most `limit` pairs; no more than was said at first."""
        self._limit = limit
        tasks = _read_tasks(self._first)
        no_agent = not self._anybody.rows and any(task.group == ANYBODY for task in tasks)
        self.is_passed_over = connection.features.has_select_for_update_skip_locked and (not tasks or no_agent)
        for n in range(1, ROUNDS + 1):
            hopeless = len(self._hopeless)
            self._add(tasks)
            if len(self.pairs) == limit or len(self._hopeless) == hopeless or n == ROUNDS:
                break
            known = {task.pk for task, _ in self.pairs}
            found = _read_tasks(_ask_for_tasks(self._swarm_id, max(limit, WINDOW * 4**n), self._hopeless))
            tasks = [task for task in found if task.pk not in known]
        return self.pairs

    def _add(self, tasks: Sequence[Candidate]) -> None:
        """Find an agent for each task, in order; groups for which nobody is left become hopeless."""
        sizes = Counter(task.group for task in tasks)
        for task in tasks:
            if len(self.pairs) == self._limit:
                return
            if task.group in self._hopeless:
                continue
            if task.group not in self._free:
                most = min(sizes[task.group], self._limit) + len(self._taken)
                self._free[task.group] = deque(self._find_free(task.group, most))
            agent = self._next(self._free[task.group])
            if agent is None:
                self._hopeless.append(task.group)
            else:
                self.pairs.append((task, agent))

    def _find_free(self, group: Group, most: int) -> list[Free]:
        """Return the least loaded free agents that can do it, those that waited longest first."""
        first = group == ANYBODY and not self._taken
        answer = self._anybody if first else _ask_for_free(self._swarm_id, group, most)
        return [Free(*row) for row in answer.rows]

    def _next(self, free: deque[Free]) -> Free | None:
        while free:
            agent = free[0]
            if agent.active + self._taken[agent.pk] < agent.max_active:
                self._taken[agent.pk] += 1
                free.rotate(-1)
                return agent
            free.popleft()
        return None


def _ask_for_tasks(swarm_id: int, limit: int, hopeless: Sequence[Group]) -> Answer:
    statement = _TASKS.format(now=now(), but=_BUT * len(hopeless), lock=lock(_TASK_LOCK))
    without = [value for group in hopeless for value in (group.needs, group.pinned_to or 0, group.barred or 0)]
    return ask(statement, swarm_id, *without, limit)


def _read_tasks(answer: Answer) -> list[Candidate]:
    return [
        Candidate(pk, title, priority, attempts, Group(needs, pinned_to, barred))
        for pk, title, priority, attempts, needs, pinned_to, barred in answer.rows
    ]


def _ask_for_anybody(swarm_id: int, limit: int) -> Answer:
    """Ask for no more free agents than there are tasks: each is locked."""
    most = _AS_MANY_AS_TASKS.format(now=now())
    return ask(_FREE.format(that="", most=most, lock=lock(_AGENT_LOCK)), swarm_id, swarm_id, limit)


def _ask_for_free(swarm_id: int, group: Group, most: int) -> Answer:
    that, values = "", list[object]()
    if group.pinned_to:
        that, values = that + " AND g.id = %s", [*values, group.pinned_to]
    if group.barred:
        that, values = that + " AND g.id <> %s", [*values, group.barred]
    for need in json.loads(group.needs):
        that, values = that + _CAN, [*values, f"%{_escape(json.dumps(need))}%"]
    return ask(_FREE.format(that=that, most="%s", lock=lock(_AGENT_LOCK)), swarm_id, *values, most)


def _escape(text: str) -> str:
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return text
