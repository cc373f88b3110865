"""A line between two programs that can be cut, silenced or slowed down: a small TCP relay with an event loop of its own."""

import asyncio
import threading
from pathlib import Path

ROOM = 65_536
PASS, CUT, SILENT, SLOW = "pass", "cut", "silent", "slow"
"""What it does: everything passes; connections are ended and refused; all is taken and nothing delivered; all comes late."""
LATE_S = 0.2


class Line:
    """Listens on a port of `address` and passes everything on to `target`: `(host, port)`, or the path of a Unix socket."""

    def __init__(self, target: tuple[str, int] | Path, address: str = "127.0.0.1") -> None:
        self._target, self._address, self._mode = target, address, PASS
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._may_pass = asyncio.Event()
        self._may_pass.set()
        self._server: asyncio.Server
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def behave(self, mode: str) -> None:
        """Pass, cut, silence or slow down from now on. What was swallowed in silence is lost: its connections are ended."""
        asyncio.run_coroutine_threadsafe(self._behave(mode), self._loop).result(10)

    def close(self) -> None:
        """End every connection, then the loop."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        self._may_pass.set()
        for writer in list(self._open):
            writer.close()
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        if serving:  # cancelled, asyncio would log each
            await asyncio.wait(serving, timeout=2)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, self._address, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _behave(self, mode: str) -> None:
        was, self._mode = self._mode, mode
        if mode == CUT or was == SILENT:
            for writer in list(self._open):
                writer.close()
        if mode == SILENT:
            self._may_pass.clear()
        else:
            self._may_pass.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._may_pass.wait()
            if self._mode == CUT:
                return
            far_reader, far_writer = await self._connect()
            self._open.add(far_writer)
            try:
                await asyncio.gather(self._relay(reader, far_writer), self._relay(far_reader, writer))
            finally:
                self._open.discard(far_writer)
                far_writer.close()
        except OSError:
            return
        finally:
            self._open.discard(writer)
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(str(self._target))
        return await asyncio.open_connection(*self._target)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on until one end is closed; the other is closed then."""
        try:
            while text := await reader.read(ROOM):
                if self._mode == SLOW:
                    await asyncio.sleep(LATE_S)
                await self._may_pass.wait()
                writer.write(text)
                await writer.drain()
        finally:
            writer.close()
