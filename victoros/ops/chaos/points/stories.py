"""The work of small worlds, by name: tasks as a person gives them, what disturbs them, and how they may end."""

from dataclasses import dataclass
from typing import Any

from agents.models import Agent, Swarm, Workspace
from agents.services.agents import create_agent
from agents.services.providers import add_provider
from agents.services.swarms import create_swarm
from audit.actors import Actor
from tasks.models import Task
from tasks.services.making import create_task

PERSON = Actor("person", None, "points")


@dataclass(frozen=True)
class Draft:
    """A task to be given once, under a key."""

    moves: tuple[str, ...] = ("think", "post")
    agent: str = ""
    """Who alone may do it; empty for whoever is able."""
    after: int | None = None
    """Place in its story of the task it waits for."""
    verify_need: str = ""
    ends: tuple[str, ...] = ("completed",)


@dataclass(frozen=True)
class Story:
    """Tasks that belong together."""

    drafts: tuple[Draft, ...]
    disturbance: str = ""
    """What a person does in the middle of it; see `people.DISTURBANCES`."""


WORK = ("think", "post", "think", "post")
STORIES = {
    "plain": Story((Draft(WORK), Draft(after=0))),
    "judged": Story((Draft(verify_need="check", ends=("verified",)),)),
    "parted": Story((Draft(("subtask", "think")),)),
    "paid": Story((Draft(("think", "pay", "post")),)),
    "asking": Story((Draft(("think", "ask", "post")),)),
    "mailing": Story((Draft(("read", "think"), agent="reader"), Draft(("think", "write")))),
    "failing": Story((Draft(("think", "fail", "post")),)),
    "limited": Story((Draft(("limited", "post")),)),
    "deadly": Story((Draft(("think", "die", "post")),)),
    "stopped": Story((Draft(WORK), Draft(WORK)), "stop the swarm"),
    "paused": Story((Draft(WORK), Draft(WORK)), "pause the swarm"),
    "held": Story((Draft(WORK),), "hold a task"),
    "cancelled": Story((Draft(("subtask", "think"), ends=("cancelled", "completed")), Draft()), "cancel a task"),
}


def make_base() -> None:
    """Make the swarm and the agents that all stories share."""

    provider = add_provider(actor=PERSON, name="points", kind="scripted", model="points", max_concurrent=100)
    workspace = Workspace.objects.create(name="Points")
    swarm = create_swarm(actor=PERSON, workspace=workspace, name="Points", provider=provider)
    tools = ["points_post", "points_pay", "subtask", "send_mail"]
    judging = ["look_at_task", "verify", "refute"]
    for name, program, able, allowed, places in (
        ("worker", "points.work", ["work"], tools, 4),
        ("second", "points.work", ["work"], tools, 1),
        ("reader", "points.work", [], tools, 1),
        ("checker", "points.check", ["check"], judging, 1),
        ("clerk", "loop", [], ["send_mail"], 1),
    ):
        create_agent(
            actor=PERSON, swarm=swarm, name=name, program=program, capabilities=able, tools=allowed, max_active=places
        )


def give(names: tuple[str, ...]) -> int:
    """Give the tasks of these stories, as far as that was not done yet; returns how many are new."""
    swarm = Swarm.objects.get()
    return sum(_give_story(swarm, name, STORIES[name]) for name in names)


def key_of(story: str, place: int) -> str:
    """Return the key under which a task of a story is given."""
    return f"{story}-{place}"


def _give_story(swarm: Swarm, name: str, story: Story) -> int:
    known = set(Task.objects.filter(key__startswith=f"{name}-").values_list("key", flat=True))
    missing = [place for place in range(len(story.drafts)) if key_of(name, place) not in known]
    for place in missing:
        _give_task(swarm, name, place, story.drafts[place])
    return len(missing)


def _give_task(swarm: Swarm, story: str, place: int, draft: Draft) -> None:
    fields: dict[str, Any] = {"data": {"moves": list(draft.moves)}, "verify_need": draft.verify_need}
    if draft.after is not None:
        fields["depends_on"] = [Task.objects.get(key=key_of(story, draft.after))]
    worker = Agent.objects.get(name=draft.agent) if draft.agent else None
    needs = [] if worker else ["work"]
    create_task(
        actor=PERSON,
        swarm=swarm,
        title=f"{story} {place}",
        key=key_of(story, place),
        agent=worker,
        needs=needs,
        **fields,
    )
