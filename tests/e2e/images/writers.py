"""Writes one product after the other until a file appears: `writers.py ADDRESS HOST STOP OUT`.

Each line of JSON in OUT is one request: when it was sent, the product's id, and the slot that took it, `closed` for the
maintenance page, or what else happened.
"""

import http.client
import json
import socket
import ssl
import sys
import time
from pathlib import Path

address, host, stop, out = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def written(product: int) -> str:
    plain = socket.create_connection((address, 443), 10)
    connection = http.client.HTTPSConnection(address)
    connection.sock = context.wrap_socket(plain, server_hostname=host)
    try:
        connection.request("POST", "/api/client_products", json.dumps({"id": product}), {"Host": host})
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    if answer.status == 201:
        return answer.getheader("x-shop-slot") or "?"
    if answer.status == 503 and answer.getheader("retry-after"):
        return "closed"
    return f"failed: {answer.status} of {answer.getheader('x-shop-slot')}"


product = 10_000
with open(out, "w", buffering=1) as file:
    while not Path(stop).exists():
        product += 1
        at = time.time()
        try:
            seen = written(product)
        except (OSError, http.client.HTTPException) as error:
            seen = f"failed: {type(error).__name__}"
        file.write(json.dumps({"at": at, "id": product, "seen": seen}) + "\n")
        time.sleep(0.05)
