"""Names of swarms for the app below, which knows only their numbers; `settings.VICTOR_SWARM_NAMES` leads here."""

from collections.abc import Iterable

from agents.models import Swarm


def name_swarms(refs: Iterable[int] | None) -> dict[int, str]:
    """Return the names of these swarms, or of all that are not archived when `refs` is None. One query."""
    swarms = Swarm.objects.filter(archived_at=None) if refs is None else Swarm.objects.filter(pk__in=list(refs))
    return dict(swarms.order_by("name", "pk").values_list("pk", "name"))
