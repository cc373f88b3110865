"""`victor person`: add people and list who there is. Both are for superusers."""

from django.contrib.auth.models import User

from agents.models import Swarm, Workspace
from agents.permissions import ROLES
from agents.services.first_run import LINK_LASTS
from agents.services.people import invite_person
from audit.actors import person
from victoros.lib.commands import Acts, Answer, UsageError, VictorCommand, add_paging, list_answer, page_address
from victoros.lib.errors import NotAllowed
from victoros.lib.rows import Document, describe_row, find_row, list_rows

COLUMNS = {
    "id": "id",
    "name": "username",
    "status": "status",
    "superuser": "is_superuser",
    "last sign-in": "last_login",
}


class Command(VictorCommand):
    """See the module."""

    help = "Add people and list who there is."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        add = acts.add("add", self.add, "add a person and print a link that signs them in once, within an hour")
        add.add_argument("name", help="user name: letters, digits and . @ + - _")
        add.add_argument("--role", choices=tuple(ROLES), help="what they may do, on the swarm or workspace given")
        on = add.add_mutually_exclusive_group()
        on.add_argument("--swarm", metavar="S", help="id or name of the swarm the role is on")
        on.add_argument("--workspace", metavar="W", help="id or name; the role reaches into all its swarms")
        add_paging(acts.add("list", self.list_people, "list people, newest first"))

    def add(self, name: str, role: str | None, swarm: str | None, workspace: str | None) -> Answer:
        """Add somebody, with a role or without."""
        self._require_superuser()
        holder = _find_holder(swarm, workspace)
        if bool(role) != bool(holder):
            raise UsageError(
                "A role and where it counts go together.",
                hint="Give --role with --swarm S or --workspace W, or none of them.",
            )
        made = invite_person(actor=person(self.user), username=name, role=role or "", holder=holder)
        link, minutes = page_address(made.path), int(LINK_LASTS.total_seconds() // 60)
        given = {"role": role, "role_on": holder.name if holder else None, "link": link, "minutes": minutes}
        said = f"{link}\nIt signs {made.user.username} in once, within {minutes} minutes."
        return Answer({**describe(made.user), **given}, said if role else f"{said}\n{_say_no_role(made.user)}")

    def list_people(self, after: int | None, limit: int) -> Answer:
        """List everybody, those switched off too."""
        self._require_superuser()
        return list_answer(list_rows(User.objects.all(), describe, after=after, limit=limit), COLUMNS)

    def _require_superuser(self) -> None:
        if not self.user.is_superuser:
            raise NotAllowed(
                "Only superusers add and list people.", hint="Leave out --as: the command then acts as a superuser."
            )


def describe(user: User) -> Document:
    """Return a person as a document, without the hash of the password."""
    return describe_row(user, status="active" if user.is_active else "off", without=("password",))


def _find_holder(swarm: str | None, workspace: str | None) -> Swarm | Workspace | None:
    if swarm:
        return find_row(Swarm.objects.filter(archived_at=None), swarm, "swarm")
    return find_row(Workspace.objects.filter(archived_at=None), workspace, "workspace") if workspace else None


def _say_no_role(user: User) -> str:
    return f"{user.username} may see no swarm yet: give a role on a swarm's page, under People."
