"""Providers as their page needs them."""

from dataclasses import dataclass

from django.db.models import Count, Q

from agents.models import Provider
from victoros.lib.errors import NotFound


@dataclass(frozen=True)
class ProviderLine:
    """One provider with who uses it."""

    provider: Provider
    agents: int
    """Agents in service that name it themselves."""

    @property
    def status(self) -> str:
        """The verdict of its last test: ok, failed or unknown."""
        return {True: "ok", False: "failed", None: "unknown"}[self.provider.test_ok]

    @property
    def key_source(self) -> str:
        """Where its key comes from, in words."""
        provider = self.provider
        if provider.key_env:
            return f"from {provider.key_env}"
        if provider.sealed_key:
            return "sealed"
        return "none needed" if provider.kind in ("embedded", "scripted") else "none"

    @property
    def price(self) -> str:
        """What it costs, in words; empty when the public price list says it."""
        sides = (("in", self.provider.price_in_per_mtok), ("out", self.provider.price_out_per_mtok))
        return ", ".join(f"${amount.normalize():f} {side}" for side, amount in sides if amount is not None)


def list_providers() -> list[ProviderLine]:
    """Return all providers, the default first. They are few: no pages."""
    serving = Count("agents", filter=Q(agents__retired_at=None))
    rows = Provider.objects.filter(archived_at=None).annotate(agent_count=serving)
    return [ProviderLine(row, row.agent_count) for row in rows.order_by("-is_default", "name")]


def find_provider_row(pk: int) -> Provider:
    """Return a provider; everybody signed in may look at them."""
    provider = Provider.objects.filter(pk=pk, archived_at=None).first()
    if provider is None:
        raise NotFound(f"There is no provider {pk}.", hint="Look at the list of providers.")
    return provider
