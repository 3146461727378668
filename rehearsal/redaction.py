"""Masking of secrets in text that leaves the worker: diagnostics, tracebacks, what the program prints."""

from __future__ import annotations

import io
import os
import re

from rehearsal.plan import SECRET, UNKNOWN

SHORTEST = 4
"""Shorter secrets are not masked: replacing every "on" or "1" would garble the text and hide nothing."""


class Redactor:
    """Knows the secrets seen so far and replaces them in text."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: str) -> None:
        """Mask this text from now on, and each of its lines, since a traceback may show only one."""
        for text in (secret, *secret.splitlines()):
            if len(text.strip()) >= SHORTEST and text != UNKNOWN and text not in self._secrets:
                self._secrets.add(text)
                self._pattern = None

    def masked(self, text: str) -> str:
        """The text with every known secret replaced, the longest first."""
        if not self._secrets:
            return text
        if self._pattern is None:
            longest_first = sorted(self._secrets, key=lambda secret: (-len(secret), secret))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        return self._pattern.sub(SECRET, text)


class RedactedStream(io.TextIOBase):
    """A text stream that masks whole lines and writes them to a file descriptor."""

    def __init__(self, descriptor: int, redactor: Redactor) -> None:
        self._descriptor, self._redactor = descriptor, redactor
        self._pending = ""

    encoding = "utf-8"

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, text: str) -> int:
        *lines, self._pending = (self._pending + text).split("\n")
        if lines:
            self._send("".join(f"{line}\n" for line in lines))
        return len(text)

    def flush(self) -> None:
        pending, self._pending = self._pending, ""
        self._send(pending)

    def _send(self, text: str) -> None:
        data = self._redactor.masked(text).encode("utf-8", "backslashreplace")
        while data:
            data = data[os.write(self._descriptor, data) :]
