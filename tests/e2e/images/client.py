"""What a visitor of streams does: `websocket`, `silent` or `slowly`, told by the words after the address.

Prints what came of it, in one line.
"""

import base64
import os
import socket
import ssl
import sys
import time


def connected(address: str, host: str) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection((address, 443), timeout=30)
    return context.wrap_socket(plain, server_hostname=host)


def head(there: ssl.SSLSocket) -> bytes:
    """All up to the empty line."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = there.recv(1)
        if not more:
            break
        received += more
    return received


def upgraded(there: ssl.SSLSocket, host: str, path: str) -> str:
    """Asks for a WebSocket; the status."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket"]
    key = base64.b64encode(os.urandom(16)).decode()
    there.sendall("\r\n".join([*lines, "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", "", ""]).encode())
    return head(there).split(b" ")[1].decode()


def websocket(there: ssl.SSLSocket, host: str, path: str, seconds: float) -> str:
    """Says something every half second; tells the status, and how many were echoed."""
    status, echoed, end = upgraded(there, host, path), 0, time.monotonic() + seconds
    while status == "101" and time.monotonic() < end:
        try:
            there.sendall(bytes([0x81, 0x80 | 5]) + bytes(4) + b"hello")
            if there.recv(7) != b"\x81\x05hello":
                break
        except OSError:
            break
        echoed += 1
        time.sleep(0.5)
    return f"{status} {echoed}"


def silent(there: ssl.SSLSocket, host: str, path: str, seconds: float) -> str:
    """Opens a WebSocket and says nothing; tells the status, and whether the other side ended it in time."""
    status = upgraded(there, host, path)
    there.settimeout(seconds)
    try:
        return f"{status} {'spoke' if there.recv(1) else 'ended'}"
    except TimeoutError:
        return f"{status} open"
    except OSError:
        return f"{status} ended"


def slowly(there: ssl.SSLSocket, host: str, path: str, seconds: float) -> str:
    """Uploads a chunk every half second, without telling how many; tells the status."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", "Transfer-Encoding: chunked", "Connection: close", "", ""]
    there.sendall("\r\n".join(lines).encode())
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            there.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
            time.sleep(0.5)
        there.sendall(b"0\r\n\r\n")
    except OSError:
        pass
    return head(there).split(b" ")[1].decode()


address, host, path, what, seconds = sys.argv[1:]
print(
    {"websocket": websocket, "silent": silent, "slowly": slowly}[what](
        connected(address, host), host, path, float(seconds)
    )
)
