"""The stores of supplied secrets, for any cloud."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class SecretStore(Protocol):
    """The supplied secrets of one system on one cluster. Every call may raise CloudFailure; none returns a value."""

    limit: int
    """Maximum bytes of one value."""

    def place(self, name: str) -> str:
        """Return the location of the secret `name`, for people."""
        ...

    def set(self, name: str, value: str) -> None:
        """Replace the value of `name`. Raises MissingEntry before the first `pulumi up`."""
        ...

    def filled(self) -> Mapping[str, datetime | None]:
        """Return when each supplied secret got its current value; None while it has none."""
        ...
