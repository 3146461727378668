"""All uses of the private parts of Pulumi's SDK for Python, and their self-test.

The SDK runs in the same process, so some of its parts are replaced or read where the public way is slow or in another
process. A release may change them without notice. The self-test runs before each program: if a part differs, the
rehearsal stops and names both versions, because its plan could be wrong.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable
from importlib import import_module, metadata
from types import ModuleType
from typing import Any

from slipway.rehearsal.errors import RehearsalError

TRIED = "3.272.0"
"""The version of the package `pulumi` against which all of this was written."""
_RESOURCE = "pulumi.runtime.resource"
_STACK = "pulumi.runtime.stack"
# https://github.com/pulumi/pulumi/blob/v3.272.0/sdk/python/lib/pulumi/runtime/resource.py and _callbacks.py next to it
FUNCTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("pulumi.log", "debug"): ("msg", "resource", "stream_id", "ephemeral"),
    (_RESOURCE, "_get_stack_trace"): (),
    (_RESOURCE, "create_urn"): ("name", "type_", "parent", "project", "stack"),
}
"""The replaced functions, and their parameters."""
VALUES: dict[tuple[str, str], type] = {
    (_RESOURCE, "source_pb2.StackTrace"): type,
    (_RESOURCE, "source_pb2.StackFrame"): type,
    (_RESOURCE, "source_pb2.SourcePosition"): type,
    ("pulumi.runtime._callbacks", "_CallbackServicer._servicers"): list,
    (_STACK, "asyncio"): ModuleType,
}
"""The attributes that are read, and their kinds."""


class SdkError(RehearsalError):
    """The installed SDK differs from the version that the rehearsal supports."""


def verify() -> None:
    """Raise SdkError if a part of the installed SDK differs."""
    wrong = [*_wrong_functions(), *_wrong_values()]
    if wrong:
        raise SdkError(
            f"pulumi {metadata.version('pulumi')} differs from the supported pulumi {TRIED}: {'; '.join(wrong)}: "
            f"install pulumi=={TRIED}"
        )


def _wrong_functions() -> list[str]:
    wrong = []
    for (module, name), parameters in FUNCTIONS.items():
        found = _part(module, name)
        if not callable(found):
            wrong.append(f"{module}.{name} is missing")
        elif (given := tuple(inspect.signature(found).parameters)) != parameters:
            wrong.append(f"{module}.{name} takes ({', '.join(given)}), not ({', '.join(parameters)})")
    return wrong


def _wrong_values() -> list[str]:
    return [
        f"{module}.{name} is not a {kind.__name__}"
        for (module, name), kind in VALUES.items()
        if not isinstance(_part(module, name), kind)
    ]


def _module(name: str) -> Any:
    return import_module(name)


def _part(module: str, name: str) -> Any:
    try:
        found = _module(module)
    except ImportError:
        return None
    for each in name.split("."):
        found = getattr(found, each, None)
    return found


def silence_debug_log() -> None:
    """Drop the SDK's debug messages: the engine does not show them, and the SDK sends several for each resource."""
    _module("pulumi.log").debug = lambda *args, **kwargs: None


def send_position(position: Callable[[], tuple[str, int] | None]) -> None:
    """Make each request carry only the frame, as URI and line, that `position` finds; the SDK reads the source text of
    the whole stack."""
    module = _module(_RESOURCE)
    messages = module.source_pb2

    def stack_trace() -> Any:
        found = position()
        if found is None:
            return messages.StackTrace()
        uri, line = found
        return messages.StackTrace(frames=[messages.StackFrame(pc=messages.SourcePosition(uri=uri, line=line))])

    module._get_stack_trace = stack_trace


def skip_unused_urns() -> None:
    """Skip the URN that the SDK computes for each resource and drops when a monitor answers."""
    module = _module(_RESOURCE)
    original, dropped = module.create_urn, _Dropped()

    def create_urn(name: Any, type_: Any, parent: Any = None, *args: Any, **kwargs: Any) -> Any:
        is_dropped = isinstance(parent, str) and isinstance(name, str) and not args and not kwargs
        return dropped if is_dropped else original(name, type_, parent, *args, **kwargs)

    module.create_urn = create_urn


class _Dropped:
    """A replacement for an output that nobody reads."""

    async def future(self) -> str:
        return ""


def wait_for_outputs_together() -> None:
    """Wait for all outputs of a program at once, or until one fails: the SDK waits until any of them is done, then for
    all others again, which takes time by the square of their number."""
    _module(_STACK).asyncio = _PatientAsyncio("asyncio")


class _PatientAsyncio(ModuleType):
    """The module, but for its `wait`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    def wait(self, tasks: Iterable[asyncio.Future[Any]], return_when: str) -> Awaitable[Any]:
        return asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)


def callback(token: str) -> Callable[[bytes], Awaitable[Any]] | None:
    """Return the program's function for a token; None if it belongs to a server of another process."""
    servicers = _module("pulumi.runtime._callbacks")._CallbackServicer._servicers
    found = [servicer._callbacks[token] for servicer in servicers if token in servicer._callbacks]
    return found[0] if found and inspect.iscoroutinefunction(found[0]) else None
