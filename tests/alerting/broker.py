"""A RabbitMQ with nothing but the definitions it is given, and a way to log in to it as a service does."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.alerting import programs
from tests.processes import HOST, TIMEOUT, free_port, request_json, running, status, until

READER = ("reader", "of this test only")
"""An administrator that the test adds, to read back what is there: nobody else may."""
_PLUGINS = "[rabbitmq_management,rabbitmq_stomp]."


@dataclass(frozen=True)
class Broker:
    management: int
    stomp: int

    def read(self, path: str) -> Any:
        return request_json(f"http://{HOST}:{self.management}/api/{path}", login=READER)

    def status(self, path: str, login: tuple[str, str]) -> int:
        return status(f"http://{HOST}:{self.management}/api/{path}", login)


@contextmanager
def started(folder: Path, definitions: Mapping[str, Any]) -> Iterator[Broker]:
    """In `folder`, where a second start finds what the first one left. It ends with the block, and so does the daemon
    that Erlang's nodes find each other by, which has a port of its own too."""
    broker, names = Broker(free_port(), free_port()), free_port()
    environment = _environment(folder, definitions, broker)
    daemon = [programs.epmd(), "-address", HOST, "-port", str(names)]
    shared = {"ERL_EPMD_PORT": str(names), "ERL_EPMD_ADDRESS": HOST}
    with (
        running(daemon, folder / "epmd.log"),
        running([programs.rabbitmq()], folder / "output.log", shared | environment) as server,
    ):
        has_started = lambda: _has_started(folder, broker) and _listens(broker.stomp)  # noqa: E731
        until(has_started, f"RabbitMQ has started; see {folder}", of=server)
        yield broker


def _environment(folder: Path, definitions: Mapping[str, Any], broker: Broker) -> dict[str, str]:
    loaded, config, plugins = folder / "definitions.json", folder / "rabbitmq.conf", folder / "plugins"
    loaded.write_text(json.dumps(_with_reader(definitions)))
    lines = [
        f"listeners.tcp.local = {HOST}:{(port := free_port())}",
        f"stomp.listeners.tcp.local = {HOST}:{broker.stomp}",
        f"management.tcp.ip = {HOST}",
        f"management.tcp.port = {broker.management}",
        f"load_definitions = {loaded}",
        # What queues are is told so often, in milliseconds; five seconds would be usual.
        "collect_statistics_interval = 500",
    ]
    config.write_text("\n".join([*lines, ""]))
    plugins.write_text(_PLUGINS)
    return {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"slipway-{folder.name}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(config),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(_logs(folder, broker)),
    }


def _with_reader(definitions: Mapping[str, Any]) -> dict[str, Any]:
    name, password = READER
    reader = {"name": name, "password": password, "tags": ["administrator"]}
    return {**definitions, "users": [*definitions["users"], reader]}


def _has_started(folder: Path, broker: Broker) -> bool:
    """The management API answers before the definitions are imported; this line is written after them."""
    return any("Server startup complete" in log.read_text() for log in _logs(folder, broker).glob("*.log"))


def _logs(folder: Path, broker: Broker) -> Path:
    """A folder of each start's own: what an earlier one wrote says nothing of this one."""
    return folder / f"logs-{broker.management}"


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=5).close()
    except OSError:
        return False
    return True


def vhost(name: str) -> str:
    return quote(name, safe="")


class Stomp:
    """STOMP, whose frames are text: a verb, headers, an empty line, and what is said up to a zero byte."""

    def __init__(self, broker: Broker) -> None:
        self._socket = socket.create_connection((HOST, broker.stomp), timeout=TIMEOUT)
        self._left = b""

    def __enter__(self) -> Stomp:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def says(self, verb: str, text: str = "", **headers: str) -> None:
        lines = [verb, *(f"{key.replace('_', '-')}:{value}" for key, value in headers.items()), "", text]
        self._socket.sendall("\n".join(lines).encode() + b"\0")

    def receive(self) -> tuple[str, dict[str, str], str]:
        while b"\0" not in self._left:
            more = self._socket.recv(65536)
            assert more, "RabbitMQ hung up"
            self._left += more
        frame, self._left = self._left.split(b"\0", 1)
        head, _, text = frame.decode().lstrip("\n").partition("\n\n")
        verb, *lines = head.split("\n")
        return verb, dict(line.split(":", 1) for line in lines), text

    def logs_in(self, user: str, password: str, host: str) -> str:
        """What RabbitMQ answers: CONNECTED or ERROR."""
        self.says("CONNECT", accept_version="1.2", host=host, login=user, passcode=password)
        return self.receive()[0]

    def publishes(self, queue: str, text: str) -> None:
        """And waits until it is kept."""
        self.says("SEND", text, destination=f"/amq/queue/{queue}", receipt="sent")
        verb, headers, why = self.receive()
        assert (verb, headers.get("receipt-id")) == ("RECEIPT", "sent"), why

    def reads(self, queue: str) -> tuple[str, str]:
        """One message, and by what it is acknowledged or refused."""
        self.says("SUBSCRIBE", id=queue, destination=f"/amq/queue/{queue}", ack="client-individual")
        verb, headers, text = self.receive()
        assert verb == "MESSAGE", text
        return text, headers["ack"]
