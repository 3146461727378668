"""Members of the club until a file appears: `members.py NUMBER HOST NAMED STOP OUT`.

Each logs in once, then looks who it is and writes an entry, in turns. NAMED is what DNS says: a file with the URL, which is
read for each request. Each line of JSON in OUT is one request: when it was sent, `session` or `entry`, the entry's id, and who
answered, `closed` for what may not be written now, or what else happened.
"""

import http.client
import json
import socket
import ssl
import sys
import threading
import time
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

number, host, named, stop, out = sys.argv[1:]
PAUSE = 0.25
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
writing = threading.Lock()


def asked(
    method: str, path: str, body: dict[str, object] | None = None, cookie: str = ""
) -> tuple[http.client.HTTPResponse, dict[str, object]]:
    url = urlsplit(Path(named).read_text())
    connection = http.client.HTTPConnection(url.netloc, timeout=30)
    if url.scheme == "https":
        plain = socket.create_connection((url.hostname, 443), 30)
        connection.sock = context.wrap_socket(plain, server_hostname=host)
    try:
        connection.request(method, path, json.dumps(body), {"Host": host, **({"Cookie": cookie} if cookie else {})})
        answer = connection.getresponse()
        return answer, json.loads(answer.read() or b"{}")
    finally:
        connection.close()


def seen(member: str, cookie: str, entry: int | None) -> str:
    """Of a session, or of the entry that is written."""
    if entry is None:
        answer, found = asked("GET", "/me", cookie=cookie)
    else:
        answer, found = asked("POST", "/entries", {"id": entry})
    if entry is not None and answer.status == 503 and answer.getheader("retry-after"):
        return "closed"
    right = (200, {"member": member}) if entry is None else (201, {"id": entry})
    if (answer.status, found) == right:
        return answer.getheader("x-served-by") or "?"
    return f"failed: {answer.status} of {answer.getheader('x-served-by')}"


def visit(place: int) -> None:
    member = f"member {place}"
    answer, _ = asked("POST", "/sessions", {"member": member})
    cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
    for turn in count():
        if Path(stop).exists():
            return
        entry = place * 1_000_000 + turn if turn % 2 else None
        line: dict[str, object] = {"at": time.time(), "what": "session" if entry is None else "entry", "id": entry}
        try:
            line["seen"] = seen(member, cookie, entry)
        except (OSError, http.client.HTTPException, ValueError) as error:
            line["seen"] = f"failed: {type(error).__name__}"
        with writing:
            file.write(json.dumps(line) + "\n")
        time.sleep(PAUSE)


with open(out, "w", buffering=1) as file:
    threads = [threading.Thread(target=visit, args=(place,)) for place in range(1, int(number) + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
