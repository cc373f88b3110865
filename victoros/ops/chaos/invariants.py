"""What must hold after every fault run. Each function yields what breaks its invariant, in words that lead to a task."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db.models import Count, Sum

from agents.models import Agent
from audit.models import Entry
from tasks.models import Cell, Effect, Step
from victoros.lib.clock import database_now
from victoros.ops.chaos.outcome import Outcome
from victoros.ops.chaos.record import Line
from victoros.ops.chaos.world import ENDED

Broken = Iterator[str]
RAISES_FENCE = (
    "attempt.resumed", "attempt.released", "attempt.waited", "attempt.woken", "attempt.failed",
    "task.completed", "task.quarantined", "task.cancelled", "task.stopped",
)  # fmt: skip
ON_ITS_WAY_S = 5.0
"""How long after a thaw a question that had been on its way may arrive."""
STATES_AFTER: dict[str, tuple[str, ...]] = {
    "task.created": ("backlog", "ready", "blocked"),
    "task.ready": ("ready",),
    "task.shelved": ("backlog",),
    "task.retried": ("ready",),
    "task.claimed": ("in_progress",),
    "attempt.waited": ("blocked",),
    "attempt.woken": ("in_progress",),
    "task.completed": ("completed",),
    "task.verified": ("verified",),
    "task.refuted": ("ready",),
    "attempt.failed": ("ready", "failed"),
    "task.failed": ("failed",),
    "task.cancelled": ("cancelled",),
    "task.quarantined": ("quarantined",),
}
"""What a task may be after the last entry that tells of its state."""


# --- work ----------------------------------------------------------------------------------------------------------------


def find_lost(outcome: Outcome) -> Broken:
    """Every accepted task is over, or with a living cell."""
    held = {one.task_id for one in outcome.attempts if one.status == "running" and _lives(one.cell)}
    for pk in outcome.accepted:
        task = outcome.tasks.get(pk)
        if task is None:
            yield f"task {pk} was accepted and is not in the database"
        elif task.status not in ENDED and pk not in held:
            yield f"task {pk} is {task.status} and no living cell has it"


def _lives(cell: Cell | None) -> bool:
    is_signed_on = cell is not None and cell.status in ("alive", "draining")
    return bool(
        cell and is_signed_on and (database_now() - cell.heartbeat_at).total_seconds() < settings.VICTOR_LEASE_S
    )


def find_wrong_ends(outcome: Outcome) -> Broken:
    """Every task ended as it may."""
    for pk, task in outcome.tasks.items():
        allowed = outcome.expected.get(pk, ("completed",))
        if task.status in ENDED and task.status not in allowed:
            yield f"task {pk} ended {task.status}, not {' or '.join(allowed)}: {task.reason}"


def find_wrong_journals(outcome: Outcome) -> Broken:
    """A completed attempt has each of its steps once, in order."""
    journal = defaultdict(list)
    for attempt_id, n, outcome_ in Step.objects.order_by("attempt_id", "n").values_list("attempt_id", "n", "outcome"):
        journal[attempt_id].append((n, outcome_))
    for attempt in outcome.attempts:
        numbers = [n for n, _ in journal[attempt.pk]]
        done = sum(came == "done" for _, came in journal[attempt.pk])
        if numbers != list(range(1, attempt.steps + 1)):
            yield f"attempt {attempt.pk} of task {attempt.task_id} says {attempt.steps} steps, its journal has {numbers}"
        elif attempt.status == "completed" and done != outcome.accepted[attempt.task_id]["steps"]:
            yield f"attempt {attempt.pk} of task {attempt.task_id} is completed with {done} steps"


def find_two_results(outcome: Outcome) -> Broken:
    """No step has two results."""
    twice = Step.objects.values("attempt", "n").annotate(times=Count("pk")).filter(times__gt=1)
    for row in twice:
        yield f"step {row['n']} of attempt {row['attempt']} stands there {row['times']} times"


def find_left_overs(outcome: Outcome) -> Broken:
    """Nothing over still hangs on a cell, and agents' counts are what the rows say."""
    for attempt in outcome.attempts:
        if attempt.cell_id and attempt.status != "running":
            yield f"attempt {attempt.pk} is {attempt.status} and hangs on cell {attempt.cell_id}"
    for agent in Agent.objects.filter(program="chaos.steps"):
        live = sum(one.agent_id == agent.pk and one.status in ("ready", "running") for one in outcome.attempts)
        if agent.active != live:
            yield f"agent {agent.pk} says {agent.active} active attempts, there are {live}"


# --- outside -------------------------------------------------------------------------------------------------------------


def find_asked_again(outcome: Outcome) -> Broken:
    """A question whose step was finished is never asked again.

    One that was on its way when its process froze may arrive after the thaw: one for each attempt, and nothing comes of it.
    """
    finished = _finished_questions(outcome)
    thawed: list[tuple[float, Counter[int]]] = [
        (line["at"], Counter(line["tasks"])) for line in outcome.faults if line["event"] == "thaw"
    ]
    for line in outcome.asked:
        at = finished.get((line["task"], line["n"]))
        if at is not None and line["at"] > at and not _was_on_its_way(line, thawed):
            yield f"question {line['asked']} was asked {line['at'] - at:.2f} s after its step was finished"


def _was_on_its_way(question: Line, thawed: list[tuple[float, Counter[int]]]) -> bool:
    """Use up the one question that a thawed process may still send for an attempt."""
    for at, left in thawed:
        if at <= question["at"] < at + ON_ITS_WAY_S and left[question["task"]]:
            left[question["task"]] -= 1
            return True
    return False


def _finished_questions(outcome: Outcome) -> dict[tuple[int, int], float]:
    """Return when the step of each question was finished: steps alternate, so the n-th done step (from 0) asked question n.

    Of tasks with one attempt, whatever became of it: a second attempt may ask all anew.
    """
    times = Counter(one.task_id for one in outcome.attempts)
    only = {one.pk: one.task_id for one in outcome.attempts if times[one.task_id] == 1}
    rows = (
        Step.objects.filter(outcome="done").order_by("attempt_id", "n").values_list("attempt_id", "kind", "finished_at")
    )
    place: Counter[int] = Counter()
    finished = {}
    for attempt_id, kind, at in rows:
        if attempt_id in only:
            if kind == "think":
                finished[only[attempt_id], place[attempt_id]] = at.timestamp()
            place[attempt_id] += 1
    return finished


def find_doubled_effects(outcome: Outcome) -> Broken:
    """Each effect was carried out once at most."""
    times = Counter((line["task"], line["n"]) for line in outcome.deliveries if line["applied"])
    for (task, n), number in times.items():
        if number > 1:
            yield f"effect {n} of task {task} was carried out {number} times"


def find_missing_effects(outcome: Outcome) -> Broken:
    """What the journal calls done was written down as an effect and delivered under its key."""
    delivered = {line["key"] for line in outcome.deliveries if line["applied"]}
    done = Effect.objects.filter(status="done").values_list("attempt__task", "step_n", "key")
    keys = {(task, n): key for task, n, key in done}
    known = set(keys.values())
    acts = Step.objects.filter(kind="act", name="chaos_post", outcome="done").select_related("attempt").defer("request")
    for step in acts:
        # By key where the receiver told it: tries whose answer was lost are steps, too, and shift the number.
        key = step.result.get("received") or keys.get((step.attempt.task_id, step.n))
        if "error" not in step.result and (key not in delivered or key not in known):
            yield f"step {step.n} of task {step.attempt.task_id} is called done, its effect was never delivered"
    for (task, n), key in keys.items():
        if key not in delivered:
            yield f"the effect of step {n} of task {task} is called done and was never delivered"
    for line in outcome.deliveries:
        if line["task"] not in outcome.accepted:
            yield f"an effect of task {line['task']} was delivered that nobody accepted"


# --- the books -----------------------------------------------------------------------------------------------------------


def find_wrong_spend(outcome: Outcome) -> Broken:
    """Tokens and cost of attempts and agents are the sums of their journals."""
    rows = (
        Step.objects.order_by()
        .values_list("attempt")
        .annotate(Count("pk"), Sum("tokens_in"), Sum("tokens_out"), Sum("cost_nanos"))
    )
    spent: dict[int, tuple[int, ...]] = {attempt: tuple(sums) for attempt, *sums in rows}
    of_agents: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in outcome.attempts:
        steps, *sums = spent.get(one.pk, (0, 0, 0, 0))
        said = [one.tokens_in, one.tokens_out, one.cost_nanos]
        if said != sums:
            yield f"attempt {one.pk} of task {one.task_id} says {said} tokens and cost, its journal {sums}"
        total = of_agents[one.agent_id]
        total[:] = [total[0] + steps, total[1] + sums[0] + sums[1], total[2] + sums[2]]
    for agent in Agent.objects.filter(pk__in=of_agents):
        told = [agent.step_count, agent.token_count, agent.cost_nanos]
        if told != of_agents[agent.pk]:
            yield f"agent {agent.pk} says {told} steps, tokens and cost, the journal {of_agents[agent.pk]}"


def find_unrecorded_passes(outcome: Outcome) -> Broken:
    """Every time the right to write for an attempt passed on, an entry says so."""
    seen: Counter[tuple[int | None, int]] = Counter()
    for ref, detail in Entry.objects.filter(kind__in=RAISES_FENCE).values_list("object_ref", "detail"):
        if "attempt" in detail:
            seen[ref, detail["attempt"]] += 1
    for one in outcome.attempts:
        told = seen[one.task_id, one.n]
        if one.fence - 1 != told:
            yield f"attempt {one.n} of task {one.task_id} passed on {one.fence - 1} times, entries tell of {told}"


def find_unrecorded_states(outcome: Outcome) -> Broken:
    """The last entry about a task's state tells the state it has."""
    rows = (
        Entry.objects.filter(object_kind="task", kind__in=STATES_AFTER).order_by("pk").values_list("object_ref", "kind")
    )
    last = dict(rows)
    for pk, task in outcome.tasks.items():
        if pk not in last:
            yield f"task {pk} is {task.status} and no entry tells of it"
        elif task.status not in STATES_AFTER[last[pk]]:
            yield f"task {pk} is {task.status}, its last entry is {last[pk]}"


def find_unrecorded_cells(outcome: Outcome) -> Broken:
    """Every cell's beginning and end has its entry, once."""
    seen = Counter(Entry.objects.filter(object_kind="cell").values_list("object_ref", "kind"))
    ends = {"dead": "cell.died", "ended": "cell.ended"}
    for cell in Cell.objects.all():
        wanted = ["cell.started", *([ends[cell.status]] if cell.status in ends else [])]
        for kind in wanted:
            if seen[cell.pk, kind] != 1:
                yield f"cell {cell.pk} is {cell.status} and has {seen[cell.pk, kind]} entries {kind}"


RULES: dict[str, Callable[[Outcome], Broken]] = {
    "lost": find_lost,
    "wrong end": find_wrong_ends,
    "journal": find_wrong_journals,
    "two results": find_two_results,
    "left over": find_left_overs,
    "asked again": find_asked_again,
    "effect doubled": find_doubled_effects,
    "effect missing": find_missing_effects,
    "spend": find_wrong_spend,
    "fence without entry": find_unrecorded_passes,
    "state without entry": find_unrecorded_states,
    "cell without entry": find_unrecorded_cells,
}
DOUBLES = ("two results", "asked again", "effect doubled")
