"""Who works in the invented installation: its swarms, their agents, and the cells that drive them."""

from datetime import datetime, timedelta

from agents.models import Agent, Swarm, Workspace
from agents.services.agents import change_agent, create_agent
from agents.services.swarms import create_swarm
from audit.actors import Actor
from tasks.models import Cell
from tasks.services.control import stop_swarm

OPERATOR = Actor("person", None, "operator")
READ = """Read one document.
Quote word for word.
Say what is uncertain."""
READ_BETTER = """Read one document at a time.
Quote word for word, at most three quotes.
Say what is uncertain.
Never guess a date."""


def make_swarms() -> tuple[Swarm, Swarm]:
    """Make the swarms and a stopped one beside them; return the two that work."""
    home = Workspace.objects.earliest("pk")
    purpose = (
        "Readers summarise and quote the reports of a folder, a checker verifies every quote, an editor publishes."
    )
    desk = create_swarm(actor=OPERATOR, workspace=home, name="desk", purpose=purpose, template="desk")
    scout = create_swarm(actor=OPERATOR, workspace=home, name="scout", purpose="Looks for news about our suppliers.")
    night = create_swarm(actor=OPERATOR, workspace=home, name="night-watch", purpose="Looks at the logs of the night.")
    stop_swarm(actor=OPERATOR, swarm=night)
    Swarm.objects.filter(pk=desk.pk).update(policy={"publish_file": "ask", "send_mail": "allow"})
    return desk, scout


def make_crew(desk: Swarm, scout: Swarm) -> dict[str, Agent]:
    """Make the agents of both, by name; the instructions of one were changed since."""
    crew: dict[str, Agent] = {}
    for n in range(1, 8):
        crew[f"reader-{n:02d}"] = create_agent(
            actor=OPERATOR, swarm=desk, name=f"reader-{n:02d}", role="reads one document and quotes what tells most",
            instructions=READ, capabilities=["read"], tools=["list_files", "read_file", "send_mail"],
        )  # fmt: skip
    crew["reader-01"] = change_agent(actor=OPERATOR, agent=crew["reader-01"], instructions=READ_BETTER)
    for name, role, tools in (
        ("editor", "merges verified readings into one digest", ["read_file", "publish_file", "send_mail"]),
        ("checker", "holds every quote against its source", ["read_file"]),
    ):
        crew[name] = create_agent(
            actor=OPERATOR, swarm=desk, name=name, role=role, capabilities=["write", "verify"], tools=tools
        )
    for name in ("scout-1", "scout-2"):
        crew[name] = create_agent(actor=OPERATOR, swarm=scout, name=name, role="looks for news", tools=["read_file"])
    return crew


def make_cells(now: datetime) -> list[Cell]:
    """Make three living cells on two hosts, and one that died."""
    cells = [
        Cell.objects.create(host=f"{host}/8f21", pid=4710 + n, heartbeat_at=now, started_at=now - timedelta(minutes=41))
        for n, host in enumerate(("north-1", "north-1", "north-2"))
    ]
    Cell.objects.create(
        host="north-2/8f21", pid=4702, status="dead", ended_at=now - timedelta(minutes=2),
        reason="process 4702 died: it was killed by SIGKILL",
        heartbeat_at=now - timedelta(minutes=2), started_at=now - timedelta(hours=1),
    )  # fmt: skip
    return cells
