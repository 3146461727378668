"""The worker's messages to its parent, lines of JSON over a pipe, and its parent's orders."""

from __future__ import annotations

import json
import os
import time
from typing import Any

PROGRESS_INTERVAL = 0.1
"""Seconds between two progress messages. Chosen: smooth to the eye."""
EVALUATE, LEAVE = b"e", b"l"
"""Orders to a worker whose plan is evaluated later: send the findings, or end without them."""


class Channel:
    """Writes messages to the parent."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._last = 0.0

    def send(self, event: str, **content: Any) -> None:
        data = json.dumps({"event": event, **content}, separators=(",", ":")).encode() + b"\n"
        while data:
            data = data[os.write(self._descriptor, data) :]

    def registered(self, count: int) -> None:
        """Report how many resources are registered, but not too often."""
        now = time.monotonic()
        if now - self._last >= PROGRESS_INTERVAL:
            self._last = now
            self.send("progress", phase="program", registered=count)
