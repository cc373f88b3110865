"""Crash points: each is described, and telling of one costs nothing until somebody listens."""

import re
from pathlib import Path

import pytest

from tasks.engine.points import Point, reach, watch_points

ROOT = Path(__file__).resolve().parents[3]


def test_every_point_is_described_as_it_describes_itself() -> None:
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \|$", (ROOT / "docs/points.md").read_text(), re.MULTILINE)
    assert set(Point.choices) <= set(rows)


@pytest.mark.parametrize("point", Point)
def test_every_point_is_somewhere_in_the_engine(point: Point) -> None:
    code = "".join(path.read_text() for path in (ROOT / "tasks").rglob("*.py"))
    assert f"reach(Point.{point.name})" in code


def test_who_listens_hears_each_point_until_it_stops() -> None:
    heard: list[Point] = []
    watch_points(heard.append)
    reach(Point.CLAIMED)
    watch_points(None)
    reach(Point.LOADED)
    assert heard == [Point.CLAIMED]
