"""`make test`: the linters run while the tests do, and say what they found when the tests have said theirs.

    python -m tests.whole ARGUMENTS-OF-PYTEST…

Ends as the tests do, and where they pass as the linters do.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence

LINTERS = ("make", "--no-print-directory", "lint")
INTERRUPTED = 2
"""The exit status of pytest after Ctrl-C."""


def main(arguments: Sequence[str], linters: Sequence[str] = LINTERS) -> int:
    # The linters are no part of the make that started this, which may allow one job at a time.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS")}
    with tempfile.TemporaryFile() as found:
        linting = subprocess.Popen(linters, env=environment, stdout=found, stderr=subprocess.STDOUT)
        testing = subprocess.Popen([sys.executable, "-m", "pytest", *arguments])
        # A Ctrl-C at the terminal goes to all of them, this only to the one who started them.
        signal.signal(signal.SIGTERM, lambda *_: testing.terminate())
        tested = _patient(testing)
        if tested == INTERRUPTED:
            linting.terminate()
        linted = _patient(linting)
        if tested != INTERRUPTED:
            found.seek(0)
            print(f"\nThe linters:\n{found.read().decode().strip()}", flush=True)
    return tested or linted


def _patient(process: subprocess.Popen[bytes]) -> int:
    """Its status. After a Ctrl-C it ends by itself: tests stop what they have started."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
