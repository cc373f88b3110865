"""A bench runs in a scratch of its own and prints one document."""

import json
import subprocess
import sys

import pytest

from tests.running import ROOT


@pytest.mark.timeout(90)
def test_a_bench_prints_its_figure_beside_its_floor() -> None:
    command = [sys.executable, "manage.py", "bench", "steps", "--runs", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert (document["bench"], document["database"], document["unit"]) == ("steps", "sqlite", "steps/s")
    assert document["figure"] > 0
    assert document["ratio"] == pytest.approx(document["figure"] / document["floor"], rel=0.1)


def test_an_unknown_bench_is_a_usage_error() -> None:
    command = [sys.executable, "manage.py", "bench", "everything", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["category"] == "validation"
