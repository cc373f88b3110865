"""Provider keys at rest: sealed with a key derived from SECRET_KEY, opened only to ask the provider."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from victoros.lib.errors import Category, VictorError


class KeyUnreadable(VictorError):
    """A sealed key cannot be opened with the present SECRET_KEY."""

    category = Category.CONFIGURATION
    http_status = 409


def seal_key(key: str) -> str:
    """Return the sealed form of a provider's key; empty stays empty."""
    return _fernet().encrypt(key.encode()).decode() if key else ""


def open_key(sealed: str, owner: str) -> str:
    """Return the key; `owner` names the provider in the error when it cannot be opened."""
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise KeyUnreadable(
            f"The key of the provider {owner} cannot be opened: VICTOR_SECRET_KEY is not the one it was sealed with.",
            hint="Restore the old VICTOR_SECRET_KEY, or enter the provider's key again.",
        ) from error


def _fernet() -> Fernet:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"victor.os provider keys v1")
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))
