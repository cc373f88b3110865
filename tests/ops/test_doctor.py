"""The doctor: finds what is wrong, says what to do, and never breaks over a broken part."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.running import ROOT

NAMES = [
    "python",
    "packages",
    "disk",
    "permissions",
    "settings",
    "database",
    "migrations",
    "counts",
    "search",
    "clock",
    "keys",
    "folders",
    "push",
    "redis",
    "workers",
    "model",
]


def ask_doctor(home: Path, **environment: str) -> tuple[int, dict[str, Any]]:
    """Run `doctor --json` on a home where nothing runs."""
    command = [sys.executable, "-m", "victoros.ops", "doctor", "--json", "--home", str(home)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", **environment}
    )
    return done.returncode, json.loads(done.stdout)


def find(document: dict[str, Any], name: str) -> dict[str, str]:
    """Return one finding."""
    finding: dict[str, str] = next(check for check in document["checks"] if check["id"] == name)
    return finding


def test_every_part_is_checked_and_each_finding_that_is_not_ok_has_advice(tmp_path: Path) -> None:
    code, document = ask_doctor(tmp_path / "home")
    assert (code, document["id"], document["status"]) == (0, "doctor", "warn")
    assert [check["id"] for check in document["checks"]] == NAMES
    assert all(check["advice"] for check in document["checks"] if check["status"] != "ok")


def test_what_is_not_running_is_said_with_the_command_that_starts_it(tmp_path: Path) -> None:
    _, document = ask_doctor(tmp_path / "home")
    assert find(document, "redis")["advice"] == "Start it with ./victor up."
    assert find(document, "migrations")["status"] == "warn"


def test_a_home_that_others_can_read_is_found(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    _, document = ask_doctor(tmp_path / "home")
    finding = find(document, "permissions")
    assert (finding["status"], finding["advice"]) == ("warn", f"chmod go-rwx {tmp_path / 'home'}")


def test_a_private_home_is_fine(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o700)
    _, document = ask_doctor(tmp_path / "home")
    assert find(document, "permissions")["status"] == "ok"


def test_broken_settings_fail_and_the_checks_that_need_them_are_left_out(tmp_path: Path) -> None:
    code, document = ask_doctor(tmp_path / "home", VICTOR_DATABASE_URL="mysql://x/y")
    assert (code, document["status"]) == (1, "fail")
    assert "VICTOR_DATABASE_URL" in find(document, "settings")["message"]
    assert document["checks"][-1]["id"] == "settings"


def test_a_database_that_does_not_answer_fails_and_the_other_checks_still_run(tmp_path: Path) -> None:
    code, document = ask_doctor(tmp_path / "home", VICTOR_DATABASE_URL="postgres://a:b@127.0.0.1:1/c")
    assert (code, find(document, "database")["status"]) == (1, "fail")
    assert [check["id"] for check in document["checks"]] == NAMES


def test_status_of_an_empty_home_is_one_error_document(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "victoros.ops", "status", "--json", "--home", str(tmp_path / "home")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["category"], error["hint"]) == (1, "database", "./victor up prepares it.")
    assert set(error) == {"category", "message", "hint", "id"}
