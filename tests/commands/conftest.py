"""Run commands as the shell would, on folders of the test's own."""

from tests.agents.commands.conftest import Ran, Victor, victor
from tests.agents.conftest import home

__all__ = ["Ran", "Victor", "home", "victor"]
