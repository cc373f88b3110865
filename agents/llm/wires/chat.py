"""The OpenAI chat protocol over bare aiohttp: a fifth of the CPU of the SDK, and bodies of bounded size."""

import json
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from agents.llm import errors
from agents.llm.types import Connection, JsonObject, LlmRequest
from agents.llm.wires.chat_protocol import read_body, write_body
from agents.llm.wires.refusals import explain_status
from agents.llm.wires.reply import Reply
from victoros.lib.sentences import sentence as _

LONGEST_BODY = 8 * 1024 * 1024
"""Bytes. An answer above this is not an answer."""
_CUSTOMARY_ADDRESSES = {"ollama": "http://127.0.0.1:11434"}


class ChatWire:
    """Speaks to OpenAI-compatible servers: Ollama, llama.cpp, vLLM and the like. Time limits are the caller's."""

    def __init__(self) -> None:
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def send(
        self,
        connection: Connection,
        request: LlmRequest,
        extra: JsonObject | None = None,
    ) -> Reply:
        """Send one request; `extra` is merged into its body."""
        body = write_body(connection, request) | (extra or {})
        status, headers, text = await self._post(connection, json.dumps(body, ensure_ascii=False).encode())
        if status != 200:
            raise explain_status(connection, status, headers, text)
        return read_body(text)

    async def close(self) -> None:
        """Close every session; the wire opens new ones if it is used again."""
        while self._sessions:
            await self._sessions.popitem()[1].close()

    async def _post(self, connection: Connection, body: bytes) -> tuple[int, Any, str]:
        url = f"{find_root(connection)}/chat/completions"
        headers = {"Content-Type": "application/json"}
        if connection.api_key:
            headers["Authorization"] = f"Bearer {connection.api_key}"
        try:
            post = self._find_session(url).post(url, data=body, headers=headers, allow_redirects=False)
            async with post as response:
                return response.status, response.headers, await _read_text(response)
        except aiohttp.InvalidURL as error:
            raise errors.LlmMisconfigured(
                _("%(url)s is not a URL.") % {"url": repr(url)}, hint=_("Check the provider's base URL.")
            ) from error
        except (
            aiohttp.ClientConnectorCertificateError,
            aiohttp.ClientConnectorSSLError,
        ) as error:
            raise errors.LlmMisconfigured(
                _("No trusted encrypted connection to %(url)s: %(error)s") % {"url": url, "error": error}
            ) from error
        except aiohttp.ClientConnectorError as error:
            raise errors.LlmUnreachable(
                _("No connection to %(url)s: %(error)s.") % {"url": url, "error": error.os_error},
                hint=_("Is the server running, and the base URL right?"),
            ) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            broken = str(error) or type(error).__name__
            raise errors.LlmUnreachable(
                _("The connection to %(url)s broke before the answer was complete: %(error)s.")
                % {"url": url, "error": broken}
            ) from error

    def _find_session(self, url: str) -> aiohttp.ClientSession:
        """Return the session for this URL: proxies of the environment are used, but never for this machine itself."""
        uses_proxy = not _is_loopback(urlsplit(url).hostname or "")
        if uses_proxy not in self._sessions:
            self._sessions[uses_proxy] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=uses_proxy,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._sessions[uses_proxy]


def find_root(connection: Connection) -> str:
    """Return the URL that `/chat/completions` is put behind. A bare host gets the customary `/v1`."""
    root = connection.base_url.rstrip("/") or _CUSTOMARY_ADDRESSES.get(connection.kind, "")
    if not root.startswith(("http://", "https://")):
        raise errors.LlmMisconfigured(
            _("The base URL %(url)s of %(who)s is not an http address.")
            % {"url": repr(root), "who": connection.name or connection.kind},
            hint=_("Set it like http://127.0.0.1:11434 or https://host/v1."),
        )
    return root if urlsplit(root).path else f"{root}/v1"


async def _read_text(response: aiohttp.ClientResponse) -> str:
    if (response.content_length or 0) > LONGEST_BODY:
        raise errors.LlmBadAnswer(_("The provider's answer is longer than %(bytes)s bytes.") % {"bytes": LONGEST_BODY})
    received = bytearray()
    async for chunk in response.content.iter_any():
        received += chunk
        if len(received) > LONGEST_BODY:
            raise errors.LlmBadAnswer(
                _("The provider's answer is longer than %(bytes)s bytes.") % {"bytes": LONGEST_BODY}
            )
    return received.decode("utf-8", "replace")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
