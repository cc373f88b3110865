"""What a process had in hand can be read after its death, whatever ended it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from victoros.lib.hands import FOLDER, Hands, Leaving, forget_leavings, leave_word, note_end, read_leavings, sweep

DYING = """
import asyncio, os, signal, sys
from pathlib import Path
from victoros.lib.hands import Hands

hands = Hands(Path(sys.argv[1]), 7)

async def innocent():
    await asyncio.sleep(60)

async def guilty():
    await asyncio.sleep(0)
    with hands.in_thread(43, "post"):
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    loop = asyncio.get_running_loop()
    await asyncio.gather(*[loop.create_task(hands.watch(n, work())) for n, work in ((41, innocent), (42, guilty))])

asyncio.run(main())
"""


def test_marks_survive_the_kill_of_their_process(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", DYING, str(tmp_path)]) as dying:
        assert dying.wait(30) == -9
    note_end(tmp_path, dying.pid, 9)
    assert read_leavings(tmp_path, dying.pid) == [Leaving(7, dying.pid, 9, "", {42: "", 43: "post"})]
    forget_leavings(tmp_path, dying.pid, 7)
    assert read_leavings(tmp_path, dying.pid) == []


def test_only_what_goes_on_is_marked_and_errors_pass_through(tmp_path: Path) -> None:
    hands, seen = Hands(tmp_path, 1), []

    async def work() -> str:
        seen.append(hands.on_loop)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append(hands.on_loop)
            raise ValueError("wrong") from None
        return "never"

    async def main() -> None:
        task = asyncio.get_running_loop().create_task(hands.watch(5, work()))
        await asyncio.sleep(0)
        seen.append(hands.on_loop)
        task.cancel()
        with pytest.raises(ValueError, match="wrong"):
            await task
        seen.append(hands.on_loop)

    asyncio.run(main())
    assert seen == [5, 0, 5, 0]


def test_more_threads_than_places_cost_marks_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("victoros.lib.hands.THREADS", 1)
    hands = Hands(tmp_path, 1)
    with hands.in_thread(1, "one"), hands.in_thread(2, "two"):
        assert hands.on_loop == 0


def test_reports_keep_what_is_known() -> None:
    left = Leaving(7, 8, 9, "it spun", {42: "", 43: "post"})
    assert Leaving.from_dict(left.as_dict() | {"in_hand": {"42": "", "43": "post"}}) == left


def test_a_home_that_cannot_be_written_costs_the_marks_only(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    hands = Hands(tmp_path, 1)
    with hands.in_thread(1, "one"):
        assert read_leavings(tmp_path, os.getpid()) == []
    hands.note("it spun")


def test_a_file_that_makes_no_sense_tells_nothing(tmp_path: Path) -> None:
    hands = Hands(tmp_path, 1)
    hands.note("it spun")
    file = next((tmp_path / FOLDER).iterdir())
    assert [left.note for left in read_leavings(tmp_path, os.getpid())] == ["it spun"]
    file.write_bytes(b"short")
    assert read_leavings(tmp_path, os.getpid()) == []


def test_marks_of_the_dead_are_swept_and_those_of_the_living_kept(tmp_path: Path) -> None:
    Hands(tmp_path, 1)
    Hands(tmp_path, 2)
    assert sweep(tmp_path, living=lambda: {1}) == 1
    assert [left.owner for left in read_leavings(tmp_path, os.getpid())] == [1]


def test_who_saw_the_end_first_is_right_and_a_process_s_own_word_stays(tmp_path: Path) -> None:
    hands = Hands(tmp_path, 7)
    leave_word(tmp_path, os.getpid(), "it was silent")
    note_end(tmp_path, os.getpid(), 9)
    note_end(tmp_path, os.getpid(), 15)
    left = read_leavings(tmp_path, os.getpid())[0]
    assert (left.note, left.status) == ("it was silent", 9)
    hands.note("it stood still")
    leave_word(tmp_path, os.getpid(), "it was silent")
    assert read_leavings(tmp_path, os.getpid())[0].note == "it stood still"
