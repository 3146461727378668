"""Masking of secrets in text that leaves the worker: diagnostics, tracebacks, what the program prints."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from collections.abc import Iterator
from urllib.parse import quote

from slipway.rehearsal.plan import SECRET, UNKNOWN

SHORTEST = 4
"""Characters; shorter secrets are not masked. Chosen: replacing every "on" or "1" would garble text and hide nothing."""
LINE = 8
"""Characters; shorter lines of a longer secret are not masked alone. Chosen: brackets and short keys are no secret."""
WORD = 16
"""Characters; a shorter secret of letters is masked as a whole word only. Chosen: words of text are shorter."""

_STRUCTURE = re.compile(r"[\W_]*[A-Za-z]+[\W_]*")
"""A single word, such as `agent:` in a secret document: it reveals nothing and occurs in other texts too."""
_VALUES = (
    re.compile(
        r"(?:passwor\w*|passwd|passphrase|secret|token|credential|(?:api|access|private|secret|encryption)[_-]?key)"
        r"[\"']?\s*[:=]\s*[\"']?([^\s\"',;{}$]{4,})",
        re.IGNORECASE,
    ),
    re.compile(r"://[^\s/:@]*:([^\s/@\"']{4,})@"),
    re.compile(r"\b([0-9a-f]{32,})\b"),
    re.compile(r"((?=[A-Za-z+/]*[0-9])(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])[A-Za-z0-9+/]{20,}={0,2})"),
)
"""The secret parts of a document that is secret as a whole: passwords by their key or in an address, and random
texts."""


class Redactor:
    """Knows the secrets seen so far and replaces them in text."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def add(self, secret: str) -> None:
        """Mask this text from now on, in every notation, and those of its lines and values that reveal it."""
        if secret == UNKNOWN or secret in self._secrets:
            return
        for text in _revealing_parts(secret):
            if len(text.strip()) >= SHORTEST and text != UNKNOWN:
                self._secrets.update(_written(text))

    def masked(self, text: str) -> str:
        """Return the text with every known secret replaced, the longest first."""
        # Compiling one pattern of all secrets takes longer than looking for each: there is little text, and hardly one in it.
        found = [each for each in self._secrets if each in text]
        longest_first = sorted(found, key=lambda secret: (-len(secret), secret))
        return re.sub("|".join(map(_match_pattern, longest_first)), SECRET, text) if found else text


def _revealing_parts(secret: str) -> Iterator[str]:
    """Yield the secret and, for a longer one, the parts that reveal it alone: a traceback may show only one."""
    yield secret
    is_key = "PRIVATE KEY-----" in secret
    for line in map(str.strip, secret.splitlines()):
        if is_key or (len(line) >= LINE and not _STRUCTURE.fullmatch(line)):
            yield line
    for form in _VALUES:
        yield from (found[1] for found in form.finditer(secret))


def _written(text: str) -> Iterator[str]:
    """Yield the text as it is, and as written in JSON, in JSON of JSON, in a traceback, in an address, and in the data
    of a Secret."""
    yield text
    for ascii_only in (True, False):
        once = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield from (once, json.dumps(once, ensure_ascii=ascii_only)[1:-1])
    yield from (repr(text)[1:-1], quote(text, safe=""))
    if len(text) >= LINE:
        data = text.encode("utf-8", "surrogatepass")
        for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
            yield encoded.decode().rstrip("=")


def _match_pattern(secret: str) -> str:
    """Return a pattern that matches the secret."""
    escaped = re.escape(secret)
    return rf"(?<![A-Za-z0-9]){escaped}(?![A-Za-z0-9])" if secret.isalpha() and len(secret) < WORD else escaped


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
