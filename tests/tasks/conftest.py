"""Every test of the tasks app keeps its folders in a place of its own."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    """Point VICTOR_HOME to a fresh folder."""
    settings.VICTOR_HOME = tmp_path
    return tmp_path
