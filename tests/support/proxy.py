"""A proxy on loopback that knows one destination: whatever name it is asked for, that is where it connects to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PIECE = 65536


class Proxy:
    """A running proxy. `heads` are the requests that it got, without the line ends."""

    def __init__(self, listener: socket.socket, destination: str, refusal: bytes | None) -> None:
        self.heads: list[list[str]] = []
        self.host = "{}:{}".format(*listener.getsockname())
        self._listener = listener
        self._destination = destination
        self._refusal = refusal

    def accept(self) -> None:
        """Serve connections, each in a thread of its own, until the listener is shut down."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            self.heads.append(head.decode("latin-1").split("\r\n"))
            if self._refusal:
                client.sendall(self._refusal)
                return
            host, _, port = self._destination.rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Everything until the end, and then the end."""
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def proxy(destination: str, refusal: bytes | None = None) -> Iterator[Proxy]:
    """Run a proxy that leads to `destination`, or answers every request with `refusal`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = Proxy(listener, destination, refusal)
        thread = threading.Thread(target=running.accept, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
