"""The real embedded model behind its real server."""

import asyncio
import os
import socket
import subprocess
import sys
import time

import psutil
import pytest
from django.conf import settings

from agents.llm import embedded_server
from agents.llm.client import LlmClient
from agents.llm.errors import LlmRejected
from agents.llm.probe import probe
from agents.llm.types import Connection, ToolCall, Turn
from tests.agents.llm.asking import COMPLETE, READ_FILE, ask, make_request

pytestmark = pytest.mark.model


def connect_model(url: str) -> Connection:
    return Connection("embedded", url, "", max_concurrent=4)


def test_it_answers_in_words(embedded_url: str) -> None:
    answer = ask(connect_model(embedded_url), make_request("Say hello.", max_tokens=20, timeout_s=60))

    assert answer.text
    assert 0 < answer.tokens_out <= 20
    assert answer.model == "smollm2-135m"


def test_it_chooses_the_tool_that_the_task_names(embedded_url: str) -> None:
    request = make_request(
        "Read the file report-3.md.", tools=(READ_FILE, COMPLETE), max_tokens=100, timeout_s=60, system="You act."
    )

    answer = ask(connect_model(embedded_url), request)

    assert answer.call is not None
    assert (answer.call.name, answer.call.arguments) == ("read_file", {"path": "report-3.md"})


def test_it_does_not_repeat_a_call_that_was_answered(embedded_url: str) -> None:
    call = ToolCall("read_file", {"path": "report-3.md"}, "call-1")
    turns = (
        Turn("user", "Read the file report-3.md and finish with one sentence about it."),
        Turn("assistant", call=call),
        Turn("tool", "The disk of edge-3 was full, because its logs were not rotated.", call),
    )

    answer = ask(connect_model(embedded_url), make_request(turns=turns, tools=(READ_FILE, COMPLETE), timeout_s=60))

    assert answer.call is not None
    assert answer.call != call


def test_it_copies_a_sentence_when_it_may_only_choose_among_them(embedded_url: str) -> None:
    sentences = ["The disk of edge-3 was full.", "Nobody had rotated the logs.", "The team added a rule."]
    schema = {"type": "object", "properties": {"quote": {"enum": sentences}}, "required": ["quote"]}

    answer = ask(connect_model(embedded_url), make_request(" ".join(sentences), schema=schema, timeout_s=60))

    assert answer.data is not None
    assert answer.data["quote"] in sentences


def test_several_questions_at_once_are_all_answered(embedded_url: str) -> None:
    async def ask_four() -> list[int]:
        async with LlmClient() as client:
            requests = [make_request(f"Count to {n}.", max_tokens=16, timeout_s=100) for n in range(4)]
            answers = await asyncio.gather(*(client.ask(connect_model(embedded_url), request) for request in requests))
        return [answer.tokens_out for answer in answers]

    assert all(count > 0 for count in asyncio.run(ask_four()))


def test_a_text_that_is_too_long_is_refused_at_once(embedded_url: str) -> None:
    with pytest.raises(LlmRejected, match="longer than"):
        ask(connect_model(embedded_url), make_request("word " * 6000, timeout_s=60))


def test_the_live_test_is_green(embedded_url: str) -> None:
    result = asyncio.run(probe(connect_model(embedded_url)))

    assert result.ok, result.message
    assert result.latency_ms


def test_the_server_ends_with_its_parent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, 'manage.py', 'serve_llm', '--port={port}'], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)"
    )
    parent = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=os.environ, capture_output=True, text=True, check=True
    )

    server = int(parent.stdout)

    deadline = time.monotonic() + 15
    while psutil.pid_exists(server) and psutil.Process(server).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the server outlived its parent"
        time.sleep(0.05)


def test_a_parent_that_ends_while_the_model_is_loaded_takes_the_server_along(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = [4711]

    def load(*options: object) -> object:
        parents[0] = 1
        return object()

    monkeypatch.setattr(embedded_server, "start_server", load)
    monkeypatch.setattr(os, "getppid", lambda: parents[0])

    assert embedded_server.main(["--port=1"]) == 0


def test_a_taken_port_is_one_clear_line(embedded_url: str) -> None:
    port = embedded_url.split(":")[2].split("/")[0]

    result = subprocess.run(
        [sys.executable, "manage.py", "serve_llm", f"--port={port}"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )

    assert result.returncode == 1
    assert result.stderr == f"serve_llm: cannot listen on 127.0.0.1 port {port}: Address already in use.\n"


def test_a_long_loop_still_fits(embedded_url: str) -> None:
    turns = [Turn("user", "Read the reports, then finish with one sentence.")]
    for n in range(6):
        call = ToolCall("read_file", {"path": f"{n}.md"}, f"call-{n}")
        turns += [Turn("assistant", call=call), Turn("tool", "The disk of edge-3 was full of logs. " * 80, call)]

    answer = ask(
        connect_model(embedded_url),
        make_request(turns=tuple(turns), tools=(READ_FILE, COMPLETE), max_tokens=2400, timeout_s=280),
    )

    assert answer.call is not None
    assert answer.tokens_in > 500
