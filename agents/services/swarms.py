"""Making and changing swarms. Starting and stopping them is in `tasks.services.control`."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents.models import Provider, Swarm, Workspace
from agents.services.folders import check_input_folder
from agents.services.words import clean_line, clean_name, clean_policy, clean_text, require_open
from audit import topics
from audit.actors import Actor
from audit.attention import settle_items
from audit.events import Fact, Kind, record
from victoros.lib.errors import Conflict, InvalidInput, Misconfigured
from victoros.lib.figures import CENT, say_money

CHANGEABLE = ("name", "purpose", "provider", "input_folder", "policy", "budget_nanos")
MOST_BUDGET_NANOS = 10**18
"""A thousand million dollars a month: what a column can hold, with room for the sums."""


def create_swarm(
    *,
    actor: Actor,
    workspace: Workspace,
    name: str,
    purpose: str = "",
    provider: Provider | None = None,
    input_folder: str = "",
    template: str = "",
    policy: dict[str, Any] | None = None,
    budget_nanos: int | None = None,
) -> Swarm:
    """Make a running, empty swarm and its folder. Records `swarm.created`.

    `budget_nanos` is what its calls may cost in a month, in billionths of a US dollar; None: no limit.
    """
    if workspace.archived_at is not None:
        raise Conflict(
            _("The workspace %(name)s is archived.") % {"name": workspace.name}, hint=_("Choose another workspace.")
        )
    with transaction.atomic():
        swarm = Swarm(workspace=workspace, template=clean_line(template, "template", 40), state_by=actor.name[:150])
        _apply(
            swarm,
            {
                "name": name,
                "purpose": purpose,
                "provider": provider,
                "input_folder": input_folder,
                "policy": policy,
                "budget_nanos": budget_nanos,
            },
        )
        _save(swarm)
        _make_folder(swarm)
        _tell(actor, Kind.SWARM_CREATED, swarm, {"template": template} if template else {})
    return swarm


def change_swarm(*, actor: Actor, swarm: Swarm, **changes: Any) -> Swarm:
    """Change name, purpose, provider, input_folder, policy or budget_nanos. Records `swarm.changed` when something differs.

    A new budget is watched anew, also when the former one was met in this month.
    """
    _refuse_unknown(changes)
    with transaction.atomic():
        row = Swarm.objects.select_for_update().get(pk=swarm.pk)
        require_open(row)
        changed = _apply(row, changes)
        written = list(changed)
        if "budget_nanos" in changed:
            row.budget_met_on = None
            written.append("budget_met_on")
            said = "The budget was changed."
            if settle_items(actor=actor, kind="over_budget", object_kind="swarm", object_ref=row.pk, answer=said):
                topics.bump({"attention"})
        if changed:
            _save(row, written)
            _tell(actor, Kind.SWARM_CHANGED, row, {"fields": [name.removesuffix("_nanos") for name in changed]})
    return row


def _apply(swarm: Swarm, changes: dict[str, Any]) -> list[str]:
    """Set cleaned values on the row; returns the fields that differ now."""
    cleaners: dict[str, Callable[[Any], Any]] = {
        "name": lambda value: clean_name(value, "swarm"),
        "purpose": lambda value: clean_text(value, "purpose", 10_000),
        "input_folder": _clean_folder,
        "policy": clean_policy,
        "provider": _clean_provider,
        "budget_nanos": _clean_budget,
    }
    changed = []
    for field, value in changes.items():
        cleaned = cleaners[field](value)
        if getattr(swarm, field) != cleaned:
            setattr(swarm, field, cleaned)
            changed.append(field)
    return changed


def _refuse_unknown(changes: dict[str, Any]) -> None:
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise InvalidInput(
            _("A swarm's %(value)s cannot be changed.") % {"value": unknown[0]},
            hint=_("Change %(changeable)s.") % {"changeable": ", ".join(CHANGEABLE)},
        )


def _clean_folder(folder: str) -> str:
    return str(check_input_folder(folder)) if folder.strip() else ""


def _clean_provider(provider: Provider | None) -> Provider | None:
    if provider is not None and provider.archived_at is not None:
        raise Conflict(
            _("The provider %(name)s is archived.") % {"name": provider.name}, hint=_("Choose another provider.")
        )
    return provider


def _clean_budget(nanos: int | None) -> int | None:
    if nanos is not None and (not 0 < nanos <= MOST_BUDGET_NANOS or nanos % CENT):
        raise InvalidInput(
            _("A budget is whole cents, at least one and at most %(most)s.") % {"most": say_money(MOST_BUDGET_NANOS)},
            hint=_("Leave it empty for no limit; pause or stop the swarm if it shall spend nothing."),
        )
    return nanos


def _save(swarm: Swarm, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            swarm.save(update_fields=fields)
    except IntegrityError as error:
        raise Conflict(
            _("There is already a swarm named %(name)s in this workspace.") % {"name": swarm.name},
            hint=_("Choose another name."),
        ) from error


def _make_folder(swarm: Swarm) -> None:
    try:
        swarm.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Misconfigured(
            f"The swarm's folder {swarm.folder} cannot be made: {error.strerror}.",
            hint="Check the rights and the free space of VICTOR_SWARMS, or of VICTOR_HOME.",
        ) from error


def _tell(actor: Actor, kind: Kind, swarm: Swarm, detail: dict[str, Any]) -> None:
    where = {"workspace_ref": swarm.workspace_id, "swarm_ref": swarm.pk}
    record(Fact(kind, actor, "swarm", swarm.pk, swarm.name, **where, detail=detail))
    topics.bump(["swarms", f"swarm:{swarm.pk}", "audit"])
