"""One program in a rehearsal: `python -m benchmarks.rehearsed <directory>`."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.usage import report
from slipway.rehearsal import rehearse

if __name__ == "__main__":
    rehearsal = rehearse(Path(sys.argv[1]), project="bench", stack="bench", config={})
    if rehearsal.failure:
        raise SystemExit(rehearsal.failure)
    report()
