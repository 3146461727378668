"""The mark of objects of a rehearsal: an annotation for people, a label for lists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

LABEL, ANNOTATION = "slipway.dev/rehearsal", "slipway.dev/rehearsed-by"
DIGEST = "slipway.dev/rehearsed"
"""Annotation with the digest of what was last sent."""
FIELD_MANAGER = "slipway"


@dataclass(frozen=True)
class Mark:
    """The identity of one stack on one cluster."""

    stack: str
    cluster: str

    @property
    def text(self) -> str:
        return f"{self.stack}/{self.cluster}"

    @property
    def digest(self) -> str:
        """Return a digest that fits into a label, however long the names are."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    @property
    def selector(self) -> str:
        return f"{LABEL}={self.digest}"
