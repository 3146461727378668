"""What may be in no output: values by their form, their name, and the variables that they come from."""

from __future__ import annotations

import re
from typing import Any

from slipway.settings.secret_forms import has_secret_form, is_harmless, is_secret, is_secret_name

SHORTEST_SECRET = 4
"""Characters from which on a secret is looked for inside of other texts. Chosen: shorter ones are in too many words."""
_ENDS_AS_SECRET = re.compile(r"(PASS|(^|_)(PW|KEY|SALT|PEPPER|AUTH|CREDENTIALS?))$")
_USERINFO = re.compile(r"://[^\s/@]+@")


class Confidential:
    """Values that may be in no output, collected before anything is written."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def learn(self, name: str, text: str | None, *, secret: bool = False) -> None:
        """Remember a value if its name or its form is a secret's."""
        if text and (secret or is_confidential(name, text)):
            self._values.add(text)

    def is_known(self, text: str) -> bool:
        """Return whether a text has one of the values in it."""
        return any(text == each or (len(each) >= SHORTEST_SECRET and each in text) for each in self._values)


def is_confidential(name: str, text: str) -> bool:
    """Return whether a text under this name is a secret, by either."""
    return is_secret(name, text) or has_login(text) or (names_a_secret(name) and not is_harmless(name, text))


def has_login(text: str) -> bool:
    """Return whether a text is, or has in it, a key of a known form, or an address with a user or a password."""
    return has_secret_form(text) or bool(_USERINFO.search(text))


def names_a_secret(name: str) -> bool:
    """Return whether a variable of this name has a secret: more names than elsewhere, because what is copied once stays."""
    return is_secret_name(name) or (bool(_ENDS_AS_SECRET.search(name.upper())) and "PUBLIC" not in name.upper())


def comes_from_secret(value: Any) -> bool:
    """Return whether a value, or one in it, has a variable with the name of a secret."""
    if isinstance(value, dict | list):
        return any(comes_from_secret(each) for each in (value.values() if isinstance(value, dict) else value))
    return bool(getattr(value, "secret", False))
