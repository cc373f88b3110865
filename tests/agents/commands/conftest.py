"""Run a command as the shell would and look at what it printed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import load_command_class

from agents.services.first_run import ensure_operator


@dataclass(frozen=True)
class Ran:
    """One finished command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


Victor = Callable[..., Ran]


@pytest.fixture
def victor(capsys: pytest.CaptureFixture[str], db: None) -> Victor:
    """Run `victor NAME ARGUMENTS` on an installation that has been started once."""
    ensure_operator()

    def run(name: str, *arguments: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            load_command_class("victoros", name).run_from_argv(["victor", name, *map(str, arguments)])
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return run
