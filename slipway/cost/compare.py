"""The cost of a change: the difference of two estimates at the same prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from slipway.cost.estimate import Estimate, Unpriced
from slipway.cost.span import NOTHING, Span


@dataclass(frozen=True)
class Difference:
    """The difference between two estimates."""

    before: Estimate
    after: Estimate

    @property
    def total(self) -> Span:
        """Return the change in US dollars a month."""
        return self.after.total - self.before.total

    @cached_property
    def by_cluster(self) -> Mapping[str, Span]:
        return _changes(self.before.by_cluster, self.after.by_cluster)

    @cached_property
    def by_system(self) -> Mapping[tuple[str, str], Span]:
        """Return the change by cluster and system, for all that are in either estimate."""
        return _changes(self.before.by_system, self.after.by_system)

    @cached_property
    def by_resource(self) -> Mapping[str, Span]:
        """Return the change by URN, of resources whose cost changed, the largest change first. A renamed resource
        counts as the same."""
        before = {self._now.get(urn, urn): cost for urn, cost in self.before.by_resource.items()}
        found = {urn: each for urn, each in _changes(before, self.after.by_resource).items() if _differs(each)}
        return dict(sorted(found.items(), key=lambda item: -max(abs(item[1].low), abs(item[1].high))))

    @property
    def unknown(self) -> tuple[Unpriced, ...]:
        """Return the costs that were not unknown before."""
        known = {(self._now.get(each.resource.urn, each.resource.urn), each.what) for each in self.before.unknown}
        return tuple(each for each in self.after.unknown if (each.resource.urn, each.what) not in known)

    @cached_property
    def _now(self) -> Mapping[str, str]:
        """Return the current URN of each alias."""
        reported = [each.resource for each in (*self.after.lines, *self.after.unknown)]
        return {alias: each.urn for each in reported for alias in each.aliases}

    @property
    def same(self) -> bool:
        return not self.by_resource and not self.unknown


def compare(before: Estimate, after: Estimate) -> Difference:
    return Difference(before, after)


def _changes(before: Mapping, after: Mapping) -> dict:
    return {key: after.get(key, NOTHING) - before.get(key, NOTHING) for key in {**before, **after}}


def _differs(change: Span) -> bool:
    """Return whether a change rounds to at least a cent: sums of the same parts differ in the last digits."""
    return max(abs(change.low), abs(change.high)) >= 0.005
