"""Detects secrets in a plan, by the forms in `secret_forms`, which settings use too."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from adapters.json_documents import parsed
from adapters.secret_forms import has_secret_form, in_context, is_harmless, is_secret, is_secret_name
from framework import Property


def secret_by_form(text: str) -> bool:
    """Return whether a text contains a key or token of a known form, or a URL with a password."""
    return has_secret_form(text)


def secret_by_name(name: str) -> bool:
    """Return whether a name is that of a secret, rather than of something about one."""
    return is_secret_name(name)


def secret_in_context(name: str, text: str) -> bool:
    """Return whether a text looks random and its name suggests a key."""
    return bool(name) and len(text) >= 10 and in_context(name, text) and not is_harmless(name, text)


_SPEAKS = re.compile(r"(?i)passw|passphrase|pwd|secret|token|credential|api_?key|private_?key|dsn")
_LINE = re.compile(
    r"""^\s*(?:-\s+)?(?:export\s+|--?)?["']?([A-Za-z_][\w.-]*)["']?\s*(?::\s|=)\s*"""
    r"""(["']?)([^\s"'`$(){}\[\]<>,;]{6,})\2\s*[,;]?$"""
)
"""A line that assigns a value to a name, as in YAML, properties, shells and options, but not code or a reference."""
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{40,}={0,2}\s*")
_DEPTH = 3
"""Levels of nested documents that are parsed. Chosen: JSON in YAML in a ConfigMap."""


@lru_cache(maxsize=4096)
def holds_pair(text: str, depth: int = _DEPTH) -> bool:
    """Return whether a text is a document, or a line, that assigns a plain value to a secret's name."""
    if depth == 0 or len(text) < 8:
        return False
    if _SPEAKS.search(text):
        if text.lstrip()[:1] in ("{", "[") and (document := _document(text)) is not None:
            if isinstance(document, dict) and "Statement" in document:
                return False  # A policy names secrets and tokens, but contains none.
            return any(is_secret(*pair) or holds_pair(pair[1], depth - 1) for pair in _pairs(document, ""))
        lines = (_LINE.match(line) for line in text.splitlines())
        return any(is_secret_name(found[1]) and is_secret(found[1], found[3]) for found in lines if found)
    decoded = _decoded(text)
    return bool(decoded) and (has_secret_form(decoded) or holds_pair(decoded, depth - 1))


def _document(text: str) -> Any:
    try:
        return parsed(text)
    except ValueError:
        return None


def _pairs(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _pairs(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _pairs(each, name)
    elif isinstance(value, str):
        yield name, value


def _decoded(text: str) -> str:
    if not _BASE64.fullmatch(text):
        return ""
    try:
        return base64.b64decode(text, validate=False).decode()
    except (binascii.Error, ValueError):
        return ""


def literal(name: str, value: Property) -> bool:
    """Return whether a known value is literal, rather than a reference, a path, an address or a switch."""
    if isinstance(value.value, bool) or value.missing:
        return False
    return value.text is None or not is_harmless(name, value.text)
