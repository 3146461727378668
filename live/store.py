"""Where supplied secrets live, whatever the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class SecretStore(Protocol):
    """The supplied secrets of one system on one cluster. Every call may raise CloudFailure; none returns a value."""

    limit: int
    """Most bytes of one value."""

    def place(self, name: str) -> str:
        """Where the secret `name` is kept, for people."""
        ...

    def set(self, name: str, value: str) -> None:
        """Replaces the value of `name`. Raises MissingEntry before the first `pulumi up`."""
        ...

    def filled(self) -> Mapping[str, datetime | None]:
        """When each supplied secret got the value that it has; None while it has none."""
        ...
