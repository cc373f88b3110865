"""What a workspace is called, and the time zone its people read times in."""

import zoneinfo
from functools import cache

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents.models import Workspace
from agents.services.words import clean_line, clean_name
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from victoros.lib.errors import Conflict, InvalidInput


def change_workspace(*, actor: Actor, workspace: Workspace, name: str, time_zone: str) -> list[str]:
    """Set name and time zone (empty: the site's); returns the fields that differ now. Records `workspace.changed`."""
    wanted = {"name": clean_name(name, "workspace"), "time_zone": _clean_zone(time_zone)}
    with transaction.atomic():
        row = Workspace.objects.select_for_update().get(pk=workspace.pk)
        changed = [field for field, value in wanted.items() if getattr(row, field) != value]
        if changed:
            _save(row, wanted)
            detail = {"fields": changed}
            record(Fact(Kind.WORKSPACE_CHANGED, actor, "workspace", row.pk, row.name, row.pk, detail=detail))
            topics.bump(["swarms", "audit"])
    return changed


@cache
def list_time_zones() -> list[str]:
    """Return the names of all zones this machine knows, UTC first."""
    named = {
        zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))
    }
    return ["UTC", *sorted(named)]


def _clean_zone(name: str) -> str:
    zone = clean_line(name, "time zone", 60)
    if zone and zone not in list_time_zones():
        raise InvalidInput(
            _("There is no time zone %(zone)s.") % {"zone": repr(zone)},
            hint=_("Choose one such as Europe/Berlin, or UTC."),
        )
    return zone


def _save(row: Workspace, wanted: dict[str, str]) -> None:
    for field, value in wanted.items():
        setattr(row, field, value)
    try:
        with transaction.atomic():
            row.save(update_fields=list(wanted))
    except IntegrityError as error:
        raise Conflict(
            _("There is already a workspace named %(name)s.") % {"name": row.name}, hint=_("Choose another name.")
        ) from error
