"""Pictures are packed harder and still show the same."""

import struct
import zlib
from pathlib import Path

from victoros.ops.pictures.packing import _chunk, _chunks, pack, repack

RED, BLUE = b"\xff\0\0", b"\0\0\xff"


def make(filtered: list[bytes], width: int) -> bytes:
    """Build a picture from lines that begin with their filter."""
    head = struct.pack(">IIBBBBB", width, len(filtered), 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(filtered), 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def pixels_of(packed: bytes, width: int) -> list[list[bytes]]:
    """Read a picture with a palette."""
    chunks = dict(_chunks(packed))
    raw, colours = zlib.decompress(chunks[b"IDAT"]), chunks[b"PLTE"]
    lines = [raw[at + 1 : at + 1 + width] for at in range(0, len(raw), width + 1)]
    return [[colours[3 * n : 3 * n + 3] for n in line] for line in lines]


def test_every_filter_is_undone() -> None:
    same, zero = b"\0" * 3, b"\0" * 6
    half = bytes([128, 0, 0]), bytes([0, 0, 0])
    lines = [b"\0" + RED + RED, b"\1" + RED + same, b"\2" + zero, b"\3" + half[0] + half[1], b"\4" + zero]

    assert pixels_of(repack(make(lines, 2)), 2) == [[RED, RED]] * 5


def test_too_many_colours_become_their_nearest() -> None:
    line = b"\0" + b"".join(bytes([n % 256, n // 256, 0]) for n in range(300)) + RED * 9

    shown = pixels_of(repack(make([line], 309)), 309)[0]

    assert len(set(shown)) == 256
    assert shown[-1] == RED


def test_a_small_strong_colour_stays_beside_many_greys() -> None:
    greys = b"".join(bytes([n % 256, n % 256, (n + n // 256) % 256]) * 2 for n in range(600))

    shown = pixels_of(repack(make([b"\0" + greys + RED], 1201)), 1201)[0]

    assert shown[-1] == RED


def test_a_file_is_rewritten_only_when_that_helps(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(make([b"\0" + BLUE * 500] * 50, 500))
    pack(path)
    packed = path.read_bytes()

    pack(path)

    assert len(packed) < 1000
    assert path.read_bytes() == packed
