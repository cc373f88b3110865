"""Provider keys at rest: sealed with a key derived from SECRET_KEY, opened only to ask the provider."""

from victoros.lib.errors import Category, VictorError
from victoros.lib.sealing import SealBroken, seal, unseal
from victoros.lib.sentences import sentence as _

PURPOSE = "provider keys"


class KeyUnreadable(VictorError):
    """A sealed key cannot be opened with the present SECRET_KEY."""

    category = Category.CONFIGURATION
    http_status = 409


def seal_key(key: str) -> str:
    """Return the sealed form of a provider's key; empty stays empty."""
    return seal(key, PURPOSE)


def open_key(sealed: str, owner: str) -> str:
    """Return the key; `owner` names the provider in the error when it cannot be opened."""
    try:
        return unseal(sealed, PURPOSE)
    except SealBroken as error:
        raise KeyUnreadable(
            _(
                "The key of the provider %(owner)s cannot be opened: VICTOR_SECRET_KEY is not "
                "the one it was sealed with."
            )
            % {"owner": owner},
            hint=_("Restore the old VICTOR_SECRET_KEY, or enter the provider's key again."),
        ) from error
