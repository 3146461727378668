"""What a measured process says of itself at its end."""

from __future__ import annotations

import json
import resource

KIB_PER_MIB = 1024


def report() -> None:
    """Print the peak memory in MiB of this process plus that of the largest process it started, as one line of JSON."""
    own, child = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"peak": (own + child) / KIB_PER_MIB}))
