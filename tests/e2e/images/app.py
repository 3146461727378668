"""Answers every request with what it knows of itself, at PORT. What each service of the tests runs.

A WebSocket is echoed, and `?ticks=N` is answered with N lines, one in half a second.
"""

import base64
import hashlib
import http.server
import json
import os
import signal
import sys
import time
import urllib.parse

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""Of every WebSocket (RFC 6455)."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        ticks = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("ticks")
        if self.headers.get("upgrade", "").lower() == "websocket":
            self.echo()
        elif ticks:
            self.tick(int(ticks[0]))
        else:
            self.respond()

    def echo(self) -> None:
        """Frames of less than 126 bytes, until one of them ends the WebSocket."""
        key = hashlib.sha1(self.headers["sec-websocket-key"].encode() + GUID).digest()
        self.send_response(101)
        self.send_header("upgrade", "websocket")
        self.send_header("connection", "upgrade")
        self.send_header("sec-websocket-accept", base64.b64encode(key).decode())
        self.end_headers()
        self.close_connection = True
        while head := self.rfile.read(2):
            mask, text = self.rfile.read(4), self.rfile.read(head[1] & 0x7F)
            plain = bytes(letter ^ mask[place % 4] for place, letter in enumerate(text))
            self.wfile.write(bytes([head[0], len(plain)]) + plain)
            if head[0] & 0x0F == 8:
                return

    def tick(self, count: int) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for number in range(count):
            self.wfile.write(f"data: {number}\n\n".encode())
            time.sleep(0.5)

    def received(self) -> int:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            count = 0
            while size := int(self.rfile.readline(), 16):
                count += self.swallowed(size)
                self.rfile.readline()
            self.rfile.readline()
            return count
        return self.swallowed(int(self.headers.get("content-length") or 0))

    def swallowed(self, length: int) -> int:
        left = length
        while left:
            left -= len(self.rfile.read(min(left, 65536))) or left
        return length

    def respond(self) -> None:
        received = self.received()
        description = {
            "pod": os.environ.get("HOSTNAME"),
            "headers": dict(self.headers),
            "path": self.path,
            "received": received,
        }
        body = json.dumps(description).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: probes come every few seconds."""


# The first process of a container ignores what it does not handle.
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
