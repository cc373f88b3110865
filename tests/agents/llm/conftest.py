"""A stand-in provider for each test, and one real embedded server for all tests marked `model`."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.standins.llm_server import LlmStandIn


@pytest.fixture(scope="session")
def llm_server_of_all() -> Iterator[LlmStandIn]:
    with LlmStandIn() as server:
        yield server


@pytest.fixture
def llm_server(llm_server_of_all: LlmStandIn) -> LlmStandIn:
    """A sound stand-in without memory."""
    llm_server_of_all.forget()
    return llm_server_of_all


@pytest.fixture(scope="session")
def embedded_url() -> Iterator[str]:
    """The address of the real embedded model."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve_llm", f"--port={port}"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line.startswith("ready "), line
    yield line.split()[1]
    server.kill()
    server.wait()
    server.stdout.close()
