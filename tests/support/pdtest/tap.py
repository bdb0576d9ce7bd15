"""A reverse proxy before a server, with the server's own certificate, that keeps in clear all that goes in and out."""

import asyncio
import contextlib
import ssl
import threading

from .process import PATIENCE


class Tap:
    """From now on everybody of the world reaches that server through here, but for the test itself."""

    def __init__(self, world, server):
        self.received = bytearray()  # by the server
        self.sent = bytearray()
        self._inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._inside.load_cert_chain(server.certificate, server.key)
        self._outside = ssl.create_default_context(cafile=world.authority.ca_file)
        self._target = (server.place.address, server.port, server.domain)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = asyncio.start_server(self._carry, "127.0.0.1", 0, ssl=self._inside)
        self._server = self._wait(listening)
        world.overrides[server.domain] = self._server.sockets[0].getsockname()[1]
        world.on_close(self.close)

    def close(self) -> None:
        self._wait(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def _wait(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _end(self) -> None:
        self._server.close()
        carrying = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)

    async def _carry(self, reader, writer) -> None:
        address, port, domain = self._target
        with contextlib.suppress(OSError):
            to, back = await asyncio.open_connection(address, port, ssl=self._outside, server_hostname=domain)
            await asyncio.wait(
                [asyncio.ensure_future(each) for each in (pump(reader, back, self.received), pump(to, writer, self.sent))],
                return_when=asyncio.FIRST_COMPLETED,
            )
            back.close()
        writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
    """Until one of them ends."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            kept += data
            writer.write(data)
            await writer.drain()
