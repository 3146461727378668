"""What a stack needs of a cloud's quotas, and what they allow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QuotaStatus:
    """A quota in a region or a zone, with the number of what the plan has and what else exists in the account: None if
    that is not counted. `limit` is None if the quota, or what exists, could not be read: `problem` says why."""

    name: str
    planned: int
    existing: int | None = 0
    limit: float | None = None
    problem: str = ""
    remedy: str = ""
    """The command that raises the quota."""

    @property
    def needed(self) -> int:
        return self.planned + (self.existing or 0)

    @property
    def enough(self) -> bool | None:
        """Return whether the quota allows what is needed; None if it is not known."""
        return None if self.limit is None else self.needed <= self.limit
