"""Templates of swarms: agents and first tasks made in one go."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from agents.models import Agent, Provider, Swarm, Workspace
from agents.services.agents import create_agent
from agents.services.swarms import create_swarm
from audit.actors import Actor
from tasks.models import Task
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_tasks
from victoros.lib.errors import InvalidInput

READERS = 3
MOST_FILES = 1000
"""Files one desk takes; more are refused with the number, never left out in silence."""
SAMPLES = Path(settings.BASE_DIR) / "agents" / "catalog" / "desk" / "samples"


@dataclass(frozen=True)
class Template:
    """A kind of swarm one can make without writing anything."""

    name: str
    title: str
    description: str
    sample_folder: Path
    build: Callable[[Actor, Swarm], None]


def list_templates() -> list[Template]:
    """Return the templates there are."""
    return list(_TEMPLATES.values())


@transaction.atomic
def create_from_template(
    *,
    actor: Actor,
    workspace: Workspace,
    name: str,
    template: str,
    input_folder: str = "",
    provider: Provider | None = None,
    budget_nanos: int | None = None,
) -> Swarm:
    """Make a swarm from a template, with its agents and tasks, ready to work. An empty folder means the samples."""
    chosen = _TEMPLATES.get(template)
    if chosen is None:
        raise InvalidInput(f"There is no template named {template!r}.", hint=f"Templates are: {', '.join(_TEMPLATES)}.")
    swarm = create_swarm(
        actor=actor,
        workspace=workspace,
        name=name,
        purpose=chosen.description,
        provider=provider,
        input_folder=input_folder or str(chosen.sample_folder),
        template=template,
        budget_nanos=budget_nanos,
    )
    chosen.build(actor, swarm)
    return swarm


def list_documents(folder: Path) -> list[str]:
    """Return the files below a folder as relative paths, hidden ones and links left out."""
    found: list[str] = []
    for place, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not name.startswith("."))
        paths = (Path(place, name) for name in sorted(files) if not name.startswith("."))
        found += [str(path.relative_to(folder)) for path in paths if path.is_file() and not path.is_symlink()]
    return found


def _build_desk(actor: Actor, swarm: Swarm) -> None:
    folder = Path(swarm.input_folder)
    documents = list_documents(folder)
    if not documents:
        raise InvalidInput(
            f"There are no files in {folder}.", hint="Put text or Markdown files there, or choose another folder."
        )
    if len(documents) > MOST_FILES:
        raise InvalidInput(
            f"{folder} holds {len(documents):,} files; one desk takes {MOST_FILES:,}.", hint="Choose a smaller folder."
        )
    _hire_desk(actor, swarm)
    readings = create_tasks(actor=actor, swarm=swarm, drafts=[_reading(path) for path in documents])
    create_tasks(actor=actor, swarm=swarm, drafts=[_digest(folder, readings)])


def _hire_desk(actor: Actor, swarm: Swarm) -> list[Agent]:
    """Create three readers, the editor and the checker."""
    readers = [
        create_agent(
            actor=actor,
            swarm=swarm,
            name=f"reader-{number}",
            role="reads one document at a time and quotes what tells most",
            instructions="Be brief. Quote word for word.",
            capabilities=["read"],
            tools=["list_files", "read_file", "send_mail"],
            program="desk.reader",
        )
        for number in range(1, READERS + 1)
    ]
    editor = create_agent(
        actor=actor,
        swarm=swarm,
        name="editor",
        role="merges verified readings into one digest and publishes it",
        capabilities=["edit"],
        tools=["read_mail", "look_at_task", "write_file", "publish_file", "send_mail"],
        program="desk.editor",
    )
    checker = create_agent(
        actor=actor,
        swarm=swarm,
        name="checker",
        role="holds every quote against its source",
        capabilities=["check"],
        tools=["read_mail", "look_at_task", "read_file", "verify", "refute", "send_mail"],
        program="desk.checker",
    )
    return [*readers, editor, checker]


def _reading(path: str) -> TaskDraft:
    return TaskDraft(
        title=f"Read {path}"[:200],
        text="Say in one line what the document tells, and quote the sentences that show it.",
        kind="read",
        data={"path": f"input/{path}", "checker": "checker", "editor": "editor"},
        needs=["read"],
        acceptance=["Every quote stands in its source"],
        verify_need="check",
        key=f"read-{hashlib.sha256(path.encode()).hexdigest()[:32]}",
    )


def _digest(folder: Path, readings: list[Task]) -> TaskDraft:
    return TaskDraft(
        title=f"Publish the digest of {folder.name or folder}"[:200],
        text="Merge the verified readings into one digest. A person is asked before it is published.",
        kind="digest",
        data={"readings": [task.pk for task in readings], "title": f"Digest of {folder.name or folder}"},
        needs=["edit"],
        acceptance=[
            "Every quote stands in its source",
            "Each document is mentioned once",
            "The published file equals the approved one",
        ],
        depends_on=[(task, "ended") for task in readings],
        verify_need="check",
        priority=5,
        key="digest",
    )


_TEMPLATES = {
    "desk": Template(
        "desk",
        "Desk",
        "Readers summarise and quote the documents of a folder, a checker verifies every quote, an editor publishes the digest.",
        SAMPLES,
        _build_desk,
    )
}
