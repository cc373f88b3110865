"""Making and changing swarms. Starting and stopping them is in `tasks.services.control`."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction

from agents.models import Provider, Swarm, Workspace
from agents.services.folders import check_input_folder
from agents.services.words import clean_line, clean_name, clean_policy, clean_text, require_open
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from victoros.lib.errors import Conflict, InvalidInput, Misconfigured

CHANGEABLE = ("name", "purpose", "provider", "input_folder", "policy")


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
) -> Swarm:
    """Make a running, empty swarm and its folder. Records `swarm.created`."""
    if workspace.archived_at is not None:
        raise Conflict(f"The workspace {workspace.name} is archived.", hint="Choose another workspace.")
    with transaction.atomic():
        swarm = Swarm(workspace=workspace, template=clean_line(template, "template", 40), state_by=actor.name[:150])
        _apply(
            swarm,
            {"name": name, "purpose": purpose, "provider": provider, "input_folder": input_folder, "policy": policy},
        )
        _save(swarm)
        _make_folder(swarm)
        _tell(actor, Kind.SWARM_CREATED, swarm, {"template": template} if template else {})
    return swarm


def change_swarm(*, actor: Actor, swarm: Swarm, **changes: Any) -> Swarm:
    """Change name, purpose, provider, input_folder or policy. Records `swarm.changed` when something differs."""
    _refuse_unknown(changes)
    with transaction.atomic():
        row = Swarm.objects.select_for_update().get(pk=swarm.pk)
        require_open(row)
        changed = _apply(row, changes)
        if changed:
            _save(row, changed)
            _tell(actor, Kind.SWARM_CHANGED, row, {"fields": changed})
    return row


def _apply(swarm: Swarm, changes: dict[str, Any]) -> list[str]:
    """Set cleaned values on the row; returns the fields that differ now."""
    cleaners: dict[str, Callable[[Any], Any]] = {
        "name": lambda value: clean_name(value, "swarm"),
        "purpose": lambda value: clean_text(value, "purpose", 10_000),
        "input_folder": _clean_folder,
        "policy": clean_policy,
        "provider": _clean_provider,
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
        raise InvalidInput(f"A swarm's {unknown[0]} cannot be changed.", hint=f"Change {', '.join(CHANGEABLE)}.")


def _clean_folder(folder: str) -> str:
    return str(check_input_folder(folder)) if folder.strip() else ""


def _clean_provider(provider: Provider | None) -> Provider | None:
    if provider is not None and provider.archived_at is not None:
        raise Conflict(f"The provider {provider.name} is archived.", hint="Choose another provider.")
    return provider


def _save(swarm: Swarm, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            swarm.save(update_fields=fields)
    except IntegrityError as error:
        raise Conflict(
            f"There is already a swarm named {swarm.name} in this workspace.", hint="Choose another name."
        ) from error


def _make_folder(swarm: Swarm) -> None:
    try:
        swarm.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Misconfigured(
            f"The swarm's folder {swarm.folder} cannot be made: {error.strerror}.",
            hint="Check the rights and the free space of VICTOR_HOME.",
        ) from error


def _tell(actor: Actor, kind: Kind, swarm: Swarm, detail: dict[str, Any]) -> None:
    where = {"workspace_ref": swarm.workspace_id, "swarm_ref": swarm.pk}
    record(Fact(kind, actor, "swarm", swarm.pk, swarm.name, **where, detail=detail))
    topics.bump(["swarms", f"swarm:{swarm.pk}", "audit"])
