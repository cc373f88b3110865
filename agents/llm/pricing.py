"""What a call costs: the provider row's prices first, then the public price list, else nothing is known."""

import sys
from decimal import Decimal

from agents.llm.types import Connection

_MILLION = Decimal(1_000_000)
_FREE_KINDS = frozenset({"embedded", "scripted"})
_LISTED_KINDS = frozenset({"openai", "anthropic"})
_PUBLIC_ADDRESSES = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
}


def find_cost(connection: Connection, model: str, tokens_in: int, tokens_out: int) -> tuple[Decimal, bool]:
    """Return the cost in US dollars and whether it is known; an unknown cost is 0.

    A model is looked up in the list only under the address it was asked at: a local server that names its model like
    a paid one is not priced like it.
    """
    prices = connection.price_in_per_mtok, connection.price_out_per_mtok
    if prices != (None, None):
        price_in, price_out = (price or Decimal(0) for price in prices)
        return (price_in * tokens_in + price_out * tokens_out) / _MILLION, True
    if connection.kind in _FREE_KINDS:
        return Decimal(0), True
    if connection.kind in _LISTED_KINDS:
        return _look_up(connection, model, tokens_in, tokens_out)
    return Decimal(0), False


def needs_list(connection: Connection) -> bool:
    """Tell whether the price list must be read, which takes a quarter of a second; once it is read, no longer."""
    has_own = (connection.price_in_per_mtok, connection.price_out_per_mtok) != (None, None)
    return connection.kind in _LISTED_KINDS and not has_own and "genai_prices" not in sys.modules


def read_list() -> None:
    """Load the price list: 9 MB that only processes pay which meet a listed provider. For a thread beside the event loop."""
    import genai_prices  # noqa: F401


def _look_up(connection: Connection, model: str, tokens_in: int, tokens_out: int) -> tuple[Decimal, bool]:
    from genai_prices import Usage, calc_price

    address = connection.base_url or _PUBLIC_ADDRESSES[connection.kind]
    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out)
    for name in dict.fromkeys((model, connection.model)):
        try:
            return calc_price(usage, name, provider_api_url=address).total_price, True
        except LookupError:
            continue
    return Decimal(0), False
