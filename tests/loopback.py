"""Small HTTP servers on the loopback address, for tests whose clients speak HTTP for real."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.processes import HOST

POLL = 0.01
"""Seconds between two looks of a server at whether it shall end."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was interrupted leaves in the middle of an answer, which is no error of the server."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], kind: type[ThreadingHTTPServer] = _Server) -> Iterator[int]:
    """Serve on a free port, which is yielded, until the block ends."""
    with kind((HOST, 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(POLL,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
