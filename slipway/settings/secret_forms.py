"""Detects secrets by the form of a value, or by the name of its key.

Settings and the policy pack both use this file; the pack, which imports nothing of the project, has a link to it. The
forms are gitleaks' own rules, as data, and a few that gitleaks lacks. Its entropies and allowlists apply to secrets
that only their context reveals: a value that begins like a vendor's key is refused, even as an example.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import re2

FILES = tuple(Path(__file__).resolve().with_name(name) for name in ("gitleaks.toml", "secret_forms.toml"))


@dataclass(frozen=True)
class Form:
    """A rule of the detector."""

    name: str
    pattern: str
    keywords: tuple[str, ...]
    """Lower-case texts; every secret of the form has one of them nearby."""
    group: int = 0
    """The part of the pattern that is the secret; 0 for the first that there is."""
    entropy: float = 0.0
    """Minimum bits per character, if only the context reveals the secret."""
    allowed: tuple[str, ...] = ()
    stopwords: frozenset[str] = frozenset()

    def finds(self, text: str) -> bool:
        """Return whether a text contains a secret of this form."""
        return any(self._is_one(found) for found in _compiled(self.pattern).finditer(text))

    def _is_one(self, found: Any) -> bool:
        groups = found.groups()
        secret = found.group(self.group) if self.group else next(filter(None, groups), found.group(0))
        if any(each in secret.lower() for each in self.keywords):
            return True  # Its own prefix identifies the vendor.
        if _entropy(secret) < self.entropy or any(each in secret.lower() for each in self.stopwords):
            return False
        return not any(
            _compiled(each).search(secret) or _compiled(each).search(found.group(0)) for each in self.allowed
        )


@cache
def forms() -> tuple[Form, ...]:
    """Return every rule that searches texts, for any file name."""
    documents = [tomllib.loads(each.read_text(encoding="utf-8")) for each in FILES]
    everywhere = documents[0]["allowlist"]
    return tuple(
        _form(rule, everywhere)
        for each in documents
        for rule in each["rules"]
        if "regex" in rule and "path" not in rule
    )


def _form(rule: Mapping[str, Any], everywhere: Mapping[str, Any]) -> Form:
    lists = [everywhere, *(each for each in rule.get("allowlists", ()) if "paths" not in each)]
    return Form(
        rule["id"],
        rule["regex"],
        tuple(rule["keywords"]),
        rule.get("secretGroup", 0),
        rule.get("entropy", 0.0),
        tuple(each for listed in lists for each in listed.get("regexes", ())),
        frozenset(each for listed in lists for each in listed.get("stopwords", ())),
    )


@cache
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


@cache
def _keywords() -> tuple[Any, tuple[frozenset[int], ...]]:
    """Return a set that finds every keyword of a text in one pass, and the numbers of the forms that have each."""
    words = sorted({word for form in forms() for word in form.keywords})
    found = re2.Set.SearchSet()
    for each in words:
        found.Add(re.escape(each))
    found.Compile()
    return found, tuple(frozenset(n for n, form in enumerate(forms()) if word in form.keywords) for word in words)


def forms_near(text: str) -> list[Form]:
    """Return the forms with a keyword in a text, in their order: most texts have none."""
    found, numbers = _keywords()
    near = frozenset[int]().union(*(numbers[each] for each in found.Match(text.lower()) or ()))
    return [forms()[each] for each in sorted(near)]


def _entropy(text: str) -> float:
    """Return Shannon's entropy in bits per character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


@lru_cache(maxsize=16384)
def secret_form(text: str, name: str = "") -> str:
    """Return the rule that a text matches, alone or under a name that reveals it; empty if none."""
    read = f'{name} = "{text}"' if name else text
    return next(
        (
            form.name
            for form in forms_near(read)
            if (name or not form.entropy or form.name != GENERIC) and form.finds(read)
        ),
        "",
    )


_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*([_,][A-Z0-9]+)+")
"""Names of variables, which are not secrets themselves."""
LONGEST = 512
"""Characters of the longest single value: a longer text is a document, whose lines are checked."""
GENERIC = "generic-api-key"
"""The rule that depends on the name alone."""
_LOGIN = re.compile(r"(?<![\w+.-])[a-zA-Z][\w+.-]*://[^\s/:@\"'<>]*:(?P<password>[^\s/@\"']+)@")
_REFERENCE = re.compile(r"\$\{[^}]+\}|\$\([^)]+\)|\$[A-Za-z_]\w*|\{\{.*\}\}|<[^>]+>|%\(\w+\)s|[x*.]{3,}", re.DOTALL)
_PLACEHOLDERS = re.compile(r"(\{[A-Za-z_][\w.\[\]-]*\})+")
"""Names in braces, which a program or Slipway fills in: `{secret.CACHE_KEY}`."""
_NUMBER = re.compile(r"[-+]?\d[\d_]*(\.\d+)?")
_HARMLESS = re.compile(
    r"|true|false|yes|no|on|off|none|null|(en|dis)abled|required|optional|strict|strong|(\.{0,2}|~)(/[\w.-]+)+/?|\w[\w+.-]*://\S*|arn:\S+|\d{1,5}(ms|s|m|h|d)?"
    r"|[HREP]S(256|384|512)|eddsa|sha-?[0-9/-]{1,7}|bcrypt|scrypt|argon2(id|i|d)?|pbkdf2[\w-]*|aes-?\d+-?\w+"
    r"|x(-[a-z][a-z0-9]*)+|authorization|bearer|basic",
    re.IGNORECASE,
)
"""Harmless values: nothing, a switch, a file path, an address, a small number or a time, an algorithm, a header."""

_SECRETS = {
    "password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "credential", "credentials", "apikey", "dsn",
}  # fmt: skip
_KEYS_OF = {"api", "private", "access", "secret", "encryption", "signing", "master", "account", "shared"}
_QUALIFIERS = {
    "base64", "b64", "hex", "value", "raw", "plain", "plaintext", "text", "old", "new", "current", "previous", "next", "prod",
    "production", "staging", "dev", "test", "live", "primary", "secondary", "base",
}  # fmt: skip
"""Words that may follow the one that counts: `JWT_SECRET_BASE64`, `SECRET_KEY_BASE`."""
_NEVER = {
    "max", "min", "maximum", "minimum", "use", "enable", "enabled", "disable", "disabled", "require", "required", "existing",
    "create", "process", "automount", "config", "pull", "public", "publishable", "allow", "allowed", "show", "hide", "validate",
}  # fmt: skip
"""Words of a name that describes a secret, whatever its last word: `MAX_TOKEN`, `existingSecret`."""
_ABOUT = {
    "name", "names", "ref", "file", "path", "dir", "url", "uri", "endpoint", "host", "id", "arn", "ttl", "expires", "expiry",
    "expiration", "lifetime", "duration", "in", "seconds", "minutes", "hours", "days", "age", "length", "size", "limit",
    "count", "policy", "type", "kind", "mode", "format", "issuer", "audience", "header", "prefix", "suffix", "field",
    "algorithm", "rotation", "rotate", "rotated", "interval", "store", "provider", "manager", "class", "mount", "volume",
    "version", "config", "hash", "digest", "cookie", "scheme", "encoding", "pattern", "regex", "strength", "complexity",
    "rounds", "cost", "iterations", "attempts", "retries", "history", "grace", "window", "threshold", "rate", "burst",
    "bucket", "budget", "cache", "timeout", "leeway", "skew", "claim", "claims", "scope", "scopes", "realm", "strategy",
    "rules", "template", "subject", "label", "placeholder", "message", "hint", "page", "method", "flow", "model", "separator",
    "check", "flag", "flags", "characters", "digits", "bytes", "bits", "key",
}  # fmt: skip
"""Last words of a name that describes a secret without being one: `tokenTtl`, `passwordFile`, `CSRF_TOKEN_HEADER`."""
_BUILT_IN = ("REACT_APP_", "NEXT_PUBLIC_", "NUXT_PUBLIC_", "EXPO_PUBLIC_", "VITE_", "GATSBY_")
"""Prefixes of variables that are built into public pages."""


def has_secret_form(text: str) -> bool:
    """Return whether a text contains a key or token of a known form, or an address with a password."""
    passwords = [each["password"] for each in _logins(text)]
    return bool(secret_form(text)) or not all(
        _REFERENCE.fullmatch(each) or _PLACEHOLDERS.fullmatch(each) for each in passwords
    )


@lru_cache(maxsize=16384)
def is_secret_name(name: str) -> bool:
    """Return whether a value with this name is a secret, rather than something about one."""
    words = _words(name)
    if name.startswith(_BUILT_IN) or not words or not _NEVER.isdisjoint(words):
        return False
    return _is_one(words) or (_speaks_of_one(words) and _ABOUT.isdisjoint(words))


def is_secret(name: str, text: str) -> bool:
    """Return whether a text under this name is a secret, by its own form or by the name."""
    return has_secret_form(text) or (not is_harmless(name, text) and (is_secret_name(name) or in_context(name, text)))


def in_context(name: str, text: str) -> bool:
    """Return whether a text is a secret because of its name, by a form that only the context reveals."""
    if " " in text or _CONSTANT.fullmatch(text) or len(text) > LONGEST:
        return False
    words = _words(name)
    if name.startswith(_BUILT_IN) or not _NEVER.isdisjoint(words) or (words and words[-1] in _ABOUT - {"key"}):
        return False
    return bool(secret_form(text, name))


def is_harmless(name: str, text: str) -> bool:
    """Return whether a text is harmless even under the name of a secret: a reference, a path, an address, a switch, or
    any number if the name only describes a secret."""
    if _REFERENCE.fullmatch(text) or _HARMLESS.fullmatch(text):
        return True
    return bool(_NUMBER.fullmatch(text)) and not _is_one(_words(name))


def _logins(text: str) -> list[re.Match[str]]:
    return list(_LOGIN.finditer(text)) if "://" in text else []


def _words(name: str) -> list[str]:
    words = re.findall(r"[a-z0-9]+", re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).lower())
    while len(words) > 1 and (words[-1] in _QUALIFIERS or re.fullmatch(r"v?\d+", words[-1])):
        words.pop()
    return [*words[:-1], words[-1].rstrip("0123456789")] if words else []


def _is_one(words: list[str]) -> bool:
    pair = (words[-2] if len(words) > 1 else "", words[-1]) if words else ("", "")
    return pair[1] in _SECRETS or pair == ("connection", "string") or (pair[0] in _KEYS_OF and pair[1] == "key")


def _speaks_of_one(words: list[str]) -> bool:
    keys = any(first in _KEYS_OF and second == "key" for first, second in pairwise(words))
    return keys or not _SECRETS.isdisjoint(words)
