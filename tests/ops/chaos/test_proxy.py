"""The line that fault runs cut: what it lets through, and what not."""

import socket
import threading
from collections.abc import Iterator

import pytest

from victoros.ops.chaos.proxy import CUT, PASS, SILENT, Line


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that says back what it hears; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def _serve(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection:
        while text := connection.recv(100):
            connection.sendall(text)


@pytest.fixture
def line(echo: int) -> Iterator[Line]:
    made = Line(("127.0.0.1", echo))
    yield made
    made.close()


def connect(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=5)


def say(connection: socket.socket, text: bytes) -> bytes:
    connection.sendall(text)
    return connection.recv(100)


def test_a_whole_line_passes_everything(line: Line) -> None:
    with connect(line) as connection:
        assert say(connection, b"hello") == b"hello"


def test_a_cut_line_ends_what_is_open_and_takes_nothing_new(line: Line) -> None:
    with connect(line) as old:
        assert say(old, b"hello") == b"hello"
        line.behave(CUT)
        assert old.recv(100) == b""
    with connect(line) as new:
        assert new.recv(100) == b""
    line.behave(PASS)
    with connect(line) as later:
        assert say(later, b"again") == b"again"


def test_a_silent_line_takes_and_never_delivers(line: Line) -> None:
    with connect(line) as connection:
        assert say(connection, b"hello") == b"hello"
        line.behave(SILENT)
        connection.sendall(b"anybody?")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        line.behave(PASS)
        connection.settimeout(5)
        assert connection.recv(100) == b""
