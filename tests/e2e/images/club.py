"""A club's site, by hand or under Slipway: members log in, see who they are, and write entries, all of it in its database.

A session is a row, and its cookie is signed with SESSION_SECRET. Connections to the database are kept, and opened again when
the database has ended them. What may not be written is answered 503. `x-served-by` is the slot, or `legacy` before there was one.
"""

import hashlib
import hmac
import http.server
import json
import os
import queue
import secrets
import signal
import sys
from typing import Any

import psycopg2
from psycopg2 import errors

SIGNED_WITH = os.environ["SESSION_SECRET"].encode()
SERVED_BY = next((slot for slot in ("blue", "green") if f"-{slot}-" in os.environ["HOSTNAME"]), "legacy")
Answer = tuple[int, dict[str, Any], dict[str, str]]

kept: queue.LifoQueue[Any] = queue.LifoQueue()


def sql(text: str, *values: Any) -> Any:
    """The first row of the answer, if it has any."""
    while True:
        try:
            connection, is_new = kept.get_nowait(), False
        except queue.Empty:
            connection, is_new = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=10), True
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(text, values)
                found = cursor.fetchone() if cursor.description else None
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            connection.close()
            if is_new:
                raise
        except psycopg2.Error:
            kept.put(connection)
            raise
        else:
            kept.put(connection)
            return found


def signature(session: str) -> str:
    return hmac.new(SIGNED_WITH, session.encode(), hashlib.sha256).hexdigest()


def logged_in(member: str) -> Answer:
    session = secrets.token_hex(8)
    sql("INSERT INTO sessions (id, member) VALUES (%s, %s)", session, member)
    return 201, {"member": member}, {"set-cookie": f"session={session}.{signature(session)}; Path=/"}


def known(cookie: str) -> Answer:
    session, _, signed = cookie.removeprefix("session=").partition(".")
    found = sql("SELECT member FROM sessions WHERE id = %s", session)
    if not hmac.compare_digest(signed, signature(session)) or not found:
        return 401, {}, {}
    return 200, {"member": found[0]}, {}


def written(entry: int) -> Answer:
    """A second time is no second row: the connection may have ended after the first."""
    sql("INSERT INTO entries (id, text) VALUES (%s, %s) ON CONFLICT DO NOTHING", entry, f"entry {entry}")
    return 201, {"id": entry}, {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            status, found, headers = self.found(body)
        except errors.ReadOnlySqlTransaction:
            status, found, headers = 503, {}, {"retry-after": "60"}
        except Exception as error:
            status, found, headers = 500, {"error": type(error).__name__}, {}
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        payload = json.dumps(found).encode()
        self.send_response(status)
        for name, value in {**headers, "x-served-by": SERVED_BY, "content-length": str(len(payload))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def found(self, body: bytes) -> Answer:
        match self.command, self.path:
            case "POST", "/sessions":
                return logged_in(json.loads(body)["member"])
            case "POST", "/entries":
                return written(json.loads(body)["id"])
            case "GET", "/me":
                return known(self.headers.get("cookie") or "")
            case _:
                return 200, {}, {}

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: probes come every few seconds."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


# The first process of a container ignores what it does not handle.
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
Server(("", 8080), Handler).serve_forever()
