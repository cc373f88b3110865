"""Checks of what all hosts of one installation must share: the key, and the folders of the swarms."""

from pathlib import Path

from victoros.ops.checkup import Verdict, check, fail, ok, warn

UNKNOWN = warn("not known: the database does not answer or is not prepared", "Start it with ./victor up.")


@check("keys")
def check_keys() -> Verdict:
    """The keys of providers can be opened with this host's VICTOR_SECRET_KEY."""
    from django.db import DatabaseError

    from agents.models import Provider
    from agents.services.keys import KeyUnreadable, open_key

    try:
        sealed = list(Provider.objects.filter(archived_at=None).exclude(sealed_key="").order_by("pk"))
    except DatabaseError:
        return UNKNOWN
    shut = []
    for provider in sealed:
        try:
            open_key(provider.sealed_key, provider.name)
        except KeyUnreadable:
            shut.append(provider.name)
    if shut:
        return fail(
            f"VICTOR_SECRET_KEY is not the one that sealed the keys of {', '.join(shut)}",
            "Set it to what the host with the pages has (secret_key in its home), or enter those keys again.",
        )
    return ok(f"{len(sealed)} keys of providers can be opened")


@check("folders")
def check_folders() -> Verdict:
    """The folders of the swarms, and those they read, are on this host."""
    from django.db import DatabaseError

    from agents.models import Swarm
    from agents.models.swarm import swarms_folder

    try:
        swarms = list(Swarm.objects.filter(archived_at=None).order_by("pk"))
    except DatabaseError:
        return UNKNOWN
    without = [swarm for swarm in swarms if not swarm.folder.is_dir()]
    unread = {swarm.input_folder for swarm in swarms if swarm.input_folder and not Path(swarm.input_folder).is_dir()}
    if without:
        return warn(
            f"{len(without)} of {len(swarms)} swarms have no folder in {swarms_folder()}",
            "Share one folder between all hosts and name it in VICTOR_SWARMS on each.",
        )
    if unread:
        return warn(f"not on this host: {', '.join(sorted(unread)[:3])}", "Make it readable here under the same path.")
    return ok(f"{len(swarms)} folders in {swarms_folder()}")


@check("push")
def check_push() -> Verdict:
    """The VAPID key can be read, devices subscribed under it, and something arrived lately."""
    from django.db import DatabaseError
    from django.db.models import Max

    from audit.models import PushSubscription
    from audit.notifications import keys

    try:
        devices = list(PushSubscription.objects.values_list("application_key", "failures"))
        last = PushSubscription.objects.aggregate(last=Max("last_success_at"))["last"]
    except DatabaseError:
        return UNKNOWN
    if not devices:
        return ok("no device is told")
    public = keys.public_key()
    foreign = sum(key != public for key, _ in devices)
    if foreign:
        return fail(
            f"{foreign} of {len(devices)} devices subscribed under another VAPID key", "Set VICTOR_VAPID_KEY to it."
        )
    failing = sum(bool(failures) for _, failures in devices)
    when = f"last delivery {last:%Y-%m-%d %H:%M} UTC" if last else "nothing was delivered yet"
    if failing == len(devices):
        return warn(f"none of {len(devices)} devices could be reached last; {when}", "See ./victor notify test.")
    return ok(f"{len(devices)} devices, {failing} failing; {when}")
