"""Values that must not be shown because they may be secret, by their path or their form."""

from __future__ import annotations

import re

from slipway.settings.secret_forms import has_secret_form, is_secret_name

PLAIN_SECRET = "looks like a secret in plain text: declare it under 'secrets' and refer to it with {secret: NAME}"
PLAIN_VARIABLE = f"{PLAIN_SECRET}; if it is public, give a reason: {{plain: …, reason: …}}"

_PRIVATE_KEYS = frozenset({"environment", "secrets", "settings", "body", "cookie", "token", "secure"})

_RANDOM = re.compile(r"(?=[^\s]*[0-9])(?=[^\s]*[a-z])(?=[^\s]*[A-Z])[A-Za-z0-9+/_=-]{24,}|\b[0-9a-f]{32,}\b")


def is_private(path: tuple[str | int, ...]) -> bool:
    """Return whether a value on this path is omitted from messages, because somebody may have pasted a secret there."""
    return not _PRIVATE_KEYS.isdisjoint(path) or any(is_secret_name(str(segment)) for segment in path[-1:])


def may_be_secret(text: str) -> bool:
    """Return whether `text` should not be shown: it has a secret's form, or looks random."""
    return has_secret_form(text) or bool(_RANDOM.search(text))
