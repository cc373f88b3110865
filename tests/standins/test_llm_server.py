"""The stand-in itself: what tests and benches rely on."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.standins.llm_server import LlmStandIn

QUESTION = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def fetch(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def test_it_keeps_every_request() -> None:
    with LlmStandIn() as server:
        fetch(f"{server.openai_url}/chat/completions", QUESTION)

        assert (server.count, server.requests[0].body) == (1, QUESTION)


def test_a_fault_in_the_models_name_concerns_that_model_only() -> None:
    with LlmStandIn() as server:
        with pytest.raises(urllib.error.HTTPError) as caught:
            fetch(f"{server.openai_url}/chat/completions", QUESTION | {"model": "m?fault=503"})
        caught.value.close()

        assert fetch(f"{server.openai_url}/chat/completions", QUESTION)["choices"]


def test_faults_by_chance_are_the_same_for_the_same_seed() -> None:
    def draw() -> list[str]:
        with LlmStandIn(rates={"empty": 0.3, "truncated": 0.3}, seed=7) as server:
            for _ in range(20):
                fetch(f"{server.openai_url}/chat/completions", QUESTION)
            return [request.fault for request in server.requests]

    first = draw()
    assert first == draw()
    assert set(first) == {"", "empty", "truncated"}


def test_an_unknown_fault_is_refused() -> None:
    with LlmStandIn() as server, pytest.raises(ValueError, match="no such faults"):
        server.plan("explode")


def test_ollama_lists_its_models() -> None:
    with LlmStandIn() as server:
        assert fetch(f"{server.url}/api/tags")["models"][0]["name"] == "stand-in"


def test_it_runs_alone_is_steered_over_http_and_writes_what_it_saw(tmp_path: Path) -> None:
    record = tmp_path / "seen.jsonl"
    command = [sys.executable, "-m", "tests.standins.llm_server", "--port=0", f"--record={record}"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().split()[1]
        fetch(f"{url}/control", {"plan": ["empty"], "latency_ms": 1})
        fetch(f"{url}/v1/chat/completions", QUESTION)
        report = fetch(f"{url}/control?since=0")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

    assert (report["count"], report["requests"][0]["fault"]) == (1, "empty")
    assert json.loads(record.read_text())["body"] == QUESTION
