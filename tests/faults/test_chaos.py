"""Every fault run in its short size, through the command a person types, on the database under test."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from django.db import connection

from tests.running import ROOT
from victoros.ops.chaos.run import list_runs

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults"), pytest.mark.timeout(1200)]

OF_SERVERS = ("postgres", "hosts")
"""Runs that need a database server."""
OF_ROOT = {"disk": "mount", "hosts": "ip"}
"""Runs that need root, and the program they need."""


@pytest.mark.parametrize("name", list_runs())
def test_every_invariant_holds(name: str) -> None:
    if name in OF_SERVERS and connection.vendor == "sqlite":
        pytest.skip("SQLite is no server")
    if name in OF_ROOT and (os.geteuid() or not shutil.which(OF_ROOT[name])):
        pytest.skip(f"NOT TRIED: chaos {name} needs root and the program {OF_ROOT[name]}")
    database = "sqlite" if connection.vendor == "sqlite" else "postgres"
    command = [sys.executable, "-m", "victoros.ops", "chaos", name, "--short", "--database", database, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-3000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report.get("violations") == [], report
    assert (done.returncode, report["lost"], report["doubled"], report["late"]) == (0, 0, 0, 0), report
