"""What makes the SDK faster in one process. Each step that touches its private parts is skipped where they differ.

Measured on 1,000 typed Kubernetes resources, the garbage collector costs most: it walks every live object again and
again while the program only adds to them, which is also what makes the bare SDK's time grow faster than its programs.
"""

from __future__ import annotations

import gc
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pulumi
from pulumi.runtime import resource

from rehearsal.sources import in_program

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
    _drop_debug_log()
    _use_short_stack_trace(resource, root)
    _skip_unused_urns(resource)


def _drop_debug_log() -> None:
    """The engine shows debug messages to nobody here, and the SDK sends several for each resource."""
    pulumi.log.debug = lambda *args, **kwargs: None


def _use_short_stack_trace(module: Any, root: Path) -> None:
    """Send the one frame that names the program's line; the SDK reads the source text of the whole stack."""
    if not (callable(getattr(module, "_get_stack_trace", None)) and hasattr(module, "source_pb2")):
        return
    if inspect.signature(module._get_stack_trace).parameters:
        return
    source_pb2 = module.source_pb2
    uris: dict[str, str] = {}

    def short_stack_trace() -> Any:
        frame = _frame_of(root, uris)
        if frame is None:
            return source_pb2.StackTrace()
        position = source_pb2.SourcePosition(uri=uris[frame.f_code.co_filename], line=frame.f_lineno)
        return source_pb2.StackTrace(frames=[source_pb2.StackFrame(pc=position)])

    module._get_stack_trace = short_stack_trace


def _frame_of(root: Path, uris: dict[str, str]) -> FrameType | None:
    """The innermost frame of the program that is not a constructor of the resource itself."""
    constructors = 0
    for frame in _frames():
        if constructors < INIT_FRAMES:
            constructors += frame.f_code.co_name == "__init__"
            continue
        name = frame.f_code.co_filename
        if name not in uris:
            uris[name] = Path(name).absolute().as_uri() if in_program(name, root) else ""
        if uris[name]:
            return frame
    return None


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _skip_unused_urns(module: Any) -> None:
    """The SDK computes a URN of its own for each resource and drops it when a monitor answers."""
    original = getattr(module, "create_urn", None)
    if original is None:
        return
    dropped = _Dropped()

    def create_urn(name: Any, type_: Any, parent: Any = None, *args: Any, **kwargs: Any) -> Any:
        is_dropped = isinstance(parent, str) and isinstance(name, str) and not args and not kwargs
        return dropped if is_dropped else original(name, type_, parent, *args, **kwargs)

    module.create_urn = create_urn


class _Dropped:
    """Stands for an output that nobody reads."""

    async def future(self) -> str:
        return ""
