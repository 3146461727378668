"""A repository of images that the account of a cluster already has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TakenRepository:
    """A repository that a plan would create and somebody else has."""

    name: str
    owner: str | None
    """The cluster of Slipway that has it; None if it is nobody's."""
    remedy: str
    """What to do."""
