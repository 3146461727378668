"""Transforms: functions of the program that may rewrite a resource's inputs and options before it registers.

Engine: pkg/resource/deploy/source_eval.go (wrapTransformCallback).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import resource_pb2

from slipway.rehearsal import callbacks, values
from slipway.rehearsal.wire import Callback, InvokeRequest, Options, RegisterRequest


@dataclass(frozen=True)
class Goal:
    """The target of a registration: inputs, options, and the URNs on which it and each of its properties depend."""

    inputs: Struct
    options: Options
    dependencies: frozenset[str]
    property_dependencies: Mapping[str, frozenset[str]]


def goal_of(request: RegisterRequest, options: Options) -> Goal:
    """Return the goal in the request. Without property dependencies each property has all dependencies."""
    inputs, dependencies = request.object, frozenset(request.dependencies)
    if request.propertyDependencies or request.remote:
        by_property = {key: frozenset(found.urns) for key, found in request.propertyDependencies.items()}
    else:
        by_property = dict.fromkeys(inputs.fields, dependencies)
    for key in inputs.fields:
        by_property.setdefault(key, frozenset())
    if request.remote:
        by_property = {
            key: urns | values.output_dependencies(inputs.fields[key]) if key in inputs.fields else urns
            for key, urns in by_property.items()
        }
    return Goal(inputs, options, dependencies, by_property)


async def transformed(transforms: Iterable[Callback], request: RegisterRequest, goal: Goal) -> Goal:
    """Return the goal after all transforms, run in the order given.

    As in the engine, new dependencies count only if the resource has a transform of its own: transforms of its parents
    and of the stack see output values without them and cannot add any.
    """
    has_own = bool(request.transforms)
    options, inputs = goal.options, values.as_outputs(goal.inputs, goal.property_dependencies if has_own else {})
    for transform in transforms:
        message = resource_pb2.TransformRequest(
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            properties=inputs,
            options=options,
        )
        response = await callbacks.call(transform, message, resource_pb2.TransformResponse)
        inputs = response.properties if response.HasField("properties") else inputs
        options = response.options if response.HasField("options") else options
    found = {key: frozenset(values.output_dependencies(value)) for key, value in inputs.fields.items()}
    if has_own:
        dependencies = frozenset(options.depends_on).union(*found.values())
    else:
        dependencies = goal.dependencies
        found = {key: urns | goal.property_dependencies.get(key, frozenset()) for key, urns in found.items()}
        found = {**goal.property_dependencies, **found}
    return Goal(inputs if request.remote else values.without_outputs(inputs), options, dependencies, found)


async def transformed_invoke(transforms: Iterable[Callback], request: InvokeRequest) -> InvokeRequest:
    """Return a function call after the stack's invoke transforms."""
    for transform in transforms:
        message = resource_pb2.TransformInvokeRequest(
            token=request.tok,
            args=request.args,
            options=resource_pb2.TransformInvokeOptions(
                provider=request.provider, version=request.version, plugin_download_url=request.pluginDownloadURL
            ),
        )
        response = await callbacks.call(transform, message, resource_pb2.TransformInvokeResponse)
        if response.HasField("args"):
            request.args.CopyFrom(response.args)
        if response.HasField("options"):
            request.provider, request.version = response.options.provider, response.options.version
    return request
