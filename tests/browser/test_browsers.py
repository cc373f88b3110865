"""A Chromium that does not answer any more costs no other test its browser."""

import os
import signal

import pytest

from tests.browsers import Browsers, StuckBrowserWarning

pytestmark = pytest.mark.browser


def test_a_chromium_that_does_not_close_a_profile_is_ended_and_another_takes_its_place(browsers: Browsers) -> None:
    stuck = Browsers(browsers.playwright, close_s=0.5)
    with pytest.warns(StuckBrowserWarning, match="was ended"):
        leave_stopped(stuck)
    former = stuck.pid
    with stuck.open() as context:
        assert context.new_page().evaluate("1 + 1") == 2
    assert stuck.pid != former
    stuck.stop()


def leave_stopped(browsers: Browsers) -> None:
    """Open a profile of a Chromium that stands still from then on."""
    with browsers.open() as context:
        context.new_page()
        os.kill(browsers.pid, signal.SIGSTOP)
