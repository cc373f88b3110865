"""Everything that can go wrong between a question and its answer, in the words operators know.

LlmError
├── LlmTimeout         timeout         no full answer in time
├── LlmUnreachable     network         no connection, or it broke midway
├── LlmLimited         resource        the provider wants us to wait, or its quota is used up
├── LlmServerFailed    system          the provider failed (5xx)
├── LlmBadAnswer       validation      garbage, refusal, cut off, unknown tool, arguments or data against the schema
├── LlmRejected        validation      the provider refuses this very request; sending it again is useless
├── LlmUnauthenticated authentication  the key is missing or wrong
├── LlmForbidden       permission      the key is good but may not do this
└── LlmMisconfigured   configuration   no such model or address, or settings that make no sense
"""

from decimal import Decimal

from victoros.lib.errors import Category, VictorError
from victoros.lib.sentences import sentence as _

EXCERPT_LENGTH = 300


class LlmError(VictorError):
    """A language model could not be asked, or its answer cannot be used."""

    retryable = False
    """Whether the same request may succeed later."""

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s
        """Seconds the provider asked to wait; None if it said nothing."""


class LlmTimeout(LlmError):
    """No full answer came in time."""

    category = Category.TIMEOUT
    retryable = True


class LlmUnreachable(LlmError):
    """The provider could not be reached, or the connection broke before the answer was complete."""

    category = Category.NETWORK
    retryable = True


class LlmLimited(LlmError):
    """The provider takes no more requests for now."""

    category = Category.RESOURCE
    retryable = True


class LlmQuotaUsedUp(LlmLimited):
    """The account at the provider has no credit or quota left; waiting does not help."""

    retryable = False


class LlmServerFailed(LlmError):
    """The provider answered that it failed."""

    category = Category.SYSTEM
    retryable = True


class LlmBadAnswer(LlmError):
    """An answer came and cannot be used; another try may bring a better one."""

    category = Category.VALIDATION
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        answer: str = "",
        hint: str = "",
        tokens_in: int = 0,
        tokens_out: int = 0,
    ) -> None:
        said = excerpt(answer)
        super().__init__(add_words(message, said), hint=hint)
        self.excerpt = said
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out
        self.cost = Decimal(0)
        """US dollars that the useless answer cost all the same."""
        self.cost_known = False


class LlmRejected(LlmError):
    """The provider refuses this very request."""

    category = Category.VALIDATION


class LlmUnauthenticated(LlmError):
    """The provider does not accept the key."""

    category = Category.AUTHENTICATION


class LlmForbidden(LlmError):
    """The provider knows the key and does not allow this."""

    category = Category.PERMISSION


class LlmMisconfigured(LlmError):
    """The connection's settings cannot work."""

    category = Category.CONFIGURATION


def add_words(message: str, said: str) -> str:
    """Return the message, and behind it what the other side said."""
    return _("%(message)s It said: %(said)s") % {"message": message, "said": said} if said else message


def excerpt(text: str) -> str:
    """Return the text on one line, cut to 300 characters."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT_LENGTH else line[: EXCERPT_LENGTH - 1] + "…"
