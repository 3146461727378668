"""Resource hooks. At preview only hooks with `on_dry_run` run.

Engine: pkg/resource/deploy/resource_hooks.go, pkg/resource/deploy/source_eval.go (RegisterResourceHook).
"""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import resource_pb2

from slipway.rehearsal import callbacks, urns
from slipway.rehearsal.engine import Engine
from slipway.rehearsal.wire import MonitorError


class HookError(Exception):
    """A hook of the program failed; the message names it."""


class Hooks:
    """The hooks that the program registered, by name."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._hooks: dict[str, resource_pb2.RegisterResourceHookRequest] = {}
        self._error_hooks: set[str] = set()

    def add(self, request: resource_pb2.RegisterResourceHookRequest) -> None:
        self._refuse_known(request.name)
        self._hooks[request.name] = request

    def add_error_hook(self, name: str) -> None:
        """Record an error hook. Such hooks handle failed operations, which a preview has none of; only their names
        matter."""
        self._refuse_known(name)
        self._error_hooks.add(name)

    def _refuse_known(self, name: str) -> None:
        if not name:
            raise MonitorError("resource hook name cannot be empty")
        if name in self._hooks or name in self._error_hooks:
            raise MonitorError(f'resource hook already registered for name "{name}"')

    def runs(self, names: Iterable[str]) -> bool:
        """Return whether one of these hooks runs at preview."""
        return any(name in self._hooks and self._hooks[name].on_dry_run for name in names)

    async def run(
        self, names: Iterable[str], event: str, urn: str, inputs: Struct, outputs: Struct | None = None
    ) -> None:
        """Run the hooks of an event, "before" or "after", one by one. Raises HookError."""
        for name in names:
            hook = self._hooks.get(name)
            if hook is None:
                raise HookError(f'hook "{name}" was not registered')
            if not hook.on_dry_run:
                continue
            message = resource_pb2.ResourceHookRequest(
                urn=urn, name=urns.name_of(urn), type=urns.type_of(urn), new_inputs=inputs, new_outputs=outputs
            )
            error = await _call(hook, message)
            if error and not hook.ignore_errors:
                raise HookError(f'{event} hook "{name}" failed: {error}')
            if error:
                self._engine.report("warning", f'{event} hook "{name}" failed: {error}', urn)


async def _call(hook: resource_pb2.RegisterResourceHookRequest, message: resource_pb2.ResourceHookRequest) -> str:
    try:
        response = await callbacks.call(hook.callback, message, resource_pb2.ResourceHookResponse)
    except MonitorError as error:
        return error.details()
    return response.error
