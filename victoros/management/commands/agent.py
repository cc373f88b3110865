"""`victor agent`: make, look at, pause, resume and stop agents."""

from collections.abc import Callable

from agents.models import Agent, Provider, Swarm
from agents.permissions import require, visible_to
from agents.services.agents import create_agent
from audit.actors import person
from tasks.services import control
from victoros.lib.commands import Acts, Answer, VictorCommand, add_paging, list_answer
from victoros.lib.rows import Document, describe_row, find_row, list_rows
from victoros.lib.terminal import make_facts
from victoros.management.stops import add_wait, confirm

COLUMNS = {
    "id": "id",
    "name": "name",
    "swarm": "swarm_name",
    "status": "status",
    "wanted": "desired_state",
    "role": "role",
    "done": "done_count",
    "verified": "verified_count",
}


class Command(VictorCommand):
    """See the module."""

    help = "Create, list, show, pause, resume and stop agents."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        self._add_create(acts)
        listing = acts.add("list", self.list_agents, "list agents, newest first")
        listing.add_argument("--swarm", metavar="S", help="only those of this swarm (id or name)")
        add_paging(listing)
        for name, act, summary in (
            ("show", self.show, "show one agent"),
            ("pause", self.pause, "let it finish the steps in flight and begin no new one"),
            ("resume", self.resume, "let a paused or stopped agent work again"),
        ):
            acts.add(name, act, summary).add_argument("agent", help="id or name")
        stopping = acts.add("stop", self.stop, "stop everything it does, now, and say whether it has stopped")
        stopping.add_argument("agent", help="id or name")
        add_wait(stopping)

    def _add_create(self, acts: Acts) -> None:
        create = acts.add("create", self.create, "add an agent to a swarm and print its id")
        create.add_argument("--swarm", required=True, metavar="S", help="id or name of the swarm")
        create.add_argument("--name", required=True, help="unique in the swarm")
        create.add_argument("--role", default="", help="what it is, in one line")
        create.add_argument("--instructions", default="", help="what it is told before each task")
        create.add_argument("--capabilities", default="", metavar="A,B", help="what it can do, comma-separated words")
        create.add_argument("--tools", default="", metavar="A,B", help="tools it may use, comma-separated")
        create.add_argument("--provider", metavar="P", help="id or name; the swarm's or the default one if not given")
        create.add_argument("--program", default="loop", help="what drives its work (default loop)")
        create.add_argument("--max-active", type=int, default=1, help="tasks it works on at once (default 1)")

    def create(
        self,
        swarm: str,
        name: str,
        role: str,
        instructions: str,
        capabilities: str,
        tools: str,
        provider: str | None,
        program: str,
        max_active: int,
    ) -> Answer:
        """Add an agent."""
        target = find_row(visible_to(self.user, Swarm.objects.filter(archived_at=None), "pk"), swarm, "swarm")
        require(self.user, "administer", target)
        agent = create_agent(
            actor=person(self.user),
            swarm=target,
            name=name,
            role=role,
            instructions=instructions,
            capabilities=capabilities.split(","),
            tools=tools.split(","),
            provider=find_row(Provider.objects.filter(archived_at=None), provider, "provider") if provider else None,
            program=program,
            max_active=max_active,
        )
        return Answer(describe(agent), str(agent.pk))

    def list_agents(self, swarm: str | None, after: int | None, limit: int) -> Answer:
        """List agents that are not retired."""
        rows = visible_to(self.user, Agent.objects.filter(retired_at=None).select_related("swarm"))
        if swarm:
            rows = rows.filter(swarm=find_row(visible_to(self.user, Swarm.objects.all(), "pk"), swarm, "swarm"))
        return list_answer(list_rows(rows, describe, after=after, limit=limit), COLUMNS, empty="There are no agents.")

    def show(self, agent: str) -> Answer:
        """Show one agent."""
        document = describe(self._find(agent))
        return Answer(document, make_facts(document))

    def pause(self, agent: str) -> Answer:
        """Pause one agent."""
        return self._control(agent, control.pause_agent, "paused")

    def resume(self, agent: str) -> Answer:
        """Let one agent go on."""
        return self._control(agent, control.resume_agent, "running")

    def stop(self, agent: str, wait: float) -> Answer:
        """Stop one agent, and wait until its cells have let go of its work."""
        answer = self._control(agent, control.stop_agent, "stopped")
        return confirm(answer, wait, agent=answer.document["id"])

    def _control(self, reference: str, change: Callable[..., control.ControlResult], state: str) -> Answer:
        agent = self._find(reference)
        require(self.user, "operate", agent.swarm)
        result = change(actor=person(self.user), agent=agent)
        agent.refresh_from_db()
        said = f"{agent.name} is {state}." if result.changed else f"{agent.name} was {state} already."
        if result.stopped_attempts:
            said += f" Work stopped: {result.stopped_attempts}."
        document = describe(agent)
        return Answer({**document, "changed": result.changed, "stopped_attempts": result.stopped_attempts}, said)

    def _find(self, reference: str) -> Agent:
        rows = Agent.objects.filter(retired_at=None).select_related("swarm")
        return find_row(visible_to(self.user, rows), reference, "agent")


def describe(agent: Agent) -> Document:
    """Return an agent as a document."""
    return describe_row(agent, swarm_name=agent.swarm.name)
