"""What must hold when a small world has come to rest. Each rule yields what breaks it, in words."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from django.db.models import Count, Sum

from agents.models import Agent, Message
from audit.models import AttentionItem, Entry
from tasks.models import Approval, Attempt, Cell, Dependency, Effect, Recall, Step, Task
from tasks.states import ENDED, is_settled
from victoros.ops.chaos.points.notebook import ACTS, MODEL, TRACE, WRITES, Line, Notebook
from victoros.ops.chaos.points.stories import STORIES, key_of

Broken = Iterator[str]
RAISES_FENCE = (
    "attempt.resumed", "attempt.released", "attempt.waited", "attempt.woken", "attempt.failed",
    "task.completed", "task.stopped", "task.resumed", "task.quarantined",
)  # fmt: skip
STATES = {
    "task.created": ("ready", "blocked"), "task.ready": ("ready",), "task.retried": ("ready",),
    "task.claimed": ("in_progress",), "attempt.waited": ("blocked",), "attempt.woken": ("in_progress",),
    "task.completed": ("completed",), "task.verified": ("verified",), "task.refuted": ("ready", "failed"),
    "attempt.failed": ("ready", "failed"), "task.failed": ("failed",), "task.cancelled": ("cancelled",),
    "task.quarantined": ("quarantined",), "task.stopped": ("blocked",), "task.resumed": ("in_progress", "ready"),
}  # fmt: skip
"""What a task may be after the last entry that tells of its state."""


def find_broken(notebook: Notebook, stories: tuple[str, ...]) -> list[str]:
    """Return every broken rule, none when all held."""
    return [
        *_ends(stories), *_journals(), *_spend(), *_counts(), *_fences(), *_states(), *_left_over(), *_mail(),
        *(words for rule in OUTSIDE for words in rule(notebook)),
    ]  # fmt: skip


def _ends(stories: tuple[str, ...]) -> Broken:
    """Everything that was given is over, as it may be; what was made on the way is over too."""
    allowed = {key_of(name, n): one.ends for name in stories for n, one in enumerate(STORIES[name].drafts)}
    tasks = list(Task.objects.order_by("pk"))
    for missing in allowed.keys() - {task.key for task in tasks}:
        yield f"lost: the task {missing} is not there"
    for task in tasks:
        if task.status not in allowed.get(task.key or "", ENDED):
            attempts = list(task.attempts.order_by("n").values_list("n", "status", "waiting_for"))
            yield f"lost: task {task.pk} ({task.key}) is {task.status}: {task.reason}; attempts {attempts}"
    for row in Dependency.objects.filter(settled=False).select_related("on"):
        if is_settled(row.on):
            yield f"dependency {row.pk} is open though task {row.on_id} is {row.on.status}"


def _journals() -> Broken:
    """Each attempt has each of its steps once, in order."""
    journal = defaultdict(list)
    for attempt_id, n in Step.objects.order_by("attempt_id", "n").values_list("attempt_id", "n"):
        journal[attempt_id].append(n)
    for attempt in Attempt.objects.all():
        if journal[attempt.pk] != list(range(1, attempt.steps + 1)):
            yield f"attempt {attempt.pk} says {attempt.steps} steps, its journal has {journal[attempt.pk]}"


def _spend() -> Broken:
    """Tokens and cost of attempts and agents are the sums of the journal."""
    sums = (Sum("tokens_in", default=0), Sum("tokens_out", default=0), Sum("cost_nanos", default=0))
    spent = {row[0]: row[1:] for row in Step.objects.order_by().values_list("attempt").annotate(*sums)}
    for one in Attempt.objects.all():
        said = (one.tokens_in, one.tokens_out, one.cost_nanos)
        if said != spent.get(one.pk, (0, 0, 0)):
            yield f"attempt {one.pk} says {said} tokens and cost, its journal {spent.get(one.pk)}"
    by_agent = {
        row[0]: row[1:] for row in Step.objects.order_by().values_list("attempt__agent").annotate(Count("pk"), *sums)
    }
    for agent in Agent.objects.all():
        steps, t_in, t_out, nanos = by_agent.get(agent.pk, (0, 0, 0, 0))
        told = (agent.step_count, agent.token_count, agent.cost_nanos)
        if told != (steps, t_in + t_out, nanos):
            yield f"{agent.name} says {told} steps, tokens and cost, the journal {(steps, t_in + t_out, nanos)}"


def _counts() -> Broken:
    """What agents say of themselves is what the rows say."""
    attempts = Counter(Attempt.objects.values_list("agent", "status"))
    verified = Counter(Task.objects.filter(status="verified").values_list("agent", flat=True))
    for agent in Agent.objects.all():
        told = (agent.active, agent.waiting, agent.done_count, agent.failed_count, agent.verified_count)
        rows = tuple(attempts[agent.pk, status] for status in ("running", "waiting", "completed", "failed"))
        there = (rows[0] + attempts[agent.pk, "ready"], *rows[1:], verified[agent.pk])
        if told != there:
            yield f"{agent.name} says {told} active, waiting, done, failed, verified; there are {there}"
        if agent.status not in ("idle", "error") and not any(there[:2]):
            yield f"{agent.name} is {agent.status} and has nothing to do"


def _fences() -> Broken:
    """Every time the right to write for an attempt passed on, an entry says so."""
    seen = Counter(
        (ref, detail["attempt"])
        for ref, detail in Entry.objects.filter(kind__in=RAISES_FENCE).values_list("object_ref", "detail")
        if "attempt" in detail
    )
    for one in Attempt.objects.all():
        told = seen[one.task_id, one.n] + (one.status == "cancelled")
        if one.fence - 1 != told:
            yield f"attempt {one.n} of task {one.task_id} passed on {one.fence - 1} times, entries tell of {told}"


def _states() -> Broken:
    """The last entry about a task's state tells the state it has."""
    rows = Entry.objects.filter(object_kind="task", kind__in=STATES).order_by("pk").values_list("object_ref", "kind")
    last = dict(rows)
    for task in Task.objects.all():
        if task.status not in STATES.get(last.get(task.pk, ""), ()):
            yield f"task {task.pk} is {task.status}, its last entry is {last.get(task.pk)}"


def _left_over() -> Broken:
    """Nothing waits for a person about what is over, no cell lives or has to let go, no live attempt is without a live task."""
    for approval in Approval.objects.filter(status="pending").exclude(attempt__status__in=Attempt.LIVE):
        yield f"approval {approval.pk} is pending, its attempt is over"
    for item in AttentionItem.objects.filter(status="open").exclude(kind__in=("dead_letter",)):
        yield f"an attention item is open: {item.kind} {item.title}"
    for cell in Cell.objects.filter(status__in=["alive", "draining"]):
        yield f"cell {cell.pk} of process {cell.pid} is {cell.status}, nobody lives"
    for recall in Recall.objects.all():
        yield f"cell {recall.cell_id} has not let go of attempt {recall.attempt_id}"
    for attempt in Attempt.objects.filter(status__in=Attempt.LIVE, task__status__in=ENDED):
        yield f"attempt {attempt.pk} is {attempt.status}, its task is over"


def _mail() -> Broken:
    """A letter is sent once, and becomes one task."""
    senders = Counter(Message.objects.values_list("task_ref", "recipient__name"))
    for (task, name), times in senders.items():
        if times > 1 and Attempt.objects.filter(task=task).count() == 1:
            yield f"task {task} sent {times} letters to {name}"
    for parent, times in Counter(Task.objects.exclude(parent=None).values_list("parent", flat=True)).items():
        if times > Attempt.objects.filter(task=parent).count():
            yield f"task {parent} has {times} parts"


# --- the outside -----------------------------------------------------------------------------------------------------------


def _acts(notebook: Notebook) -> Broken:
    """An act has one key however often it was tried; what knows no keys happened once; what is called done happened."""
    keys, times = defaultdict(set), Counter[str]()
    for line in notebook.read(ACTS):
        place = f"act {line['n']} of task {line['task']}"
        keys[place, line["key"]].add(line["key"])
        times[line["key"]] += 1
        if line["once"] and times[line["key"]] > 1:
            yield f"doubled: {place} happened {times[line['key']]} times and knows no keys"
    attempts = Counter(Attempt.objects.values_list("task", flat=True))
    by_place = Counter(place for place, _ in keys)
    for line in notebook.read(ACTS):
        place = f"act {line['n']} of task {line['task']}"
        if by_place[place] > attempts[line["task"]]:
            yield f"doubled: {place} happened under {by_place[place]} keys"
    for effect in Effect.objects.filter(status="done"):
        if not times[effect.key]:
            yield f"effect {effect.pk} is called done and never happened"
    for effect in Effect.objects.filter(status="intended").exclude(attempt__status="cancelled"):
        yield f"effect {effect.pk} of attempt {effect.attempt_id} stayed intended"


def _questions(notebook: Notebook) -> Broken:
    """A question whose step is finished is never asked again.

    One that was on its way when its process stood still may arrive after that: one for each attempt, and nothing comes of it.
    """
    finished = defaultdict(list)
    thoughts = Step.objects.filter(kind="think", outcome="done").order_by("attempt_id", "n")
    for task, n, at in thoughts.values_list("attempt__task", "attempt__n", "finished_at"):
        finished[task, n].append(at.timestamp())
    asked: dict[tuple[int, int], dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
    for line in notebook.read(MODEL):
        task, _, rest = line["question"].partition(":")
        if task.isdigit():
            asked[int(task), int(rest.partition(":")[0])][line["question"]].append(line)
    late = OnTheWay(notebook)
    for place, questions in asked.items():
        for end, (question, lines) in zip(finished[place], questions.items(), strict=False):
            for line in lines:
                if line["at"] > end and not late.excuses(place, line):
                    yield f"doubled: question {question} was asked {line['at'] - end:.3f} s after its step was finished"


class OnTheWay:
    """The one question for each attempt that a process may still send after it stood still."""

    def __init__(self, notebook: Notebook) -> None:
        self._went_on = {line["pid"]: line["at"] for line in notebook.read(TRACE) if line["event"] == "goes on"}
        self._used: set[tuple[int, tuple[int, int]]] = set()

    def excuses(self, attempt: tuple[int, int], line: Line) -> bool:
        """Tell whether this question was on its way, and use the excuse up."""
        is_first = (line["pid"], attempt) not in self._used
        self._used.add((line["pid"], attempt))
        return is_first and self._went_on.get(line["pid"], line["at"] + 1) <= line["at"]


def _the_dead(notebook: Notebook) -> Broken:
    """Nobody acts, asks, claims or writes for a cell that was declared dead."""
    died = {cell.pk: cell.ended_at.timestamp() for cell in Cell.objects.filter(status="dead") if cell.ended_at}
    for name in (ACTS, MODEL, WRITES):
        for line in notebook.read(name):
            if line["at"] > died.get(line["cell"], line["at"]):
                yield f"cell {line['cell']} was dead and still did this ({name}): {line}"


OUTSIDE: tuple[Callable[[Notebook], Broken], ...] = (_acts, _questions, _the_dead)
