"""Providers as their page needs them."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.models import Agent, Provider
from agents.selectors.choices import Choice
from victoros.lib.errors import NotFound
from victoros.lib.figures import say_count
from victoros.lib.paging import Order, read_page

PAGE = 24
"""Providers of a page: each is a card of its own."""
BY_NAME = Order("name", descending=False, kind=str)
VERDICTS = {"ok": True, "failed": False, "unknown": None}
"""What the last test may have found, as it stands in the address and in the row."""


@dataclass(frozen=True)
class ProviderLine:
    """One provider with who uses it."""

    provider: Provider
    own: int = 0
    """Agents in service that name it themselves."""
    by_swarm: int = 0
    """Agents in service that name none, in swarms that name it."""
    by_default: int = 0
    """Agents in service for which neither they nor their swarm name one; of the default provider alone."""

    @property
    def agents(self) -> int:
        """All agents in service that ask it."""
        return self.own + self.by_swarm + self.by_default

    @property
    def uses(self) -> list[str]:
        """Say how many chose it in which way; ways that nobody went are left out."""
        ways = (
            (self.own, ngettext("%(n)s by name", "%(n)s by name", self.own)),
            (self.by_swarm, ngettext("%(n)s by its swarm", "%(n)s by their swarm", self.by_swarm)),
            (self.by_default, ngettext("%(n)s that names none", "%(n)s that name none", self.by_default)),
        )
        return [text % {"n": say_count(number)} for number, text in ways if number]

    @property
    def status(self) -> str:
        """The verdict of its last test: ok, failed or unknown."""
        return next(word for word, verdict in VERDICTS.items() if verdict is self.provider.test_ok)

    @property
    def key_source(self) -> str:
        """Where its key comes from, in words."""
        provider = self.provider
        if provider.key_env:
            return _("from %(key_env)s") % {"key_env": provider.key_env}
        if provider.sealed_key:
            return _("sealed")
        return _("none needed") if provider.kind in ("embedded", "scripted") else _("none")

    @property
    def price(self) -> str:
        """What it costs, in words; empty when the public price list says it."""
        sides = ((_("in"), self.provider.price_in_per_mtok), (_("out"), self.provider.price_out_per_mtok))
        return ", ".join(f"{_say_price(amount)} {side}" for side, amount in sides if amount is not None)

    @property
    def limits(self) -> str:
        """What holds over all cells together, in words; empty when nothing does."""
        provider = self.provider
        sides = (
            (provider.total_concurrent, _("calls at once")),
            (provider.requests_per_min, _("requests a minute")),
            (provider.tokens_per_min, _("tokens a minute")),
        )
        return ", ".join(f"{number:,} {what}" for number, what in sides if number)


def _say_price(dollars: Decimal) -> str:
    """Say a price as price lists do: whole dollars, or cents and as much more as there is."""
    whole, _point, rest = f"{dollars.normalize():f}".partition(".")
    return f"${whole}.{rest:0<2}" if rest else f"${whole}"


@dataclass(frozen=True)
class ProviderPage:
    """One page of the list."""

    rows: list[ProviderLine]
    total: int
    next: str
    previous: str = ""

    @property
    def is_part(self) -> bool:
        """Tell whether there are providers on other pages."""
        return bool(self.next or self.previous)


def list_providers(choice: Choice) -> ProviderPage:
    """Return a page of the providers by name, before the first of them the default. Four queries."""
    rows = Provider.objects.filter(archived_at=None)
    if choice.state:
        rows = rows.filter(test_ok=VERDICTS[choice.state])
    if choice.search:
        rows = rows.filter(Q(name__icontains=choice.search) | Q(model__icontains=choice.search))
    page = read_page(rows.filter(is_default=False), BY_NAME, after=choice.after, before=choice.before, size=PAGE)
    first = [] if page.before else list(rows.filter(is_default=True))
    return ProviderPage(_as_lines([*first, *page.rows]), rows.count(), page.after, page.before)


def _as_lines(providers: list[Provider]) -> list[ProviderLine]:
    """Count who asks these: an agent's own choice goes before its swarm's, and that before the default. One query."""
    serving = Agent.objects.filter(retired_at=None, swarm__archived_at=None).order_by()
    counted: dict[tuple[int | None, int | None], int] = {
        (own, shared): n for own, shared, n in serving.values_list("provider", "swarm__provider").annotate(Count("pk"))
    }
    return [
        ProviderLine(
            provider,
            own=sum(n for (own, _shared), n in counted.items() if own == provider.pk),
            by_swarm=sum(n for (own, shared), n in counted.items() if own is None and shared == provider.pk),
            by_default=counted.get((None, None), 0) if provider.is_default else 0,
        )
        for provider in providers
    ]


def find_provider_row(pk: int) -> Provider:
    """Return a provider; everybody signed in may look at them."""
    provider = Provider.objects.filter(pk=pk, archived_at=None).first()
    if provider is None:
        raise NotFound(_("There is no provider %(pk)s.") % {"pk": pk}, hint=_("Look at the list of providers."))
    return provider
