"""Adding, changing and testing language-model providers. Keys go in sealed and come out only in a `Connection`."""

import asyncio
import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction

from agents.llm.types import Connection
from agents.models import Provider
from agents.services.keys import KeyUnreadable, open_key, seal_key
from agents.services.provider_fields import CHANGEABLE, apply_fields
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from victoros.lib import clock
from victoros.lib.errors import Conflict, InvalidInput
from victoros.lib.sentences import sentence as _

if TYPE_CHECKING:
    from agents.llm.probe import ProbeResult


def add_provider(
    *,
    actor: Actor,
    name: str,
    kind: str,
    base_url: str = "",
    model: str,
    key_env: str = "",
    key: str = "",
    price_in_per_mtok: Decimal | str | None = None,
    price_out_per_mtok: Decimal | str | None = None,
    max_concurrent: int = 8,
    total_concurrent: int | None = 0,
    requests_per_min: int | None = 0,
    tokens_per_min: int | None = 0,
    timeout_s: int = 60,
) -> Provider:
    """Add a provider; the first one becomes the default. Limits of 0 or None are none. Records `provider.added`, never the key."""
    provider = Provider(is_default=not Provider.objects.filter(is_default=True).exists())
    apply_fields(
        provider,
        {
            "name": name,
            "kind": kind,
            "base_url": base_url,
            "model": model,
            "key_env": key_env,
            "price_in_per_mtok": price_in_per_mtok,
            "price_out_per_mtok": price_out_per_mtok,
            "max_concurrent": max_concurrent,
            "total_concurrent": total_concurrent,
            "requests_per_min": requests_per_min,
            "tokens_per_min": tokens_per_min,
            "timeout_s": timeout_s,
        },
    )
    provider.sealed_key = seal_key(key.strip())
    with transaction.atomic():
        _save(provider)
        _tell(actor, Kind.PROVIDER_ADDED, provider, {"kind": provider.kind, "model": provider.model})
    return provider


def change_provider(*, actor: Actor, provider: Provider, key: str | None = None, **changes: Any) -> Provider:
    """Change a provider; `key=None` keeps its key, an empty one forgets it. Records `provider.changed`.

    A new address forgets both key and variable unless this same change gives them: nobody can have a key they do not
    know sent to a server of theirs. Any change makes the last test's verdict unknown.
    """
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise InvalidInput(
            _("A provider's %(value)s cannot be changed.") % {"value": unknown[0]},
            hint=_("Change %(changeable)s.") % {"changeable": ", ".join(CHANGEABLE)},
        )
    with transaction.atomic():
        row = Provider.objects.select_for_update().get(pk=provider.pk)
        _require_open(row)
        changed = apply_fields(row, changes)
        moved = bool({"base_url", "kind"} & set(changed))
        changed += _change_key(row, key, moved=moved, variable_given="key_env" in changes)
        if changed:
            row.tested_at = row.test_ok = row.test_latency_ms = None
            row.test_message = ""
            _save(row)
            _tell(actor, Kind.PROVIDER_CHANGED, row, {"fields": sorted(set(changed))})
    return row


def make_default(*, actor: Actor, provider: Provider) -> bool:
    """Let agents and swarms without a provider of their own use this one; False when they do already."""
    _require_open(provider)
    with transaction.atomic():
        if Provider.objects.filter(pk=provider.pk, is_default=True).exists():
            return False
        Provider.objects.filter(is_default=True).update(is_default=False)
        Provider.objects.filter(pk=provider.pk).update(is_default=True)
        provider.is_default = True
        _tell(actor, Kind.PROVIDER_CHANGED, provider, {"fields": ["is_default"]})
    return True


def connection_of(provider: Provider) -> Connection:
    """Return how to ask this provider, key included: the named variable wins over the sealed key."""
    return Connection(
        kind=provider.kind,
        base_url=provider.base_url or (settings.VICTOR_LLM_URL if provider.kind == "embedded" else ""),
        model=provider.model,
        api_key=_read_key(provider),
        price_in_per_mtok=provider.price_in_per_mtok,
        price_out_per_mtok=provider.price_out_per_mtok,
        max_concurrent=provider.max_concurrent,
        name=provider.name,
        provider_id=provider.pk or 0,
        is_limited=provider.is_limited,
    )


def test_provider(*, actor: Actor, provider: Provider) -> "ProbeResult":
    """Ask the provider one small question and keep the verdict; returns the `ProbeResult`. Records `provider.tested`.

    The question is asked outside any transaction and may take the provider's whole time limit.
    """
    result = ask_provider(provider)
    detail = {"ok": result.ok, "latency_ms": result.latency_ms, "category": str(result.error_category or "")}
    with transaction.atomic():
        keep_verdict(provider, result)
        _tell(actor, Kind.PROVIDER_TESTED, provider, detail)
    return result


test_provider.__test__ = False  # type: ignore[attr-defined]  # a use case, whatever its name tells a test runner


def ask_provider(provider: Provider) -> "ProbeResult":
    """Ask one small question and write nothing down; the provider need not be a row yet."""
    from agents.llm.probe import ProbeResult, probe  # loads the HTTP clients: only who tests pays for them

    try:
        connection = connection_of(provider)
    except (KeyUnreadable, InvalidInput) as error:
        return ProbeResult(
            ok=False, message=error.message, latency_ms=None, model=provider.model, error_category=str(error.category)
        )
    return asyncio.run(probe(connection))


def keep_verdict(provider: Provider, result: "ProbeResult") -> None:
    """Write the verdict down, unless the provider was changed while it was being asked."""
    asked = {field: getattr(provider, field) for field in ("kind", "base_url", "model", "key_env", "sealed_key")}
    verdict = {
        "tested_at": clock.now(),
        "test_ok": result.ok,
        "test_message": result.message,
        "test_latency_ms": result.latency_ms,
    }
    if Provider.objects.filter(pk=provider.pk, **asked).update(**verdict):
        for field, value in verdict.items():
            setattr(provider, field, value)


def _read_key(provider: Provider) -> str:
    if provider.key_env and os.environ.get(provider.key_env):
        return os.environ[provider.key_env]
    return open_key(provider.sealed_key, provider.name)


def _change_key(row: Provider, key: str | None, *, moved: bool, variable_given: bool) -> list[str]:
    changed = []
    if key is not None or (moved and row.sealed_key):
        row.sealed_key = seal_key((key or "").strip())
        changed.append("key")
    if moved and not variable_given and row.key_env:
        row.key_env = ""
        changed.append("key_env")
    return changed


def _require_open(provider: Provider) -> None:
    if provider.archived_at is not None:
        raise Conflict(
            _("The provider %(name)s is archived.") % {"name": provider.name}, hint=_("Choose another provider.")
        )


def _save(provider: Provider) -> None:
    try:
        with transaction.atomic():
            provider.save()
    except IntegrityError as error:
        raise Conflict(
            _("There is already a provider named %(name)s.") % {"name": provider.name}, hint=_("Choose another name.")
        ) from error


def _tell(actor: Actor, kind: Kind, provider: Provider, detail: dict[str, Any]) -> None:
    record(Fact(kind, actor, "provider", provider.pk, provider.name, detail=detail))
    topics.bump(["providers", "audit"])
