"""Who listens for minutes: a stream of lines and a WebSocket at the same time, `listener.py ADDRESS HOST SECONDS OUT`.

Both begin once the gateway answers. Each line of JSON in OUT is one number: `by` whom, when it came, and of the WebSocket when it
was said. The last one of each says how it `ended`.
"""

import base64
import http.client
import json
import os
import socket
import ssl
import sys
import threading
import time
from typing import Any

address, host, seconds, out = sys.argv[1:]
PAUSE = 0.5
"""Between two lines, as the service writes them."""
COUNT = int(float(seconds) / PAUSE)
TIMEOUT = 60
"""Seconds without anything after which nobody listens any more."""
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
writing = threading.Lock()


def note(by: str, **what: Any) -> None:
    with writing:
        file.write(json.dumps({"by": by, "at": time.time(), **what}) + "\n")


def connected() -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection((address, 443), TIMEOUT), server_hostname=host)


def asked(path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(address)
    connection.sock = connected()
    connection.request("GET", path, headers={"Host": host, **headers})
    return connection.getresponse()


def wait_for_gateway() -> None:
    """Its certificate and its route come a moment after the service."""
    while True:
        try:
            if asked("/").status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.5)


def stream() -> str:
    answer = asked(f"/stream/lines?ticks={COUNT}")
    if answer.status != 200:
        return f"answered {answer.status}"
    heard = 0
    while line := answer.readline():
        if line.startswith(b"data: "):
            note("stream", number=int(line.removeprefix(b"data: ")))
            heard += 1
    return "whole" if heard == COUNT else "cut off"


def websocket() -> str:
    there = connected()
    key = base64.b64encode(os.urandom(16)).decode()
    lines = ["GET /stream/chat HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket"]
    there.sendall("\r\n".join([*lines, "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", "", ""]).encode())
    received = there.makefile("rb")
    status = received.readline()
    while received.readline().strip():
        pass
    if b" 101 " not in status:
        return f"answered {status.decode().strip()}"
    for number in range(COUNT):
        text, said = str(number).encode(), time.time()
        there.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
        head = received.read(2)
        if len(head) < 2:
            return "cut off"
        note("websocket", number=int(received.read(head[1])), said=said)
        time.sleep(PAUSE)
    return "whole"


def listen(by: str) -> None:
    try:
        ended = {"stream": stream, "websocket": websocket}[by]()
    except (OSError, http.client.HTTPException, ValueError) as error:
        ended = f"{type(error).__name__}: {error}"
    note(by, ended=ended)


with open(out, "w", buffering=1) as file:
    wait_for_gateway()
    threads = [threading.Thread(target=listen, args=(by,)) for by in ("stream", "websocket")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
