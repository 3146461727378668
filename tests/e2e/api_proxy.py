"""A proxy of the API server that a test can shut and open again, as when it restarts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import yaml


class ApiProxy:
    """Listens on a port of its own and leads to `address`."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address, self._open = address, list[socket.socket]()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._serve()

    def shut(self) -> None:
        """Who is inside is put out, and nobody comes in."""
        for each in (self._listening, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def open(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._serve()

    def _serve(self) -> None:
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                inside, _ = listening.accept()
                outside = socket.create_connection(self._address)
                self._open += [inside, outside]
                for pair in ((inside, outside), (outside, inside)):
                    threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def api_proxy(kubeconfig: str, folder: Path) -> Iterator[tuple[ApiProxy, str]]:
    """With a kubeconfig that leads through it."""
    content = yaml.safe_load(Path(kubeconfig).read_text(encoding="utf-8"))
    server = content["clusters"][0]["cluster"]
    address = urlsplit(server["server"])
    made = ApiProxy((address.hostname or "", address.port or 443))
    server["server"] = f"{address.scheme}://127.0.0.1:{made.port}"
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    yield made, str(file)
    made.shut()
