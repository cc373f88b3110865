"""The `victor` file as a newcomer meets it, run as a program of its own."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from victoros.ops.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


def run_victor(*arguments: str, python: str = sys.executable, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the launcher with a bare environment."""
    command = [python, str(ROOT / "victor"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", **environment})


def test_help_lists_every_command_with_one_line() -> None:
    done = run_victor("--help")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert all(any(line.startswith(f"  {c.name:<14}{c.summary}") for line in lines) for c in COMMANDS.values())


def test_help_comes_at_once() -> None:
    """In processor time: what else the machine does is not the launcher's."""

    def measure() -> float:
        begin = _spent_by_children()
        run_victor("--help")
        return _spent_by_children() - begin

    assert min(measure() for _ in range(5)) < 0.3


def _spent_by_children() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system


def test_no_arguments_shows_the_help() -> None:
    assert run_victor().stdout == run_victor("--help").stdout


def test_an_unknown_command_is_wrong_usage_and_gets_a_suggestion() -> None:
    done = run_victor("statsu")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no command 'statsu'. Did you mean: ./victor status\n"


def test_a_word_like_no_command_is_sent_to_the_help() -> None:
    assert "--help lists the commands" in run_victor("xyzzy").stderr


def test_the_launcher_uses_no_syntax_that_an_old_python_cannot_read() -> None:
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef, ast.Nonlocal, ast.Match)
    nodes = list(ast.walk(ast.parse((ROOT / "victor").read_text())))
    assert not [node for node in nodes if isinstance(node, newer)]
    assert not [n for n in nodes if isinstance(n, ast.FunctionDef) and (n.args.kwonlyargs or n.returns)]


def run_as_old_python(path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the launcher in a Python that says it is 3.8."""
    victor = str(ROOT / "victor")
    program = (
        f"import sys; sys.version_info = (3, 8, 1); sys.argv = ['victor', *{arguments!r}]\n"
        f"exec(compile(open({victor!r}).read(), {victor!r}, 'exec'), {{'__name__': '__main__', '__file__': {victor!r}}})"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={"PATH": path})


def test_an_old_python_without_a_newer_one_says_in_one_line_what_to_install(tmp_path: Path) -> None:
    done = run_as_old_python(str(tmp_path), "up")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer; this is 3.8" in done.stderr


def test_an_old_python_skips_shims_and_starts_again_under_a_newer_one(tmp_path: Path) -> None:
    shim, real = tmp_path / "a", tmp_path / "b"
    for folder in (shim, real):
        folder.mkdir()
    (shim / "python3.11").write_text("#!/bin/sh\nexit 127\n")
    (shim / "python3.11").chmod(0o755)
    (real / "python3.11").symlink_to(sys.executable)
    done = run_as_old_python(f"{shim}:{real}:/usr/bin:/bin", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: ./victor COMMAND" in done.stdout


def run_unread(home: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the launcher for a reader who has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, str(ROOT / "victor"), *command],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "VICTOR_HOME": str(home), **environment},
    )
    os.close(writer)
    return done


@pytest.mark.parametrize("command", [["status"], ["status", "--json"], ["swarm", "list", "--json"]])
def test_who_reads_no_further_gets_no_trace(command: list[str], tmp_path: Path) -> None:
    done = run_unread(tmp_path, *command)
    assert "Traceback" not in done.stderr
    assert "Broken pipe" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("command", [[], ["--help"], ["lock", "--help"], ["status", "--help"], ["swarm", "--help"]])
def test_help_that_nobody_reads_ends_without_a_word(command: list[str], tmp_path: Path) -> None:
    done = run_unread(tmp_path, *command)
    assert (done.returncode, done.stderr) == (1, "")


def test_help_that_nobody_reads_ends_without_a_word_where_nothing_is_buffered(tmp_path: Path) -> None:
    done = run_unread(tmp_path, "--help", PYTHONUNBUFFERED="1")
    assert (done.returncode, done.stderr) == (1, "")


def test_help_without_any_standard_output_is_no_error() -> None:
    victor = str(ROOT / "victor")
    done = subprocess.run(["sh", "-c", f"{sys.executable} {victor} --help >&-"], stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")
