"""Makes the SDK faster in one process. The private parts of it are in `sdk.py`.

Measured on 1,000 typed Kubernetes resources, the garbage collector costs most: it repeatedly walks every live object
while the program only adds to them, which is also why the bare SDK's time grows faster than its programs.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from slipway.rehearsal import sdk
from slipway.rehearsal.sources import program_uri

COLLECT_AFTER = (5_000_000, 50, 1_000)
"""Allocations before a collection of the youngest generation, and collections before one of the next.

A resource leaves about 600 live objects and hardly any garbage in cycles, so a collection finds next to nothing. The
bound is for programs that do make such garbage: up to some 500 MB of it stay.
"""

INIT_FRAMES = 3
"""Constructors between a program and the SDK's register function: the class's own, CustomResource's, Resource's."""


def tune(root: Path) -> None:
    """Tune this process for one run of the program at `root`. Call it after pulumi is imported."""
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    sdk.verify()
    sdk.silence_debug_log()
    uris: dict[str, str] = {}
    sdk.send_position(lambda: _position(root, uris))
    sdk.skip_unused_urns()
    sdk.wait_for_outputs_together()
    sdk.look_for_cycles_upwards()
    sdk.mark_plain_calls()


def _position(root: Path, uris: dict[str, str]) -> tuple[str, int] | None:
    """Return the program's line, as URI and number."""
    frame = _frame_of(root, uris)
    return None if frame is None else (uris[frame.f_code.co_filename], frame.f_lineno)


def _frame_of(root: Path, uris: dict[str, str]) -> FrameType | None:
    """Return the innermost frame of the program that is not a constructor of the resource itself."""
    constructors = 0
    for frame in _frames():
        if constructors < INIT_FRAMES:
            constructors += frame.f_code.co_name == "__init__"
            continue
        name = frame.f_code.co_filename
        if name not in uris:
            uris[name] = program_uri(name, root)
        if uris[name]:
            return frame
    return None


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back
