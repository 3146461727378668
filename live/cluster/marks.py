"""How objects of a rehearsal are told from others: an annotation for people, a label for lists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

LABEL, ANNOTATION = "slipway.dev/rehearsal", "slipway.dev/rehearsed-by"
FIELD_MANAGER = "slipway"


@dataclass(frozen=True)
class Mark:
    """One stack's part of one cluster."""

    stack: str
    cluster: str

    @property
    def text(self) -> str:
        return f"{self.stack}/{self.cluster}"

    @property
    def digest(self) -> str:
        """Short enough for a label, whatever the names are."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    @property
    def selector(self) -> str:
        return f"{LABEL}={self.digest}"
