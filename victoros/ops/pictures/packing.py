"""Makes a PNG smaller: keeps its 256 commonest and strongest colours, takes the others for the nearest of these, packs it hard."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}
"""Bytes of a pixel by colour type; browsers take pictures in these two."""


def pack(path: Path) -> None:
    """Rewrite the file if that makes it smaller."""
    data = path.read_bytes()
    packed = repack(data)
    if len(packed) < len(data):
        path.write_bytes(packed)


def repack(data: bytes) -> bytes:
    """Return the picture with 256 colours at most; one of another sort than browsers take is returned as it is."""
    chunks = list(_chunks(data))
    head = dict(chunks)[b"IHDR"]
    width, _height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if depth != 8 or colour not in CHANNELS or interlaced:
        return data
    size = CHANNELS[colour]
    lines = _unfilter(zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT")), width * size, size)
    return SIGNATURE + b"".join(_chunk(*one) for one in _as_palette(lines, head, size))


def _as_palette(lines: list[bytearray], head: bytes, size: int) -> list[tuple[bytes, bytes]]:
    """Name each colour by one byte. A strong colour counts for more than a grey: a small green tick stays green."""
    counts: dict[bytes, int] = {}
    for line in lines:
        for at in range(0, len(line), size):
            pixel = bytes(line[at : at + 3])
            counts[pixel] = counts.get(pixel, 0) + 1
    kept = sorted(counts, key=lambda pixel: -counts[pixel] * (8 + max(pixel) - min(pixel)))[:256]
    index = {pixel: n for n, pixel in enumerate(kept)}
    for pixel in counts:
        if pixel not in index:
            index[pixel] = min(range(len(kept)), key=lambda n: _distance(kept[n], pixel))
    rows = (bytes([0, *(index[bytes(line[at : at + 3])] for at in range(0, len(line), size))]) for line in lines)
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, 9)
    body = packer.compress(b"".join(rows)) + packer.flush()
    return [(b"IHDR", head[:8] + b"\x08\x03\0\0\0"), (b"PLTE", b"".join(kept)), (b"IDAT", body), (b"IEND", b"")]


def _distance(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _unfilter(raw: bytes, stride: int, size: int) -> list[bytearray]:
    """Undo the filter of each line (PNG specification, section 9)."""
    lines: list[bytearray] = []
    above = bytearray(stride)
    for start in range(0, len(raw), stride + 1):
        line = bytearray(raw[start + 1 : start + 1 + stride])
        _undo(raw[start], line, above, size)
        lines.append(line)
        above = line
    return lines


def _undo(kind: int, line: bytearray, above: bytearray, size: int) -> None:
    for i in range(len(line)):
        left = line[i - size] if i >= size else 0
        if kind == 1:
            line[i] = (line[i] + left) & 255
        elif kind == 2:
            line[i] = (line[i] + above[i]) & 255
        elif kind == 3:
            line[i] = (line[i] + (left + above[i]) // 2) & 255
        elif kind == 4:
            line[i] = (line[i] + _paeth(left, above[i], above[i - size] if i >= size else 0)) & 255


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))
