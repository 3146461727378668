"""Services of a cloud that an account registers before resources of theirs can be created."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Registration:
    """A service, whether the account has registered it, and the command that does."""

    name: str
    registered: bool
    remedy: str
