"""What a host looks at before it works for an installation whose pages are elsewhere. Runs in a process of its own, so that
the supervisor never holds a connection."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from victoros.lib.errors import Misconfigured

POSTGRES = ("postgres://", "postgresql://", "psql://", "pgsql://")


@dataclass(frozen=True)
class Join:
    """What was found."""

    wait: str = ""
    """Why the work cannot begin yet; somebody else will change that."""
    refuse: str = ""
    """Why it can never begin with these settings."""
    warnings: list[str] = field(default_factory=list)


def require_shared_settings(home: Path) -> None:
    """Refuse to begin without what all hosts share."""
    database = os.environ.get("VICTOR_DATABASE_URL", "")
    if not database.startswith(POSTGRES):
        why = "names SQLite, which only one host can use" if database.startswith("sqlite") else "names no PostgreSQL"
        raise Misconfigured(
            f"VICTOR_DATABASE_URL {why if database else 'is missing'}.",
            hint="Set it to the PostgreSQL of the host with the pages: postgres://user:password@host/name.",
        )
    if not os.environ.get("VICTOR_REDIS_URL"):
        raise Misconfigured(
            "VICTOR_REDIS_URL is missing.", hint="Set it to the Redis or Valkey of the host with the pages."
        )
    if not os.environ.get("VICTOR_SECRET_KEY") and not (home / "secret_key").exists():
        raise Misconfigured(
            "VICTOR_SECRET_KEY is missing.",
            hint=f"Set it to the one of the host with the pages, or copy secret_key from its home to {home}.",
        )


def look() -> None:
    """Print what was found as one line of JSON."""
    print(json.dumps(asdict(find())), flush=True)


def read_join(log: Path) -> Join:
    """Return what `look` printed; a look that failed is a reason to wait."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    try:
        return Join(**json.loads(lines[-1]))
    except (IndexError, ValueError, TypeError):
        return Join(wait=f"The look at the installation failed: {lines[-1] if lines else 'no answer'}.")


def find() -> Join:
    """Compare this host with the database."""
    from victoros.ops.checks_shared import check_folders, check_keys
    from victoros.ops.checks_stored import check_clock, check_database, check_migrations
    from victoros.ops.checkup import State

    for needed in (check_database, check_migrations):
        finding = needed()
        if finding.status == State.FAIL or (finding.id == "migrations" and finding.status == State.WARN):
            return Join(wait=_describe_wait(finding.id, finding.message))
    keys = check_keys()
    if keys.status == State.FAIL:
        return Join(refuse=f"{keys.message}. {keys.advice}")
    findings = [check_clock(), check_folders()]
    warnings = [f"{one.message}. {one.advice}" for one in findings if one.status != State.OK]
    return Join(warnings=[*warnings, *_warn_of_model()])


def _describe_wait(check: str, message: str) -> str:
    if check == "database":
        return f"The database does not answer: {message}"
    if "newer" in message:
        return f"{message[0].upper()}{message[1:]}. Update Victor.os on this host"
    return (
        "The database is not prepared for this program. Start or update the host with the pages, whose `up` prepares it"
    )


def _warn_of_model() -> list[str]:
    from django.conf import settings

    from agents.models import Provider

    if settings.VICTOR_LLM_URL or not Provider.objects.filter(archived_at=None, kind="embedded").exists():
        return []
    return ["Agents that ask the embedded model cannot do so from here: VICTOR_LLM_URL names no server of it"]
