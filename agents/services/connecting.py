"""Connecting a language model in one go: ask it first, keep it only when it answers."""

from typing import TYPE_CHECKING

from django.db import transaction

from agents.models import Provider
from agents.services.keys import seal_key
from agents.services.provider_fields import apply_fields
from agents.services.providers import add_provider, ask_provider, change_provider, keep_verdict, make_default
from audit.actors import Actor
from audit.events import Fact, Kind, record

if TYPE_CHECKING:
    from agents.llm.probe import ProbeResult


def connect_provider(
    *, actor: Actor, name: str, kind: str, model: str, base_url: str = "", key: str = ""
) -> "ProbeResult":
    """Ask a language model one question; when it answers, add it, or give the one we have the new key, and make it the default.

    Nothing is kept of one that does not answer. The question is asked outside any transaction. Records what
    `add_provider`, `change_provider` and `make_default` record, and `provider.tested`.
    """
    wanted = {"kind": kind, "model": model, "base_url": base_url}
    draft = Provider()
    apply_fields(draft, {"name": name, **wanted})
    draft.sealed_key = seal_key(key.strip())
    result = ask_provider(draft)
    if result.ok:
        with transaction.atomic():
            _keep(actor, draft, key, result)
    return result


def _keep(actor: Actor, draft: Provider, key: str, result: "ProbeResult") -> None:
    known = Provider.objects.select_for_update().filter(
        kind=draft.kind, model=draft.model, base_url=draft.base_url, archived_at=None
    )
    provider = known.first()
    if provider is None:
        name = _free_name(draft.name)
        provider = add_provider(
            actor=actor, name=name, kind=draft.kind, base_url=draft.base_url, model=draft.model, key=key
        )
    elif key:
        provider = change_provider(actor=actor, provider=provider, key=key)
    keep_verdict(provider, result)
    detail = {"ok": True, "latency_ms": result.latency_ms, "category": ""}
    record(Fact(Kind.PROVIDER_TESTED, actor, "provider", provider.pk, provider.name, detail=detail))
    make_default(actor=actor, provider=provider)


def _free_name(name: str) -> str:
    """Return the name, or with a number the first that nobody has."""
    taken = set(Provider.objects.filter(name__startswith=name).values_list("name", flat=True))
    return next(each for each in (name, *(f"{name} {n}" for n in range(2, len(taken) + 3))) if each not in taken)
