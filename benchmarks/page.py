"""The page of a large difference in chromium: `python -m benchmarks.page [--size 5000]`.

How long until the first paint, and until a search is shown. The exit status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websocket import WebSocket, create_connection

from slipway.rehearsal import EvaluatedPack, Plan, Rehearsal, Timings
from slipway.rehearsal.difference import Change, Changed, Difference
from slipway.reports.applied import Applied
from slipway.reports.page import as_html
from slipway.settings.stacks import Stack

PAINT_TARGET, FILTER_TARGET = 2_000, 200
"""Milliseconds until the first paint, and until a search is shown."""
TIMEOUT = 60
"""Seconds until the browser counts as hanging."""
SERVICE = "kubernetes:core/v1:Service"
PAINT = "performance.getEntriesByName('first-paint').map((each) => each.startTime)[0] || null"
FILTER = """(() => {
  const search = document.getElementById("search"), began = performance.now();
  search.value = "%s";
  search.dispatchEvent(new Event("input", { bubbles: true }));
  document.getElementById("tree").getBoundingClientRect();
  return [performance.now() - began, document.getElementById("shown").textContent];
})()"""


def page(size: int) -> str:
    """Of so many changes in one part."""
    urn = f"urn:pulumi:bench::slipway::{SERVICE}::shop/app-"
    change = (Change(("spec", "ports", "[http]", "port"), 80, 8080),)
    changes = tuple(Changed("update", f"{urn}{number}", SERVICE, change) for number in range(size))
    ran = Rehearsal(Plan("s", "bench", "o", ()), (), (), None, Timings(0, 0, 0), (EvaluatedPack("slipway", "1", 1, 1),))
    return as_html(Stack("bench", "local", {}), ran, [], Difference("main", changes), Applied())


@contextmanager
def browser(folder: Path) -> Iterator[WebSocket]:
    """A tab of chromium that is told what to do."""
    options = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0"]
    if os.getuid() == 0:
        options.append("--no-sandbox")
    command = ["chromium", *options, f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            port = _until(lambda: (folder / "DevToolsActivePort").read_text().split()[0])
            tabs = _until(lambda: _tabs(port))
            socket = create_connection(tabs[0], timeout=TIMEOUT, suppress_origin=True)
            try:
                yield socket
            finally:
                socket.close()
        finally:
            process.terminate()


def _tabs(port: str) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=TIMEOUT) as answer:
        return [each["webSocketDebuggerUrl"] for each in json.load(answer) if each["type"] == "page"]


def _until(ask: Any) -> Any:
    """What `ask` answers, once it does."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        try:
            if found := ask():
                return found
        except (OSError, IndexError):
            pass
        time.sleep(0.05)
    raise SystemExit("chromium does not answer")


def call(socket: WebSocket, method: str, **parameters: Any) -> Any:
    """One command of the DevTools protocol; what the browser says meanwhile is left out."""
    socket.send(json.dumps({"id": 1, "method": method, "params": parameters}))
    while True:
        answer = json.loads(socket.recv())
        if answer.get("id") == 1:
            return answer["result"]


def evaluate(socket: WebSocket, expression: str) -> Any:
    return call(socket, "Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=5_000, help="changes of the page")
    size = parser.parse_args(arguments).size
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "page.html"
        file.write_text(page(size), encoding="utf-8")
        with browser(Path(folder) / "profile") as socket:
            call(socket, "Page.navigate", url=file.as_uri())
            paint = _until(lambda: evaluate(socket, PAINT))
            filters = [evaluate(socket, FILTER % words) for words in (f"app-{size - 1}", "app-1", "")]
    slowest = max(milliseconds for milliseconds, _ in filters)
    print(f"{size:,} changes: first paint after {paint:.0f} ms, a search shown after {slowest:.0f} ms at most")
    assert filters[0][1] == f"1 of {size} changes", filters
    missed = [
        f"{what} took {took:.0f} ms; the target is {target}"
        for what, took, target in (("the first paint", paint, PAINT_TARGET), ("a search", slowest, FILTER_TARGET))
        if took > target
    ]
    for failure in missed:
        print(failure, file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
