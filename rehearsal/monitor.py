"""The resource monitor: what Pulumi's engine answers to a program at preview, without a provider and without a state.

The SDK calls the methods in CamelCase, which take and return the messages of its resource monitor service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, resource_pb2

from rehearsal import assets, invokes, options, shapes, states, transforms, urns, values
from rehearsal.engine import Engine
from rehearsal.findings import PolicyFailure
from rehearsal.hooks import HookError, Hooks
from rehearsal.judging import Judge
from rehearsal.loop import Requests
from rehearsal.plan import UNKNOWN
from rehearsal.providers import Providers
from rehearsal.redaction import Redactor
from rehearsal.registry import Registered, Registry
from rehearsal.sources import source_position
from rehearsal.transforms import Goal
from rehearsal.wire import (
    Callback,
    Cancelled,
    InvokeRequest,
    InvokeResponse,
    MonitorError,
    ReadRequest,
    ReadResponse,
    RegisterRequest,
    RegisterResponse,
)

STACK_REFERENCE = "pulumi:pulumi:StackReference"

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
"""What this monitor supports, by the names of the SDK's enum."""


class Monitor:
    """Answers one program. `outputs` are the stack's, `failure` says why the run was cancelled, if it was."""

    def __init__(
        self,
        *,
        project: str,
        stack: str,
        root: Path,
        engine: Engine,
        providers: Providers,
        judge: Judge,
        redactor: Redactor,
        requests: Requests,
        on_registered: Callable[[int], None],
    ) -> None:
        self._project, self._stack, self._root = project, stack, root
        self._engine, self._providers, self._judge = engine, providers, judge
        self._redactor, self._requests, self._on_registered = redactor, requests, on_registered
        self._hooks = Hooks(engine)
        self._stack_transforms: list[Callback] = []
        self._invoke_transforms: list[Callback] = []
        self.registry = Registry()
        self.outputs: Mapping[str, Any] = {}
        self.failure: str | None = None

    def GetDeploymentInfo(self, request: object) -> resource_pb2.DeploymentInfo:
        prefix = "RESOURCE_MONITOR_FEATURE_"
        found = [getattr(resource_pb2, prefix + name, None) for name in FEATURES]
        return resource_pb2.DeploymentInfo(
            project=self._project,
            stack=self._stack,
            dryRun=True,
            # SECRETS is enum value 0: only None may be filtered out.
            supportedFeatures=[feature for feature in found if feature is not None],
        )

    def SupportsFeature(self, request: resource_pb2.SupportsFeatureRequest) -> resource_pb2.SupportsFeatureResponse:
        """The same for older SDKs, which ask feature by feature, in camel case."""
        names = {name.lower().replace("_", "") for name in FEATURES}
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id.lower() in names)

    def SignalAndWaitForShutdown(self, request: object) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def RegisterStackTransform(self, request: Callback) -> empty_pb2.Empty:
        self._stack_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Callback) -> empty_pb2.Empty:
        self._invoke_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: resource_pb2.RegisterResourceHookRequest) -> empty_pb2.Empty:
        self._hooks.add(request)
        return empty_pb2.Empty()

    def RegisterErrorHook(self, request: Any) -> empty_pb2.Empty:
        self._hooks.add_error_hook(request.name)
        return empty_pb2.Empty()

    def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> resource_pb2.RegisterPackageResponse:
        return resource_pb2.RegisterPackageResponse(ref=self._providers.register_package(request))

    def RegisterResource(self, request: RegisterRequest) -> RegisterResponse:
        hooked = [*request.hooks.before_create, *request.hooks.after_create]
        waits = bool(self._transforms_of(request)) or self._hooks.runs(hooked)
        return self._requests.answer(request, lambda: self._register(request), waits)

    def ReadResource(self, request: ReadRequest) -> ReadResponse:
        return self._requests.answer(request, lambda: self._read(request), waits=False)

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        found = self.registry.get(request.urn)
        waits = found is not None and self._hooks.runs(found.options.hooks.after_create)
        return self._requests.answer(request, lambda: self._register_outputs(request), waits)

    def Invoke(self, request: InvokeRequest) -> InvokeResponse:
        return self._requests.answer(request, lambda: self._invoke(request), waits=bool(self._invoke_transforms))

    def Call(self, request: resource_pb2.ResourceCallRequest) -> provider_pb2.CallResponse:
        """A method of a resource: its result is unknown, since only the provider could run it."""
        self._engine.report("info", f"method {request.tok} was not called: its result is unknown in a rehearsal")
        answer = Struct()
        answer["result"] = UNKNOWN
        return _returning(provider_pb2.CallResponse(), answer)

    def ExistsResource(self, request: Any) -> Any:
        self._engine.report("info", f"whether {request.type} {request.id!r} exists is unknown in a rehearsal")
        return resource_pb2.ExistsResourceResponse(unknown=True)

    async def _register(self, request: RegisterRequest) -> RegisterResponse:
        above = self._parent_of(request.parent)
        provider = request.provider
        if above is not None:
            options.inherit(request, above.inheritance)
            provider = request.provider or self._ambient_provider(request, above)
        goal = transforms.goal_of(request, options.settle(request, provider))
        if found := self._transforms_of(request):
            goal = await transforms.transformed(found, request, goal)

        urn = self._new_urn(request)
        provider = self._provider_reference(request, goal)
        inputs = self._completed_inputs(urn, request, goal)
        inputs = self._judged(urn, inputs, goal, request.parent, provider)
        resource = self._registered(urn, request, goal, inputs, provider, above)
        await self._run_create_hooks(resource)
        identifier = UNKNOWN if urns.is_provider(request.type) else resource.id
        outputs = resource.outputs if request.custom else Struct()
        return RegisterResponse(urn=urn, id=identifier, object=outputs)

    def _parent_of(self, urn: str) -> Registered | None:
        if self.failure is not None:
            raise Cancelled
        found = self.registry.get(urn)
        if urn and found is None:
            raise self._cancel(f"could not find parent resource {urn}: a parent must be registered before its children")
        return found

    def _ambient_provider(self, request: RegisterRequest, above: Registered) -> str:
        """The provider of the request's package among those handed down to it."""
        if not (request.custom or request.remote):
            return ""
        package = urns.package_of(request.type)
        return request.providers.get(package, "") or above.inheritance.providers.get(package, "")

    def _transforms_of(self, request: RegisterRequest) -> list[Callback]:
        """A resource's own transforms, its ancestors' from the nearest up, the stack's."""
        inherited = [item for above in self.registry.ancestors(request.parent) for item in above.transforms]
        return [*request.transforms, *inherited, *self._stack_transforms]

    def _new_urn(self, request: RegisterRequest | ReadRequest) -> str:
        urn = urns.create_urn(self._stack, self._project, request.parent, request.type, request.name)
        if known := self.registry.get(urn):
            first = f" (first at {known.source})" if known.source else ""
            second = source_position(request, self._root)
            raise self._cancel(
                f"Duplicate resource URN '{urn}'; try giving it a unique name{second and f' at {second}'}{first}", urn
            )
        return urn

    def _provider_reference(self, request: RegisterRequest, goal: Goal) -> str:
        """Who manages the resource: empty for local components and for providers themselves."""
        if not (request.custom or request.remote) or urns.is_provider(request.type):
            return ""
        settled = goal.options
        package = self._providers.request(
            urns.package_of(request.type), settled.version, settled.plugin_download_url, request.packageRef
        )
        return settled.provider or self._providers.default(package, request.type)

    def _completed_inputs(self, urn: str, request: RegisterRequest, goal: Goal) -> Struct:
        if not urns.is_provider(request.type):
            return goal.inputs
        settled = goal.options
        name = request.type.removeprefix(urns.PROVIDER_PREFIX)
        package = self._providers.request(name, settled.version, settled.plugin_download_url, request.packageRef)
        self._providers.complete(goal.inputs, package)
        self._providers.add(urn, goal.inputs)
        return goal.inputs

    def _judged(self, urn: str, inputs: Struct, goal: Goal, parent: str, provider: str) -> Struct:
        try:
            return self._judge.judge(urn, inputs, goal.options, parent, provider)
        except PolicyFailure as failure:
            raise self._cancel(f"a policy pack failed: {failure.__cause__}", urn) from failure

    def _registered(
        self, urn: str, request: RegisterRequest, goal: Goal, inputs: Struct, provider: str, above: Registered | None
    ) -> Registered:
        settled = goal.options
        inherited = above.inheritance if above else options.Inheritance()
        aliases = options.old_urns(settled, urn, request.parent, inherited.aliases)
        source = source_position(request, self._root)
        step = states.created(
            urn,
            request,
            goal,
            inputs=self._as_json(inputs, urn),
            provider="" if request.remote else provider,
            aliases=aliases,
            source=source,
        )
        providers = {} if request.custom else {**inherited.providers, **settled.providers}
        inheritance = options.Inheritance(
            protect=options.protect_of(settled),
            retain_on_delete=options.retain_on_delete_of(settled),
            deleted_with=settled.deleted_with,
            provider=provider,
            providers=providers,
            aliases=aliases,
        )
        resource = Registered(
            step,
            request.parent,
            request.custom,
            inputs,
            self._preview_outputs(request, goal, inputs, provider),
            settled,
            inheritance,
            tuple(request.transforms),
            source,
        )
        self._add(resource)
        if request.remote:
            self._engine.report(
                "info", f"{request.type} is a component of a provider plugin: its children are not in this plan", urn
            )
        return resource

    def _preview_outputs(self, request: RegisterRequest, goal: Goal, inputs: Struct, provider: str) -> Struct:
        """What a provider is sure to answer at preview: the inputs, and that its secret outputs are secret.

        A provider whose configuration is unknown is not asked.
        """
        if not request.custom or self._providers.is_unconfigured(provider):
            return Struct()
        if urns.is_provider(request.type):
            return Struct(fields={key: value for key, value in inputs.fields.items() if key != "__internal"})
        outputs = shapes.answered(request.type, inputs)
        secret = goal.options.additional_secret_outputs
        return values.with_secrets(outputs, secret) if secret else outputs

    async def _run_create_hooks(self, resource: Registered) -> None:
        """Run the hooks around a creation; a component's after-hooks wait for its outputs."""
        try:
            names = resource.options.hooks.before_create
            await self._hooks.run(names, "before", resource.urn, resource.inputs)
        except HookError as error:
            raise self._cancel(str(error), resource.urn) from error
        if resource.custom:
            await self._run_after_hooks(resource)

    async def _run_after_hooks(self, resource: Registered) -> None:
        try:
            names = resource.options.hooks.after_create
            await self._hooks.run(names, "after", resource.urn, resource.inputs, resource.outputs)
        except HookError as error:
            self._engine.report("error", str(error), resource.urn)

    async def _read(self, request: ReadRequest) -> ReadResponse:
        """A read yields nothing that is known: not even the id, which the provider may write differently."""
        self._parent_of(request.parent)
        provider = request.provider
        if not provider and not urns.is_provider(request.type):
            package = urns.package_of(request.type)
            wanted = self._providers.request(package, request.version, request.pluginDownloadURL, request.packageRef)
            provider = self._providers.default(wanted, request.type)
        urn = self._new_urn(request)
        if not request.id:
            raise self._cancel(f"Expected an ID for {urn}", urn)
        inputs, source = self._as_json(request.properties, urn), source_position(request, self._root)
        step = states.read(urn, request, inputs=inputs, provider=provider, source=source)
        known = request.properties if request.type == STACK_REFERENCE else Struct()
        if request.type == STACK_REFERENCE:
            self._engine.report("info", "the outputs of another stack are unknown in a rehearsal", urn)
        self._add(Registered(step, request.parent, True, request.properties, known, options.Options(), source=source))
        return ReadResponse(urn=urn, properties=known)

    async def _register_outputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        resource = self.registry.get(request.urn)
        if resource is None:
            raise MonitorError(f"cannot complete a resource '{request.urn}' whose registration isn't pending")
        resource.outputs = request.outputs
        if resource.step.type == urns.STACK_TYPE:
            self.outputs = self._as_json(request.outputs, request.urn)
        if not resource.custom:
            await self._run_after_hooks(resource)
        return empty_pb2.Empty()

    async def _invoke(self, request: InvokeRequest) -> InvokeResponse:
        if self.failure is not None:
            raise Cancelled
        request = await transforms.transformed_invoke(self._invoke_transforms, request)
        if self.registry.pending(getattr(request, "dependsOn", ())):
            return InvokeResponse(unknown=True)
        if answer := invokes.ANSWERS.get(request.tok):
            return _returning(InvokeResponse(), answer(request, self.registry))
        if self._providers.is_unconfigured(request.provider):
            return _returning(InvokeResponse(), Struct())
        self._engine.report("info", invokes.UNANSWERED.format(token=request.tok))
        return InvokeResponse(unknown=True)

    def _as_json(self, struct: Struct, urn: str) -> Mapping[str, Any]:
        try:
            return values.to_json(struct, _Sink(self._redactor, self._engine, urn))
        except assets.AssetError as error:
            raise MonitorError(f"failed to compute an asset's hash for {urn}: {error}") from error

    def _add(self, resource: Registered) -> None:
        self.registry.add(resource)
        self._on_registered(len(self.registry))

    def _cancel(self, message: str, urn: str = "") -> Cancelled:
        """End the deployment: this error is its outcome, and every later request is refused."""
        self._engine.report("error", message, urn)
        self.failure = message
        return Cancelled()


def _returning(response: Response, answer: Struct) -> Response:
    """Set the field `return`, whose name is a keyword."""
    getattr(response, "return").CopyFrom(answer)
    return response


class _Sink:
    """Takes note of what a plan must not or cannot show of one resource."""

    def __init__(self, redactor: Redactor, engine: Engine, urn: str) -> None:
        self._redactor, self._engine, self._urn = redactor, engine, urn

    def secret(self, text: str) -> None:
        self._redactor.add(text)

    def unhashed(self) -> None:
        self._engine.report("info", "an asset's content was not fetched: a rehearsal uses no network", self._urn)
