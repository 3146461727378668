"""What gives a secret away: the name of a value, or its form."""

from __future__ import annotations

import re
from itertools import pairwise

from frame import Property

_FORMS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_\w{36,}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20,}"
    r"|\b[sr]k_(live|test)_\w{10,}|\bwhsec_[\w+/]{16,}"
    r"|\bxox[abeoprs]-[\w-]{10,}|hooks\.slack\.com/services/T\w+/B\w+/\w+"
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bAIza[\w-]{35}"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"
    r"|\b(AccountKey|SharedAccessKey)=[\w+/]{20,}|[?&]sig=[\w%]{40,}"
    r'|"type":\s*"service_account"'
)
"""Private keys, and keys and tokens of AWS, GitHub, GitLab, Stripe, Slack, SendGrid, Google, Azure, and of JSON."""
_LOGIN = re.compile(r"\b[a-zA-Z][\w+.-]*://[^\s/:@\"'<>]*:(?P<password>[^\s/@\"']+)@")

_SECRET_WORDS = {
    "password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "credential", "credentials",
    "apikey",
}  # fmt: skip
_KEYS_OF = {"api", "private", "access", "secret", "encryption", "signing", "master", "account", "shared"}
_ABOUT_IT = {
    "name", "names", "ref", "file", "path", "dir", "url", "uri", "endpoint", "host", "id", "arn", "ttl",
    "expires", "expiry", "expiration", "lifetime", "duration", "in", "seconds", "minutes", "hours", "days",
    "age", "length", "size", "min", "max", "minimum", "maximum", "limit", "count", "policy", "enable",
    "enabled", "disabled", "require", "required", "type", "kind", "mode", "format", "issuer", "audience",
    "header", "prefix", "suffix", "field", "algorithm", "rotation", "rotate", "rotated", "interval",
    "store", "provider", "manager", "class", "mount", "volume", "version", "existing", "use", "create",
    "process", "config", "automount", "public", "hash", "digest",
}  # fmt: skip
"""Words of a name that is about a secret and holds none: `tokenTtl`, `passwordFile`, `existingSecret`."""
_REFERENCE = re.compile(r"\$\{[^}]+\}|\$\([^)]+\)|\$[A-Za-z_]\w*|\{\{.*\}\}|<[^>]+>|%\(\w+\)s|[x*.]+", re.DOTALL)
_HARMLESS = re.compile(
    r"|true|false|yes|no|none|null|(\.{0,2}|~)(/[\w.-]+)+/?|\w[\w+.-]*://\S*|arn:\S+|\d{1,5}(ms|s|m|h|d)?",
    re.IGNORECASE,
)
"""Nothing, a switch, a path of a file, an address, a small number or a time."""


def secret_by_form(text: str) -> bool:
    """Whether a text holds a key or token of a known form, or an address with a password."""
    return bool(_FORMS.search(text)) or any(
        not _REFERENCE.match(each["password"]) and "{" not in each["password"] for each in _LOGIN.finditer(text)
    )


def secret_by_name(name: str) -> bool:
    """Whether what has this name is a secret, rather than something about one."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).lower())
    if not words or not _ABOUT_IT.isdisjoint(words):
        return False
    if any(first in _KEYS_OF and second == "key" for first, second in pairwise(words)):
        return True
    connection = ("connection", "string") in pairwise(words)
    return connection or (words[-1] != "key" and not _SECRET_WORDS.isdisjoint(words))


def literal(value: Property) -> bool:
    """Whether a known value is one itself, rather than a reference, a path, an address or a switch."""
    if isinstance(value.value, bool) or value.missing:
        return False
    text = value.text
    return text is None or not (_REFERENCE.fullmatch(text) or _HARMLESS.fullmatch(text))
