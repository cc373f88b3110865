"""Turns what pydantic-ai and the SDKs under it raise into an `LlmError`."""

import json

import aiohttp
from pydantic_ai import exceptions

from agents.llm import errors
from agents.llm.types import Connection
from agents.llm.wires.refusals import explain_status
from victoros.lib.sentences import sentence as _

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, AssertionError)
"""What the SDKs raise inside when an answer has another shape than the protocol says."""


def explain_error(connection: Connection, error: Exception) -> errors.LlmError:
    """Return the error that tells the operator what this one means."""
    match error:
        case exceptions.ModelHTTPError():
            return _explain_http(connection, error)
        case exceptions.ModelConnectionError():
            return _explain_connection(connection, error)
        case exceptions.UserError():
            return errors.LlmMisconfigured(error.message)
        case _:
            return errors.LlmBadAnswer(_("The provider's answer cannot be read."), answer=str(error))


def _explain_http(connection: Connection, error: exceptions.ModelHTTPError) -> errors.LlmError:
    body = error.body if isinstance(error.body, str) else json.dumps(error.body, default=str)
    if isinstance(error, exceptions.ModelQuotaExceededError):
        return explain_status(connection, 402, error.headers or {}, body)
    return explain_status(connection, error.status_code, error.headers or {}, body)


def _explain_connection(connection: Connection, error: exceptions.ModelConnectionError) -> errors.LlmError:
    """Through the SDKs' aiohttp client a broken connection comes as a time-out: the causes tell them apart."""
    who, broken = connection.name or connection.kind, _find_broken(error)
    if isinstance(error, exceptions.ModelTimeoutError) and not broken:
        return errors.LlmTimeout(_("%(who)s did not answer in time.") % {"who": who})
    return errors.LlmUnreachable(
        _("The connection to %(who)s failed: %(error)s.") % {"who": who, "error": broken or error},
        hint=_("Is the server running, and the base URL right?"),
    )


def _find_broken(error: BaseException) -> str:
    """Return what the network said among the error's causes; empty if it was a time-out, or nothing is known."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, aiohttp.ClientConnectionError) and not isinstance(cause, aiohttp.ServerTimeoutError):
            return str(cause) or type(cause).__name__
        cause = cause.__cause__
    return ""
