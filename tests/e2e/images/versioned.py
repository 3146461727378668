"""A service of fleet or of Kingstons at one version, which `version.json` beside it describes.

`fails`: whether visitors get errors where no smoke test looks. `column`: the name that Kingstons' fees have in its
database, which psycopg2 asks; None for services without one. Each answer names the slot, which the pod's name tells.
"""

import http.server
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

VERSION = json.loads(Path(__file__).with_name("version.json").read_text())
SLOT = next(slot for slot in ("blue", "green") if f"-{slot}-" in os.environ["HOSTNAME"])
HEALTH = {"status": "healthy", "environment": "production", "timestamp": 0, "version": VERSION["version"]}
POLICIES, TRIPS, CHARGES = "/api/personal-use-policies", "/api/trip-usage", "/api/personal-use-charges"
ADMINISTRATOR = f"{POLICIES}/00000000-0000-4000-8000-00000000a001"
PRODUCTS = "/api/client_products"
Answer = tuple[int, Any]


def fleet(method: str, path: str, token: str) -> Answer:
    if path == "/api/vehicles":
        return (500, {}) if VERSION["fails"] else (200, [])
    if path.startswith((POLICIES, TRIPS, CHARGES)):
        if not token:
            return 401, {}
        if path == ADMINISTRATOR and "DRIVER" in token:
            return 403, {}
        created = method == "POST" and path == TRIPS
        return 201 if created else 200, {"success": True, "data": []}
    return 200, HEALTH


def kingstons(method: str, path: str, body: bytes) -> Answer:
    if not path.startswith(PRODUCTS):
        return 200, HEALTH
    import psycopg2

    column = VERSION["column"]
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection, connection.cursor() as cursor:
            if method == "POST":
                product = json.loads(body)["id"]
                insert = f"INSERT INTO client_products (id, client_id, company, product_name, {column})"
                cursor.execute(f"{insert} VALUES (%s, 1, 'Written', 'Written', 1)", (product,))
                return 201, {"id": product}
            cursor.execute(f"SELECT id, {column} FROM client_products WHERE id = %s", (path.rpartition("/")[2],))
            found = cursor.fetchone()
            return (200, {"id": found[0], column: float(found[1])}) if found else (404, {})
    finally:
        connection.close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        try:
            if VERSION["column"]:
                status, found = kingstons(self.command, path, body)
            else:
                status, found = fleet(self.command, path, self.headers.get("authorization") or "")
        except Exception as error:
            status, found = 500, {"error": type(error).__name__}
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        payload = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("x-shop-slot", SLOT)
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = answer

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: there are hundreds of requests a second."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


# The first process of a container ignores what it does not handle.
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
threading.stack_size(256 * 1024)
Server(("", int(os.environ["PORT"])), Handler).serve_forever()
