"""Visitors at a constant rate until a file appears: `crowd.py URL HOST RATE THREADS STOP OUT`. The URL has an address.

None has a cookie, so each is a new one. Connections are kept open, as browsers do; a request on a connection that the
proxy has closed meanwhile is sent on a new one. Each quarter second adds a line of JSON to OUT: how many saw which slot,
the maintenance page, or anything else, which is a failure.
"""

import http.client
import json
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

url, host, rate, threads, stop, out = sys.argv[1:]
asked_for = urlsplit(url)
counts: Counter[str] = Counter()
lock = threading.Lock()
pause = int(threads) / float(rate)


class Secure(http.client.HTTPSConnection):
    """Tells the gateway by name whom it wants, and takes any certificate."""

    def connect(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = context.wrap_socket(plain, server_hostname=host)


def fetch(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", asked_for.path, headers={"Host": host})
    answer = connection.getresponse()
    answer.read()
    if answer.status == 200:
        return answer.getheader("x-shop-slot") or "?"
    if answer.status == 503 and answer.getheader("retry-after"):
        return "closed"
    return f"failed: {answer.status} of {answer.getheader('x-shop-slot')}"


def visit() -> None:
    kind = Secure if asked_for.scheme == "https" else http.client.HTTPConnection
    connection, is_used = kind(asked_for.netloc, timeout=10), False
    due = time.monotonic()
    while not Path(stop).exists():
        try:
            seen, is_used = fetch(connection), True
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if is_used and isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
                is_used = False
                with lock:
                    counts["again"] += 1
                continue
            seen, is_used = f"failed: {type(error).__name__}", False
        with lock:
            counts[seen] += 1
        due = max(due + pause, time.monotonic() - 1)
        time.sleep(max(0, due - time.monotonic()))


for _ in range(int(threads)):
    threading.Thread(target=visit, daemon=True).start()
with open(out, "w", buffering=1) as file:
    while not Path(stop).exists():
        time.sleep(0.25)
        with lock:
            seen, counts = dict(counts), Counter()
        file.write(json.dumps({"at": time.time(), **seen}) + "\n")
