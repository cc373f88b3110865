"""A cell ends itself when one attempt keeps the loop or the memory; a loaded machine and a collection are no reason."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.engine.guard import EXIT_CODE, Guard, Stall
from victoros.lib.hands import Hands, Leaving, read_leavings

BEGIN = """
import asyncio, sys
from pathlib import Path
from django.conf import settings

settings.configure(VICTOR_CELL_HARD_MB=300, VICTOR_STALL_S=0.5)
from tasks.engine.guard import Guard
from victoros.lib.hands import Hands

async def main(work):
    hands = Hands(Path(sys.argv[1]), 7)
    guard = Guard(hands)
    guard.begin()
    guard.turn()
    await asyncio.get_running_loop().create_task(hands.watch(42, work(guard)))
    guard.stop()
    print("went well")
"""
SPIN = "async def work(guard):\n    while True: pass\n"
FILL = """
async def work(guard):
    taken = []
    try:
        while True: taken.append(b'x' * 1_000_000 + bytes(len(taken)))
    except MemoryError: guard.give_up("there was no memory left")
"""
"""As a cell does it: who asked for what was not there is named, whether the guard or the kernel saw it first."""
TAKE_ALL = """
async def work(guard):
    try: bytearray(2_000_000_000)
    except MemoryError: guard.give_up("there was no memory left")
"""
BUSY = """
import time
async def work(guard):
    end = time.thread_time() + 1.2
    while time.thread_time() < end:
        time.sleep(0.001), sum(range(20_000)), guard.turn()
"""
SLEEP = "import time\nasync def work(guard):\n    time.sleep(1.2)\n"


def play(work: str, home: Path) -> tuple[int, list[Leaving]]:
    process = subprocess.Popen(
        [sys.executable, "-c", f"{BEGIN}\n{work}\nasyncio.run(main(work))", str(home)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return process.wait(60), read_leavings(home, process.pid)


@pytest.mark.parametrize(
    ("work", "note"),
    [(SPIN, "its event loop stood still"), (FILL, ""), (TAKE_ALL, "there was no memory left")],
    ids=["spins", "fills memory", "asks for all memory"],
)
def test_an_attempt_that_keeps_everything_ends_its_process_and_is_named(work: str, note: str, tmp_path: Path) -> None:
    code, left = play(work, tmp_path)
    assert code == EXIT_CODE
    assert [(one.note.startswith(note), one.in_hand) for one in left] == [(True, {42: ""})]


@pytest.mark.parametrize("work", [BUSY, SLEEP], ids=["lets the loop turn", "uses no processor time"])
def test_others_are_left_alone(work: str, tmp_path: Path) -> None:
    assert play(work, tmp_path)[0] == 0


def test_only_processor_time_of_one_attempt_in_one_turn_counts() -> None:
    stall = Stall()
    assert stall.look(turns=1, in_hand=5, used_s=10.0) == 0
    assert stall.look(turns=1, in_hand=5, used_s=11.5) == 1.5
    assert stall.look(turns=1, in_hand=6, used_s=12.0) == 0
    assert stall.look(turns=2, in_hand=6, used_s=14.0) == 0
    assert stall.look(turns=2, in_hand=0, used_s=15.0) == 0
    assert stall.look(turns=2, in_hand=6, used_s=16.0) == 0


def test_a_garbage_collection_counts_as_a_turn(tmp_path: Path) -> None:
    guard = Guard(Hands(tmp_path, 1))
    gc.callbacks.append(guard._collected)
    try:
        before = guard._turns
        gc.collect()
        assert guard._turns >= before + 2
    finally:
        gc.callbacks.remove(guard._collected)
