"""What must not be shown: values that may be secret, by where they stand or how they look."""

from __future__ import annotations

import re

PLAIN_SECRET = "looks like a secret in plain text; declare it under 'secrets' and refer to it with {secret: NAME}"

_PRIVATE_KEYS = frozenset({"environment", "secrets", "settings", "body", "cookie", "token", "secure"})

_SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(sk|rk)[_-](live|test|proj|ant)[_-]\w{3}|\bwhsec_\w{8}|\bAKIA[0-9A-Z]{16}|\bgh[pousr]_\w{20}|\bgithub_pat_\w{20}"
    r"|\bxox[abprs]-\w{8}|\bSG\.[\w-]{16}|\beyJ[\w-]+\.eyJ[\w-]+\.|\bAIza[\w-]{30}"
    r"|[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@"
)
_SECRET_NAME = re.compile(
    r"(SECRET|PASSWORD|PASSWD|TOKEN|PRIVATE|CREDENTIAL|API_?KEY|ACCESS_?KEY|ENCRYPTION_?KEY|_DSN$)", re.I
)
_PUBLIC_NAME = re.compile(
    r"(PUBLIC|REACT_APP_|PUBLISHABLE|EXPIRES|_TTL|_URL$|_PATH$|_NAME$|_ID$|_ISSUER$|_TIMEOUT)", re.I
)
_RANDOM = re.compile(r"(?=[^\s]*[0-9])(?=[^\s]*[a-z])(?=[^\s]*[A-Z])[A-Za-z0-9+/_=-]{24,}|\b[0-9a-f]{32,}\b")


def is_private(path: tuple[str | int, ...]) -> bool:
    """Whether a value on this path is kept out of messages: somebody may have pasted a secret there."""
    return not _PRIVATE_KEYS.isdisjoint(path) or any(_named_secret(str(segment)) for segment in path[-1:])


def has_secret_form(text: str) -> bool:
    """Whether `text` holds what vendors' keys, tokens and logins look like."""
    return bool(_SECRET_VALUE.search(text))


def may_be_secret(text: str) -> bool:
    """Whether `text` is better not shown: it has a secret's form, or looks random."""
    return has_secret_form(text) or bool(_RANDOM.search(text))


def looks_secret(variable: str, value: str) -> bool:
    """Whether a plain value is one that only its owner may know: by its own form or by the variable's name."""
    return has_secret_form(value) or (bool(value) and _named_secret(variable))


def _named_secret(name: str) -> bool:
    return bool(_SECRET_NAME.search(name)) and not _PUBLIC_NAME.search(name)
