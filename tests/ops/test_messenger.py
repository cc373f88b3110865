"""Reports of dead processes: delivered when Redis answers, and bounded while nobody takes them out."""

from pathlib import Path

import pytest
from redis import Redis

from victoros.ops import messenger
from victoros.ops.messenger import DEAD, Messenger


def test_reports_that_nobody_takes_out_are_bounded(
    valkey_url: str, empty_valkey: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messenger, "KEPT_REPORTS", 3)
    teller = Messenger(valkey_url, tmp_path)

    for pid in range(1, 11):
        teller.report_dead([pid])

    reports = [str(report) for report in empty_valkey.lrange(DEAD, 0, -1)]
    assert len(reports) == 3
    assert '"pid": 10' in reports[-1]
