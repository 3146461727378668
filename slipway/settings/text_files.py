"""Reads files of a system besides its `system.yaml`: text in UTF-8."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import NamedTuple

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Fault(NamedTuple):
    """A problem of a file, and its line, from 1."""

    line: int
    rule: str


class UnreadableFile(ValueError):
    """The file is not text in UTF-8."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"line {fault.line}: {fault.rule}")
        self.fault = fault


def read(path: Path) -> str:
    """Return its text with plain line ends, so that it does not depend on the machine of the checkout. Raises
    UnreadableFile."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(Fault(1, f"cannot be read: {error.strerror}")) from error
    return decoded(content).replace("\r\n", "\n").replace("\r", "\n")


def decoded(content: bytes) -> str:
    """Decode the bytes of a file. Raises UnreadableFile."""
    if content.startswith(_WIDE):
        raise UnreadableFile(Fault(1, "is in UTF-16: save it as UTF-8"))
    if content.startswith(codecs.BOM_UTF8):
        raise UnreadableFile(Fault(1, "begins with a byte order mark: save it as UTF-8 without BOM"))
    if (nul := content.find(b"\0")) >= 0:
        raise UnreadableFile(Fault(_line(content, nul), "contains a NUL byte: save it as UTF-8 text"))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        rule = f"is not in UTF-8: byte 0x{content[error.start]:02x} is invalid; save it as UTF-8"
        raise UnreadableFile(Fault(_line(content, error.start), rule)) from error


def _line(content: bytes, end: int) -> int:
    return content.count(b"\n", 0, end) + 1
