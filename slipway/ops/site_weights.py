"""The traffic split of a static site: the state that the edge function reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class EdgeState:
    """The value of the key `state` in a site's KeyValueStore."""

    active: str
    """The slot of visitors that the edge function cannot assign."""
    weights: Mapping[str, int]
    """Percent of new visitors by slot."""
    epoch: int
    """A visitor's cookie is valid only with this number in it."""
    maintenance: bool = False
    """True if visitors see the maintenance page."""

    def __post_init__(self) -> None:
        if self.active not in self.weights:
            raise ValueError(f"the active slot '{self.active}' has no weight")
        if sum(self.weights.values()) != 100 or min(self.weights.values()) < 0:
            raise ValueError(f"the weights {dict(self.weights)} are not percentages that add up to 100")

    def to_json(self) -> str:
        """Return the JSON that the edge function reads."""
        document = {
            "active": self.active,
            "weights": dict(self.weights),
            "epoch": self.epoch,
            "maintenance": self.maintenance,
        }
        return json.dumps(document, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> EdgeState:
        """Parse a state. Raises ValueError, which quotes nothing of `text`, if it is invalid."""
        try:
            document: dict[str, Any] = json.loads(text)
            return cls(
                active=document["active"],
                weights={slot: int(weight) for slot, weight in document["weights"].items()},
                epoch=int(document["epoch"]),
                maintenance=bool(document.get("maintenance", False)),
            )
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"is not a state of a site ({type(error).__name__})") from None
