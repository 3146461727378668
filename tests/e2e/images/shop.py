"""A service of one slot: answers with the slot's name, and is as broken as the last request to `/-/fault` said.

`errors`: every answer is a 500. `slow`: each takes a second. `crash`: it ends, and does so again after each start.
"""

import http.server
import os
import sys
import threading
import time
from pathlib import Path

SLOT = os.environ["SLOT"]
FAULT = Path("/work/fault")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        fault = FAULT.read_text() if FAULT.exists() else ""
        if self.path.startswith("/-/fault="):
            self.answer(200)  # before another request ends the process
            FAULT.write_text(self.path.partition("=")[2])
            return None
        if self.path == "/-/ready":
            return self.answer(200)
        if fault == "crash":
            os._exit(1)
        if fault == "slow":
            time.sleep(1)
        return self.answer(500 if fault == "errors" else 200)

    def answer(self, status: int) -> None:
        body = b'{"slot": "' + SLOT.encode() + b'"}'
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("x-shop-slot", SLOT)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: there are hundreds of requests a second."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


if FAULT.exists() and FAULT.read_text() == "crash":
    time.sleep(1)
    sys.exit(1)
threading.stack_size(256 * 1024)
Server(("", 8080), Handler).serve_forever()
