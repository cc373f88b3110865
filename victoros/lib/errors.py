"""The root of every error Victor.os raises on purpose, with the twelve categories operators see."""

import secrets
from typing import ClassVar

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Category(TextChoices):
    """What kind of thing went wrong; the same words on pages, in commands and in the API."""

    SYSTEM = "system", _("System")
    AGENT = "agent", _("Agent")
    COMMUNICATION = "communication", _("Communication")
    CONFIGURATION = "configuration", _("Configuration")
    NETWORK = "network", _("Network")
    DATABASE = "database", _("Database")
    VALIDATION = "validation", _("Validation")
    AUTHENTICATION = "authentication", _("Authentication")
    PERMISSION = "permission", _("Permission")
    TIMEOUT = "timeout", _("Timeout")
    RESOURCE = "resource", _("Resource")
    UNKNOWN = "unknown", _("Unknown")


class VictorError(Exception):
    """Something an operator should read: what happened (`message`), what to do (`hint`), and an `id` to quote."""

    category: Category = Category.SYSTEM
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.id = f"e-{secrets.token_hex(4)}"

    def as_dict(self) -> dict[str, str]:
        """Return the four fields every interface shows."""
        return {"category": str(self.category), "message": self.message, "hint": self.hint, "id": self.id}


class InvalidInput(VictorError):
    """What was sent cannot be used as it is; nothing was changed."""

    category = Category.VALIDATION
    http_status = 400
    exit_code = 2


class NotFound(VictorError):
    """There is no such object, or the asker may not know of it."""

    category = Category.VALIDATION
    http_status = 404


class NotAllowed(VictorError):
    """The asker may see the object but not do this to it."""

    category = Category.PERMISSION
    http_status = 403


class Conflict(VictorError):
    """The object is in a state in which this cannot be done."""

    category = Category.VALIDATION
    http_status = 409


class LimitReached(VictorError):
    """There is no room for more of this; see docs/bounds.md."""

    category = Category.RESOURCE
    http_status = 409


class Misconfigured(VictorError):
    """A setting is missing or makes no sense."""

    category = Category.CONFIGURATION
