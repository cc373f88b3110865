"""Named rights that one process holds until a moment of the database's clock."""

from datetime import timedelta

from tasks.engine.points import Point, reach
from tasks.models import Lease
from victoros.lib.clock import now_plus
from victoros.lib.host import this_host
from victoros.lib.statements import change, now

_TAKE = "UPDATE tasks_lease SET holder = %s, until = {end} WHERE name = %s AND (holder = %s OR until < {now})"


def holder_of(pid: int, host: str = "") -> str:
    """Return the name under which a process holds leases."""
    return f"{host or this_host()}:{pid}"


def take_lease(name: str, holder: str, length: timedelta) -> bool:
    """Take or renew a named lease by the database's clock; True while it is ours."""
    if change(_TAKE.format(end=now(length.total_seconds()), now=now()), holder, name, holder):
        reach(Point.LEASE_TAKEN)
        return True
    if Lease.objects.filter(name=name).exists():
        return False
    _, created = Lease.objects.get_or_create(name=name, defaults={"holder": holder, "until": now_plus(length)})
    return created


def release_leases(holder: str) -> int:
    """Give back what a process that ends, or was seen to die, still holds; the next one need not wait it out."""
    return Lease.objects.filter(holder=holder).delete()[0]
