"""One connection to a port of the gateway: `connection.py ADDRESS PORT [HOST]`. It begins with TLS to a host, or asks in
plain text. Prints what comes back, or `closed`."""

import contextlib
import socket
import ssl
import sys

address, port, *hosts = sys.argv[1:]


def hello(host: str) -> bytes:
    """Return what TLS to a host begins with, in which its name is readable."""
    context, received, sent = ssl.create_default_context(), ssl.MemoryBIO(), ssl.MemoryBIO()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(received, sent, server_hostname=host).do_handshake()
    return sent.read()


def answered() -> bytes:
    try:
        with socket.create_connection((address, int(port)), timeout=10) as there:
            # With the end of a line, for which a server that knows nothing of TLS waits. Envoy reads no name of a host on a
            # connection whose end comes together with its beginning.
            there.sendall(hello(hosts[0]) + b"\r\n" if hosts else b"GET /told HTTP/1.0\r\n\r\n")
            return there.makefile("rb").read()
    except TimeoutError:
        raise
    except OSError:  # nobody listens, or it was closed before all was sent, or read
        return b""


print(answered().decode(errors="replace") or "closed")
