"""Every test of the tasks app keeps its folders in a place of its own, and begins with an empty script."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.tasks.driving import script


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    """Point VICTOR_HOME to a fresh folder."""
    settings.VICTOR_HOME = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def empty_script() -> None:
    """Forget what the test before this one let the program and the model do."""
    script()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the back-off pauses instead of spending them."""
    spent: list[float] = []

    async def spend(seconds: float) -> None:
        spent.append(seconds)

    monkeypatch.setattr("tasks.engine.thinking.asyncio.sleep", spend)
    return spent
