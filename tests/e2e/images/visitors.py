"""Visitors who come one after the other until a file appears: `visitors.py ADDRESS HOST PATH FILE`.

Each has a connection of its own; every second one sends a form, which no proxy tries a second time. Every third one
brings the cookie of one slot, another one that of the other. Prints how many had which answer, as JSON.
"""

import http.client
import json
import socket
import ssl
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path

PAUSE = 0.05
address, host, path, file = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


class Connection(http.client.HTTPSConnection):
    def connect(self) -> None:
        plain = socket.create_connection((address, 443), timeout=30)
        self.sock = context.wrap_socket(plain, server_hostname=host)


def visit(number: int) -> str:
    cookie = {1: "slipway-slot-rig-fleet=blue.1", 2: "slipway-slot-rig-fleet=green.1"}.get(number % 3)
    connection = Connection(host, timeout=30)
    try:
        connection.request(
            "POST" if number % 2 else "GET",
            path,
            body="name=value" if number % 2 else None,
            headers={"Cookie": cookie} if cookie else {},
        )
        answer = connection.getresponse()
        answer.read()
    except OSError as error:
        return f"{type(error).__name__} at {time.strftime('%H:%M:%S')}"
    except http.client.HTTPException as error:
        return f"{type(error).__name__} at {time.strftime('%H:%M:%S')}"
    finally:
        connection.close()
    return str(answer.status) if answer.status == 200 else f"{answer.status} at {time.strftime('%H:%M:%S')}"


answers: Counter[str] = Counter()
for number in count():
    if Path(file).exists():
        break
    answers[visit(number)] += 1
    time.sleep(PAUSE)
print(json.dumps(answers))
