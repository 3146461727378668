"""An amount between a low and a high one, such as pods between the minimum and the maximum of an autoscaler."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """The range from `low` to `high`, both included."""

    low: float = 0.0
    high: float = 0.0

    @classmethod
    def exactly(cls, amount: float) -> Span:
        return cls(amount, amount)

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Span) -> Span:
        """Subtract the ends: the changes of the low and of the high estimate."""
        return Span(self.low - other.low, self.high - other.high)

    def __mul__(self, factor: float) -> Span:
        return Span(self.low * factor, self.high * factor)

    @property
    def exact(self) -> bool:
        return self.low == self.high


NOTHING = Span()


def total(spans: Iterable[Span]) -> Span:
    return sum(spans, NOTHING)
