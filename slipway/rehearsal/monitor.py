"""The resource monitor: it answers a program as Pulumi's engine does at preview, without a provider and without a
state.

The SDK calls the methods in CamelCase, which take and return the messages of its resource monitor service.

Engine: pkg/resource/deploy/source_eval.go (RegisterResource, ReadResource, Invoke, SupportsFeature).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, resource_pb2

from slipway.rehearsal import invokes, result_types, sdk, transforms, urns
from slipway.rehearsal.deployment import Deployment
from slipway.rehearsal.loop import Requests
from slipway.rehearsal.plan import UNKNOWN
from slipway.rehearsal.wire import (
    Callback,
    InvokeRequest,
    InvokeResponse,
    MonitorError,
    ReadRequest,
    ReadResponse,
    RegisterRequest,
    RegisterResponse,
)

Response = TypeVar("Response", InvokeResponse, provider_pb2.CallResponse)

FEATURES = (
    "SECRETS",
    "RESOURCE_REFERENCES",
    "OUTPUT_VALUES",
    "ALIAS_SPECS",
    "REPLACEMENT_TRIGGER",
    "DELETED_WITH",
    "REPLACE_WITH",
    "TRANSFORMS",
    "INVOKE_TRANSFORMS",
    "PARAMETERIZATION",
    "RESOURCE_HOOKS",
    "ERROR_HOOKS",
    "SENDS_OPTIONS_TO_HOOKS",
    "STATE_MIGRATIONS",
    "INVOKE_DEPENDS_ON",
    "INVOKE_PARENT",
)
"""Supported features, by the names of the SDK's enum."""


class Monitor:
    """Answers the requests of one program. `outputs` are the stack's."""

    def __init__(self, deployment: Deployment, requests: Requests) -> None:
        self._deployment, self._requests = deployment, requests
        self._invoke_transforms: list[Callback] = []
        self.outputs: Mapping[str, Any] = {}

    def GetDeploymentInfo(self, request: object) -> resource_pb2.DeploymentInfo:
        prefix = "RESOURCE_MONITOR_FEATURE_"
        found = [getattr(resource_pb2, prefix + name, None) for name in FEATURES]
        return resource_pb2.DeploymentInfo(
            project=self._deployment.project,
            stack=self._deployment.stack,
            dryRun=True,
            # SECRETS is enum value 0: only None may be filtered out.
            supportedFeatures=[feature for feature in found if feature is not None],
        )

    def SupportsFeature(self, request: resource_pb2.SupportsFeatureRequest) -> resource_pb2.SupportsFeatureResponse:
        """Answer older SDKs, which query features one by one, in camel case."""
        names = {name.lower().replace("_", "") for name in FEATURES}
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id.lower() in names)

    def SignalAndWaitForShutdown(self, request: object) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def RegisterStackTransform(self, request: Callback) -> empty_pb2.Empty:
        self._deployment.stack_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Callback) -> empty_pb2.Empty:
        self._invoke_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: resource_pb2.RegisterResourceHookRequest) -> empty_pb2.Empty:
        self._deployment.hooks.add(request)
        return empty_pb2.Empty()

    def RegisterErrorHook(self, request: Any) -> empty_pb2.Empty:
        self._deployment.hooks.add_error_hook(request.name)
        return empty_pb2.Empty()

    def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> resource_pb2.RegisterPackageResponse:
        return resource_pb2.RegisterPackageResponse(ref=self._deployment.providers.register_package(request))

    def RegisterResource(self, request: RegisterRequest) -> RegisterResponse:
        hooked = [*request.hooks.before_create, *request.hooks.after_create]
        waits = bool(self._deployment.transforms_of(request)) or self._deployment.hooks.runs(hooked)
        return self._requests.answer(request, lambda: self._deployment.register(request), waits)

    def ReadResource(self, request: ReadRequest) -> ReadResponse:
        return self._requests.answer(request, lambda: self._deployment.read(request), waits=False)

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        found = self._deployment.registry.get(request.urn)
        waits = found is not None and self._deployment.hooks.runs(found.options.hooks.after_create)
        return self._requests.answer(request, lambda: self._register_outputs(request), waits)

    def Invoke(self, request: InvokeRequest) -> InvokeResponse:
        return self._requests.answer(request, lambda: self._invoke(request), waits=bool(self._invoke_transforms))

    def Call(self, request: resource_pb2.ResourceCallRequest) -> provider_pb2.CallResponse:
        """Answer a call of a resource's method from the project's answers; only the provider could run it, so else the
        result is unknown."""
        found = self._deployment.answering.result(request.tok, invokes.arguments_of(request.args))
        if found is not None:
            return _returning(provider_pb2.CallResponse(), invokes.as_struct(found))
        self._deployment.engine.report(
            "info", f"method {request.tok} was not called: its result is unknown in a rehearsal"
        )
        answer = Struct()
        answer["result"] = UNKNOWN
        return _returning(provider_pb2.CallResponse(), answer)

    def ExistsResource(self, request: Any) -> Any:
        self._deployment.engine.report(
            "info", f"whether {request.type} {request.id!r} exists is unknown in a rehearsal"
        )
        return resource_pb2.ExistsResourceResponse(unknown=True)

    async def _register_outputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        resource = self._deployment.registry.get(request.urn)
        if resource is None:
            raise MonitorError(f"cannot complete a resource '{request.urn}' whose registration isn't pending")
        resource.outputs = request.outputs
        if resource.step.type == urns.STACK_TYPE:
            self.outputs = self._deployment.as_json(request.outputs, request.urn)
        if not resource.custom:
            await self._deployment.run_after_hooks(resource)
        return empty_pb2.Empty()

    async def _invoke(self, request: InvokeRequest) -> InvokeResponse:
        self._deployment.refuse_if_cancelled()
        request = await transforms.transformed_invoke(self._invoke_transforms, request)
        if self._deployment.registry.pending(getattr(request, "dependsOn", ())):
            return InvokeResponse(unknown=True)
        if answer := invokes.ANSWERS.get(request.tok):
            return _returning(InvokeResponse(), answer(request, self._deployment.registry))
        found = self._deployment.answering.answer(request.tok, invokes.arguments_of(request.args))
        if found is not None:
            if problem := result_types.misnamed(request.tok, found.result, found.place):
                raise self._deployment.needs_answer(problem)
            return _returning(InvokeResponse(), invokes.as_struct(found.result))
        if self._deployment.providers.is_unconfigured(request.provider):
            return _returning(InvokeResponse(), Struct())
        self._deployment.note_unanswered(request)
        if sdk.PLAIN.get():
            raise self._deployment.needs_answer(invokes.needed(request.tok, request.args, self._deployment.line()))
        self._deployment.engine.report("info", invokes.unanswered(request.tok))
        return InvokeResponse(unknown=True)


def _returning(response: Response, answer: Struct) -> Response:
    """Set the field `return`, whose name is a keyword."""
    getattr(response, "return").CopyFrom(answer)
    return response
