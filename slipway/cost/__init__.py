"""Estimates the monthly cost of a plan, and of a change, at list prices that are in the repository.

Quantities come from the plan (`clouds/`), prices from `prices/<cloud>.yaml`, and quantities that are in neither, such
as hours and gigabytes, from `prices/assumptions.yaml`. A cost without a price is reported as unknown, never as zero.
"""

from __future__ import annotations

from slipway.cost.compare import Difference, compare
from slipway.cost.estimate import Estimate, estimate
from slipway.cost.prices import Prices, load
from slipway.cost.span import Span

__all__ = ["Difference", "Estimate", "Prices", "Span", "compare", "estimate", "load"]
