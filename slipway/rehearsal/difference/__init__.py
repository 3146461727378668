"""Compares a plan with another plan, or with an exported state.

Pulumi's engine asks each provider whether a change is a replacement. Here the table `replaces.yaml` answers, so no
provider and no credentials are needed. If the table has no row, the report says that the change *may* replace.
"""

from __future__ import annotations

from slipway.rehearsal.difference.before import Before, read_file
from slipway.rehearsal.difference.compare import Change, Changed, Difference, Op, compare

__all__ = ["Before", "Change", "Changed", "Difference", "Op", "compare", "read_file"]
