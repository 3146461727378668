"""Values that must not be shown because they may be secret, by their path or their form."""

from __future__ import annotations

import re

from slipway.settings.secret_forms import has_secret_form, is_secret_name

PLAIN_SECRET = "looks like a secret in plain text: declare it under 'secrets' and refer to it with {secret: NAME}"
PLAIN_VARIABLE = f"{PLAIN_SECRET}; if it is public, give a reason: {{plain: …, reason: …}}"

_PRIVATE_KEYS = frozenset({"environment", "secrets", "settings", "body", "content", "cookie", "token", "secure"})

_RUN = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_KINDS = tuple(re.compile(each) for each in ("[0-9]", "[a-z]", "[A-Z]"))
_HEXADECIMAL = re.compile(r"\b[0-9a-f]{32,}\b")


def is_private(path: tuple[str | int, ...]) -> bool:
    """Return whether a value on this path is omitted from messages, because somebody may have pasted a secret there."""
    content = path[-2:-1] == ("files",)
    return content or not _PRIVATE_KEYS.isdisjoint(path) or any(is_secret_name(str(segment)) for segment in path[-1:])


def may_be_secret(text: str) -> bool:
    """Return whether `text` should not be shown: it has a secret's form, or looks random."""
    return has_secret_form(text) or bool(_HEXADECIMAL.search(text)) or any(map(_looks_random, text.split()))


def _looks_random(word: str) -> bool:
    """Return whether a word has a long run of letters and digits, and from there on every kind of them."""
    run = _RUN.search(word)
    return run is not None and all(kind.search(word, run.start()) for kind in _KINDS)
