"""All uses of the private parts of Pulumi's SDK for Python, and their self-test.

The SDK runs in the same process, so some of its parts are replaced or read where the public way is slow or in another
process. A release may change them without notice. The self-test runs before each program: if a part differs, the
rehearsal stops and names both versions, because its plan could be wrong.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from importlib import import_module, metadata
from types import ModuleType
from typing import Any

from slipway.rehearsal.errors import RehearsalError

TRIED = "3.272.0"
"""The version of the package `pulumi` against which all of this was written."""
_RESOURCES = "pulumi.resource"
_RESOURCE = "pulumi.runtime.resource"
_STACK = "pulumi.runtime.stack"
_INVOKE = "pulumi.runtime.invoke"
_RPC = "pulumi.runtime.rpc"
PLAIN: ContextVar[bool] = ContextVar("plain", default=False)
"""True while the program calls a function whose result it needs at once, and not as an output."""
# https://github.com/pulumi/pulumi/blob/v3.272.0/sdk/python/lib/pulumi/runtime/resource.py and _callbacks.py next to it
# https://github.com/pulumi/pulumi/blob/v3.272.0/sdk/python/lib/pulumi/runtime/resource_cycle_breaker.py
# https://github.com/pulumi/pulumi/blob/v3.272.0/sdk/python/lib/pulumi/resource.py
FUNCTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("pulumi.log", "debug"): ("msg", "resource", "stream_id", "ephemeral"),
    (_RESOURCE, "_get_stack_trace"): (),
    (_INVOKE, "_invoke"): ("tok", "props", "opts", "typ", "package_ref", "check_dependencies"),
    (_RESOURCE, "create_urn"): ("name", "type_", "parent", "project", "stack"),
    (_RESOURCES, "collapse_alias_to_urn"): ("alias", "defaultName", "defaultType", "defaultParent"),
    (_RPC, "declare_dependency"): ("from_resource", "to_resource"),
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
    """Skip the URN that the SDK computes for each resource and drops when a monitor answers, and those of aliases, which it
    reads only if the monitor takes no names and types: a type with many versions has dozens of aliases."""
    module = _module(_RESOURCE)
    original, dropped = module.create_urn, _Dropped()

    def create_urn(name: Any, type_: Any, parent: Any = None, *args: Any, **kwargs: Any) -> Any:
        is_dropped = isinstance(parent, str) and isinstance(name, str) and not args and not kwargs
        return dropped if is_dropped else original(name, type_, parent, *args, **kwargs)

    module.create_urn = create_urn
    resources = _module(_RESOURCES)
    urn_of_alias = resources.collapse_alias_to_urn

    def collapse_alias_to_urn(alias: Any, *defaults: Any) -> Any:
        is_valid = isinstance(alias, str) or (
            isinstance(alias, resources.Alias) and alias.name is not None and alias.type_ is not None
        )
        return dropped if is_valid else urn_of_alias(alias, *defaults)

    resources.collapse_alias_to_urn = collapse_alias_to_urn


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

    async def wait(
        self, tasks: Iterable[asyncio.Future[Any]], return_when: str
    ) -> tuple[Sequence[asyncio.Future[Any]], set[asyncio.Future[Any]]]:
        """Return what is done and what is not. The SDK raises the first failure: that of a resource, which names it,
        comes before that of the output which made the resource fail."""
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        return sorted(done, key=_is_cause), pending


def _is_cause(task: asyncio.Future[Any]) -> bool:
    failure = None if task.cancelled() else task.exception()
    return failure is not None and failure.__cause__ is None


def look_for_cycles_upwards() -> None:
    """Refuse a dependency that closes a cycle as the SDK does, but walk what depends on the resource, which is hardly
    anything while it is being registered. The SDK walks all that the other one depends on, for each dependency again."""
    dependents: defaultdict[Any, set[Any]] = defaultdict(set)

    def declare_dependency(from_resource: Any, to_resource: Any) -> bool:
        if to_resource in _dependents_of(from_resource, dependents):
            return False
        dependents[to_resource].add(from_resource)
        return True

    _module(_RPC).declare_dependency = declare_dependency


def _dependents_of(resource: Any, dependents: Mapping[Any, set[Any]]) -> set[Any]:
    """Return the resource and all that depend on it, at once or through others."""
    found, pending = {resource}, [resource]
    while pending:
        new = dependents.get(pending.pop(), set()) - found
        found |= new
        pending += new
    return found


def mark_plain_calls() -> None:
    """Set PLAIN during the calls that return a value instead of an output: the monitor cannot tell them apart."""
    module = _module(_INVOKE)
    original = module._invoke

    def _invoke(*args: Any, check_dependencies: bool = False, **kwargs: Any) -> Awaitable[Any]:
        work = original(*args, check_dependencies=check_dependencies, **kwargs)
        return work if check_dependencies else _plain(work)

    module._invoke = _invoke


async def _plain(work: Awaitable[Any]) -> Any:
    before = PLAIN.set(True)
    try:
        return await work
    finally:
        PLAIN.reset(before)


def callback(token: str) -> Callable[[bytes], Awaitable[Any]] | None:
    """Return the program's function for a token; None if it belongs to a server of another process."""
    servicers = _module("pulumi.runtime._callbacks")._CallbackServicer._servicers
    found = [servicer._callbacks[token] for servicer in servicers if token in servicer._callbacks]
    return found[0] if found and inspect.iscoroutinefunction(found[0]) else None
