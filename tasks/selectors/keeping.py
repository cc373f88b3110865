"""An attempt's journal as a file: all that was sent and came back as JSON, or one line a step as text."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from tasks.models import Attempt, Step, Task
from tasks.selectors.log import read_entries, write_line, write_log
from tasks.selectors.window import RunChoice, Window, read_window

FORMATS = {"json": "application/json", "text": "text/plain; charset=utf-8"}
PART = 4_000_000
"""Characters of JSON after which a file ends; `next` in it says with which step the following part begins."""
MOST_LINES = 5_000
"""Steps in a file of text."""
_FIELDS = ("n", "kind", "name", "outcome", "tokens_in", "tokens_out", "cost_nanos", "started_at", "finished_at")


def as_json(task: Task, attempt: Attempt, start: int) -> str:
    """Return the steps from number `start` with all they hold, until the file is long; read one by one, not all at once."""
    steps: list[str] = []
    length, following = 0, None
    for step in Step.objects.filter(attempt=attempt, n__gte=start).order_by("n").iterator(chunk_size=100):
        text = _dump({name: getattr(step, name) for name in _FIELDS} | {"request": step.request, "result": step.result})
        if steps and length + len(text) > PART:
            following = step.n
            break
        steps.append(text)
        length += len(text)
    head = _dump(
        {"task": task.pk, "title": task.title, "attempt": attempt.n, "status": attempt.status, "next": following}
    )
    return head[:-1] + ', "steps": [\n' + ",\n".join(steps) + "\n]}\n"


def as_text(task: Task, attempt: Attempt, choice: RunChoice) -> str:
    """Return the log as the choice narrows it, one line a step; the newest lines where there are very many."""
    whole = RunChoice(attempt=attempt.n, view="log", start=choice.start, kind=choice.kind, failed=choice.failed)
    window = read_window(attempt, whole, size=MOST_LINES)
    entries = read_entries(task, attempt, whole, Window(window.steps, window.earlier, window.later))
    lines = [write_line(line) for line in write_log(window.steps, entries)]
    head = [f"# task {task.pk}: {' '.join(task.title.split())}", f"# attempt {attempt.n}, {attempt.status}, UTC"]
    if window.earlier:
        head.append(f"# the newest {len(window.steps):,} of {attempt.steps:,} steps; ?from=1 begins with the first")
    return "\n".join([*head, *lines, ""])


def _dump(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
