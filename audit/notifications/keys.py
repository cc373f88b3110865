"""The key pair that push services know this installation by (VAPID, RFC 8292), and the header it signs."""

import base64
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02, VapidException

from victoros.lib.errors import Misconfigured
from victoros.lib.sentences import sentence as _

SIGNED_S = 12 * 3600
"""How long a signature holds; push services refuse more than 24 hours."""
NOBODY = "mailto:operator@example.com"
"""Push services want a contact in form; without one of ours this names nobody."""
ADVICE = "Put back the former VICTOR_VAPID_KEY or HOME/vapid_key; with a new key every device must subscribe again."


class KeyUnusable(Misconfigured):
    """The VAPID key cannot be read."""


def public_key() -> str:
    """Return the public key as browsers take it: the point, in base64url."""
    point = _load().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return encode(point)


def sign(endpoint: str) -> str:
    """Return the `Authorization` header for a push to `endpoint`."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + SIGNED_S,
        "sub": settings.VICTOR_VAPID_CONTACT or _first_origin() or NOBODY,
    }
    return str(_load().sign(claims)["Authorization"])


def is_set() -> bool:
    """Tell whether a setting holds the key."""
    return bool(settings.VICTOR_VAPID_KEY)


def key_file() -> Path:
    """Return where the key is kept unless a setting holds it."""
    return Path(settings.VICTOR_HOME) / "vapid_key"


def _load() -> Vapid02:
    text = settings.VICTOR_VAPID_KEY or _read_or_make()
    try:
        if len(base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))) != 32:
            raise ValueError("not 32 bytes")
        key: Vapid02 = Vapid02.from_raw(text.strip().encode())
    except (ValueError, TypeError, VapidException) as error:
        raise KeyUnusable(_("The VAPID key cannot be read: it must be 32 bytes in base64url."), hint=ADVICE) from error
    return key


def _read_or_make() -> str:
    """Return the key in the home, making one (mode 0600) on the first call. Safe if two start at once."""
    path = key_file()
    try:
        return path.read_text()
    except FileNotFoundError:
        return _make(path)
    except OSError as error:
        raise KeyUnusable(
            _("The VAPID key cannot be read: %(strerror)s: %(path)s.") % {"strerror": error.strerror, "path": path},
            hint=ADVICE,
        ) from error


def _make(path: Path) -> str:
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(encode(number.to_bytes(32, "big")))
    try:
        os.link(fresh, path)  # whole or not at all, and only the first of two
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text()


def _first_origin() -> str:
    """Return the first https origin of the site, without its port, which the form of a contact has no place for."""
    names = [urlsplit(origin) for origin in settings.CSRF_TRUSTED_ORIGINS]
    return next((f"https://{name.hostname}" for name in names if name.scheme == "https" and name.hostname), "")


def encode(raw: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
