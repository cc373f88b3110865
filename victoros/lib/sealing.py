"""Secrets at rest: sealed with keys derived from SECRET_KEY, one for each purpose."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from victoros.lib.sentences import sentence as _


class SealBroken(Exception):
    """What was sealed cannot be opened with the present SECRET_KEY."""


def seal(text: str, purpose: str) -> str:
    """Return the sealed form of `text`, which only `unseal` with the same purpose opens; empty stays empty."""
    return _fernet(purpose).encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str, purpose: str) -> str:
    """Return what was sealed for `purpose`; raises `SealBroken`."""
    if not sealed:
        return ""
    try:
        return _fernet(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealBroken(
            _("sealed with another key, or for another purpose than %(purpose)s") % {"purpose": purpose}
        ) from error


def _fernet(purpose: str) -> Fernet:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"victor.os {purpose} v1".encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))
