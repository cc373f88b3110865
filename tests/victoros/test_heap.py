"""The C library's heap: what nobody uses goes back, and threads have none of their own."""

import ctypes
import subprocess
import sys

import pytest

from victoros.lib import heap

needs_glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="not glibc")

PIECES = """
import ctypes, time
from pathlib import Path
from victoros.lib import heap

def anonymous_mb():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) / 1000

size, number = 4_000, 20_000
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
before = anonymous_mb()
pieces = [libc.malloc(size) for _ in range(number)]
for piece in pieces:
    ctypes.memset(piece, 1, size)
for piece in pieces[:-1]:
    libc.free(piece)
grown = anonymous_mb() - before
heap.TIDY_S = 0.05
heap.tidy_in_background()
deadline = time.monotonic() + 10
while anonymous_mb() - before > 20 and time.monotonic() < deadline:
    time.sleep(0.05)
print(grown, anonymous_mb() - before)
"""
"""80 MB in pieces too small to be mapped one by one. The last stays, at the top: nothing below it goes back by itself."""

THREADS = """
import ctypes, sys, threading
from victoros.lib import heap
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
sys.argv[1] == "one" and heap.share_one()
everyone = threading.Barrier(6)
def take():
    everyone.wait()
    found.append(libc.malloc(100_000))
    everyone.wait()
found = [libc.malloc(100_000)]
threads = [threading.Thread(target=take) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(max(found) - min(found))
"""


@needs_glibc
def test_what_nobody_uses_goes_back() -> None:
    """In a process of its own: one that ran other tests has free room, which is used first."""
    done = subprocess.run([sys.executable, "-c", PIECES], capture_output=True, text=True, check=True)
    grown, left = map(float, done.stdout.split())
    assert grown > 60
    assert left < 20


@needs_glibc
@pytest.mark.parametrize(("how", "is_shared"), [("one", True), ("many", False)])
def test_threads_share_one_heap(how: str, is_shared: bool) -> None:
    done = subprocess.run([sys.executable, "-c", THREADS, how], capture_output=True, text=True, check=True)
    assert (int(done.stdout) < 10**9) is is_shared


def test_nothing_is_done_where_the_c_library_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_libc", object())
    assert not heap.share_one()
    assert not heap.give_back()
