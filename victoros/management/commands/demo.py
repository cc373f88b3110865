"""`victor demo`: fill the installation with sample data, and take it away again."""

import sys
import time

from django.urls import reverse

from audit.actors import person
from victoros.demo.fill import fill_demo
from victoros.demo.remove import remove_demo
from victoros.demo.sizes import FULL, Size, read_share
from victoros.lib.commands import Acts, Answer, VictorCommand, page_address
from victoros.lib.errors import NotAllowed

TELL_S = 2.0


class Command(VictorCommand):
    """See the module."""

    help = "Fill the installation with sample data, and take it away again."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        fill = acts.add(
            "fill", self.fill, "make swarms, agents and tasks of every state, with all that belongs to them"
        )
        for name, number in FULL.as_dict().items():
            fill.add_argument(f"--{name}", type=int, metavar="N", help=f"how many {name} (default {number:,})")
        fill.add_argument("--scale", default="100%", metavar="SHARE", help="make this share of it all, such as 1%%")
        fill.add_argument(
            "--seed", type=int, default=1, metavar="N", help="the same number makes the same sample (default 1)"
        )
        fill.add_argument(
            "--at-rest",
            action="store_true",
            help="let no agent look busy: nothing drives the sample, and where cells run that shows after a while",
        )
        acts.add("remove", self.remove, "take all sample data away again, and nothing else")

    def fill(
        self, agents: int | None, tasks: int | None, steps: int | None, scale: str, seed: int, at_rest: bool
    ) -> Answer:
        """Make the sample."""
        self._require_superuser()
        given = Size(
            *(
                one if one is not None else full
                for one, full in zip((agents, tasks, steps), FULL.as_dict().values(), strict=True)
            )
        )
        size, began = given.scaled(read_share(scale)) if scale != "100%" else given, time.monotonic()
        filled = fill_demo(actor=person(self.user), size=size, seed=seed, at_work=not at_rest, progress=_Teller())
        took_s = round(time.monotonic() - began, 1)
        workspace = filled.workspace
        document = {
            "id": workspace.pk,
            "status": "filled",
            "name": workspace.name,
            "changed": filled.is_new,
            **size.as_dict(),
            "seed": seed,
            "took_s": took_s,
            "url": page_address(reverse("home")),
        }
        made = (
            f"{size.agents:,} agents, {size.tasks:,} tasks and {size.steps:,} steps in the workspace {workspace.name}"
        )
        said = f"Made {made} in {took_s} s." if filled.is_new else f"There are {made} already; nothing was changed."
        return Answer(document, f"{said}\n./victor demo remove takes them away again.")

    def remove(self) -> Answer:
        """Take the sample away."""
        self._require_superuser()
        gone = remove_demo(actor=person(self.user), progress=_Teller())
        document = {"id": "demo", "status": "removed", "changed": bool(gone), "rows": gone}
        total = sum(gone.values())
        return Answer(document, f"Took away {total:,} rows." if gone else "There is no sample data.")

    def _require_superuser(self) -> None:
        if not self.user.is_superuser:
            raise NotAllowed("Only a superuser fills or removes sample data.", hint="Leave out --as, or ask one.")


class _Teller:
    """Says on standard error how far it is, every two seconds."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        if time.monotonic() - self._told_at >= TELL_S:
            self._told_at = time.monotonic()
            print(f"{done:,} of {total:,} {what}", file=sys.stderr, flush=True)
