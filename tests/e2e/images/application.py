"""A service of a public application, in the way that its definition declares: it serves HTTP or gRPC, works at a queue, or
does a task and ends.

`services.json` beside it says of each service which ports it serves, what it speaks, and which folders it writes to.
With the word `calls` it dials every address of its environment, and prints who answered.
"""

import http.client
import http.server
import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

SERVICES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("services.json").read_text())
POD = os.environ["HOSTNAME"]
ADDRESS = re.compile(r"(?:\w+://)?([a-z][a-z0-9.-]*):(\d+)(?:/.*)?")
HEALTH = "/grpc.health.v1.Health/Check"
SERVING = b"\x08\x01"
"""As protobuf writes it."""
QUEUE, TABLE = "jobs", "done"
LONGEST = 10
"""Seconds for an answer."""


def addresses() -> Iterator[tuple[str, int]]:
    """Hosts and ports that other pods have, in any form; but not those of the database, which is asked by its login."""
    for name, value in os.environ.items():
        if name.startswith(("KUBERNETES_", "DB_", "DATABASE_")):
            continue
        found = ADDRESS.fullmatch(value)
        if found and found[1] != "localhost":
            yield found[1], int(found[2])
        elif name.endswith("_HOST"):
            yield value, int(os.environ[name.removesuffix("HOST") + "PORT"])


def service(host: str) -> str:
    """Whose address it is: that of a slot, or outside of both."""
    return re.sub(r"-(blue|green|shared)(\..*)?$", "", host)


def dial(host: str, port: int) -> str:
    """The answer of a server in its own language: the pod that gave it, or Redis' own."""
    match SERVICES[service(host)]["speaks"]:
        case "grpc":
            import grpc

            with grpc.insecure_channel(f"{host}:{port}") as channel:
                answer, call = channel.unary_unary(HEALTH).with_call(b"", timeout=LONGEST, wait_for_ready=True)
                assert answer == SERVING
                return str(dict(call.initial_metadata())["pod"])
        case "redis":
            return f"redis {redis(host, port).info('server')['redis_version']}"
        case _:
            connection = http.client.HTTPConnection(host, port, timeout=LONGEST)
            connection.request("GET", "/")
            return json.loads(connection.getresponse().read())["pod"]


def calls() -> list[dict[str, Any]]:
    """Who answered at each address."""
    called = [{"service": service(host), "port": port, "answer": dial(host, port)} for host, port in addresses()]
    if has_database():
        with database() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_user, version()")
            user, version = cursor.fetchone()
            called.append({"database": user, "answer": version})
    return called


def redis(host: str, port: int) -> Any:
    return import_module("redis").Redis(host, port, socket_connect_timeout=LONGEST, decode_responses=True)


def queue() -> Any:
    return redis(os.environ["QUEUE_BULL_REDIS_HOST"], int(os.environ["QUEUE_BULL_REDIS_PORT"]))


def has_database() -> bool:
    return "DATABASE_URL" in os.environ or "DB_POSTGRESDB_HOST" in os.environ


def database() -> Any:
    """As the application logs in: by a URL, or by parts of one."""
    import psycopg2

    if "DATABASE_URL" in os.environ:
        return psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=LONGEST)
    host, port, name, user, password = (
        os.environ[f"DB_POSTGRESDB_{part}"] for part in ("HOST", "PORT", "DATABASE", "USER", "PASSWORD")
    )
    tls = "require" if os.environ.get("DB_POSTGRESDB_SSL_ENABLED") == "true" else "disable"
    return psycopg2.connect(
        host=host, port=port, dbname=name, user=user, password=password, sslmode=tls, connect_timeout=LONGEST
    )


def make_tables() -> None:
    """As its owner; several pods may do so at once."""
    with database() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(1)")
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (what text PRIMARY KEY, by text NOT NULL)")


def record(what: str) -> None:
    with database() as connection, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} VALUES (%s, %s)", (what, POD))


def recorded(what: str) -> str | None:
    with database() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT by FROM {TABLE} WHERE what = %s", (what,))
        found = cursor.fetchone()
        return found and found[0]


def work() -> None:
    """What others put into the queue, one after the other, also after the queue was away."""
    while True:
        try:
            _, what = queue().brpop(QUEUE)
        except import_module("redis").ConnectionError:
            time.sleep(1)
        else:
            record(what)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ready: str | None = None

    def do_GET(self) -> None:
        answer: dict[str, Any] = {"pod": POD, "path": self.path}
        if self.path == self.ready:
            answer["calls"] = calls()
        elif self.path.startswith("/done/"):
            answer["by"] = recorded(self.path.removeprefix("/done/"))
        self.respond(200, answer)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        queue().lpush(QUEUE, self.path.removeprefix("/done/"))
        self.respond(202, {"pod": POD})

    def respond(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: probes come every few seconds."""


def serve(own: dict[str, Any]) -> None:
    """Until the process is told to end."""
    for folder in own["writable"]:
        Path(folder, "written").write_text(POD)
    if has_database():
        make_tables()
    if own["speaks"] == "grpc":
        serve_grpc(own["ports"][0]).wait_for_termination()
    Handler.ready = own["ready"]
    servers = [http.server.ThreadingHTTPServer(("", port), Handler) for port in own["ports"]]
    with ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(lambda server: server.serve_forever(), servers))


def serve_grpc(port: int) -> Any:
    import grpc

    def check(_: bytes, context: Any) -> bytes:
        context.send_initial_metadata((("pod", POD),))
        return SERVING

    class Services(grpc.GenericRpcHandler):
        def service(self, handler_call_details: Any) -> Any:
            known = handler_call_details.method == HEALTH
            return grpc.unary_unary_rpc_method_handler(check) if known else None

    server = grpc.server(ThreadPoolExecutor(4), handlers=[Services()])
    assert server.add_insecure_port(f"[::]:{port}") == port
    server.start()
    return server


def main(words: list[str]) -> None:
    match words:
        case ["calls"]:
            print(json.dumps(calls()))
        case [task] if task.startswith("-") or task == "audit":
            record(task)
        case _:
            # The first process of a container ignores what it does not handle.
            signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
            if words == ["worker"]:
                threading.Thread(target=work, daemon=True).start()
            serve(SERVICES[next(name for name in SERVICES if POD.startswith(f"{name}-blue-"))])


main(sys.argv[1:])
