"""A bench runs in a scratch of its own and prints one document."""

import json
import subprocess
import sys

import pytest

from tests.running import ROOT


@pytest.mark.timeout(240)
def test_a_bench_prints_its_figure_beside_its_floor() -> None:
    command = [sys.executable, "manage.py", "bench", "steps", "--runs", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert (document["bench"], document["database"], document["unit"]) == ("steps", "sqlite", "steps/s")
    assert document["figure"] > 0
    assert document["ratio"] == pytest.approx(document["figure"] / document["floor"], rel=0.1)
    growth = document["ms_a_step_with_n_tasks"]
    assert list(growth) == ["10", "100", "1000", "10000"]
    assert all(figure > 0 for figure in growth.values())
    assert isinstance(document["exponent"], float)


@pytest.mark.timeout(240)
def test_the_bench_of_pages_measures_each_with_little_and_with_much_in_it() -> None:
    options = ["--runs", "1", "--samples", "2", "--scale", "0.1%", "--json"]
    command = [sys.executable, "manage.py", "bench", "board", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    pages = {page["page"]: page for page in document["pages"]}
    assert document["small"]["tasks"] < document["large"]["tasks"] == 100
    assert {"board", "needs me", "tasks", "tasks by a rare word", "a swarm", "an agent", "a task"} <= pages.keys()
    assert all(page["p99_ms"] >= page["p50_ms"] > 0 and page["queries"] > 0 for page in pages.values())
    assert pages["board"]["kb"] > pages["board"]["kb_compressed"] > 1
    assert pages["board"]["tags"] >= pages["board"]["small_tags"] > 400
    assert document["figure"] > document["floor"] > 0


def test_memory_is_told_for_each_process() -> None:
    command = [sys.executable, "manage.py", "bench", "memory", "--minutes", "0.5", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert {"supervisor", "worker", "scheduler", "cell"} <= document["mb_per_hour"].keys()
    assert document["figure"] == max(document["mb_per_hour"].values())
    assert all(megabytes > 20 for megabytes in document["mb_at_the_end"].values())
    assert document["kept_mb_per_hour"] == document["kept_error_mb_per_hour"] == {}, "three minutes make a line"
    assert document["steps"] > 100


def test_an_unknown_bench_is_a_usage_error() -> None:
    command = [sys.executable, "manage.py", "bench", "everything", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["category"] == "validation"


@pytest.mark.parametrize(
    "nonsense", [("--runs", "0"), ("--samples", "-3"), ("--pages", "many"), ("--minutes", "nan"), ("--minutes", "0")]
)
def test_nonsense_is_refused_before_anything_is_measured(nonsense: tuple[str, str]) -> None:
    command = [sys.executable, "manage.py", "bench", "memory", *nonsense, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["category"] == "validation"
    assert nonsense[0] in error["message"]
    assert repr(nonsense[1]) in error["message"]


def test_hosts_are_not_measured_without_a_server() -> None:
    command = [sys.executable, "manage.py", "bench", "hosts", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Several hosts need PostgreSQL" in json.loads(done.stdout)["error"]["message"]
