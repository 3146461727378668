"""The state of one deployment at preview: it processes the program's registrations and reads.

Engine: pkg/resource/deploy/source_eval.go (RegisterResource, ReadResource), pkg/resource/deploy/step_generator.go.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal import assets, invokes, options, randoms, shapes, states, transforms, urns, values
from slipway.rehearsal.answers import FILE, NO_ANSWERS, Answering, Answers
from slipway.rehearsal.engine import Engine
from slipway.rehearsal.findings import PolicyFailure
from slipway.rehearsal.hooks import HookError, Hooks
from slipway.rehearsal.marks import Marks
from slipway.rehearsal.plan import UNKNOWN
from slipway.rehearsal.policy_evaluator import PolicyEvaluator
from slipway.rehearsal.providers import Providers
from slipway.rehearsal.redaction import Redactor
from slipway.rehearsal.registered_resources import Registered, Registry
from slipway.rehearsal.sources import in_program, source_position
from slipway.rehearsal.transforms import Goal
from slipway.rehearsal.wire import (
    Callback,
    Cancelled,
    InvokeRequest,
    MonitorError,
    ReadRequest,
    ReadResponse,
    RegisterRequest,
    RegisterResponse,
)

STACK_REFERENCE = "pulumi:pulumi:StackReference"


class Deployment:
    """The resources of one run. `failure` is the reason of a cancellation, if there was one."""

    def __init__(
        self,
        *,
        project: str,
        stack: str,
        root: Path,
        engine: Engine,
        providers: Providers,
        evaluator: PolicyEvaluator,
        redactor: Redactor,
        on_registered: Callable[[int], None],
        seed: str | None = None,
        existing: Collection[str] = (),
        marks: Marks | None = None,
        answers: Answers = NO_ANSWERS,
    ) -> None:
        self.project, self.stack, self._root = project, stack, root
        self.engine, self.providers, self._evaluator = engine, providers, evaluator
        self._redactor, self._on_registered, self._seed = redactor, on_registered, seed
        self._existing, self._marks = frozenset(existing), marks
        self.old_urns: dict[str, tuple[str, ...]] = {}
        self.hooks = Hooks(engine)
        self.stack_transforms: list[Callback] = []
        self.registry = Registry()
        self.failure: str | None = None
        self.answering = Answering(answers)
        self.missing_answer: str | None = None

    async def register(self, request: RegisterRequest) -> RegisterResponse:
        """Register a resource as the engine would: inherit options, run transforms, evaluate policies, add it to the
        plan."""
        above = self._parent_of(request.parent)
        provider = request.provider
        if above is not None:
            options.inherit(request, above.inheritance)
            provider = request.provider or self._ambient_provider(request, above)
        goal = transforms.goal_of(request, options.settle(request, provider))
        if found := self.transforms_of(request):
            goal = await transforms.transformed(found, request, goal)

        urn = self._new_urn(request)
        provider = self._provider_reference(request, goal)
        old_urns = options.old_urns(goal.options, urn, request.parent, above.inheritance.aliases if above else ())
        if old_urns:
            self.old_urns[urn] = old_urns
        aliases = options.matched(urn, old_urns, self._existing)
        inputs = self._completed_inputs(urn, request, goal)
        inputs = self._evaluated(urn, inputs, goal, request.parent, provider, aliases)
        resource = self._registered(urn, request, goal, inputs, provider, above, old_urns, aliases)
        await self._run_create_hooks(resource)
        identifier = UNKNOWN if urns.is_provider(request.type) else resource.id
        outputs = resource.outputs if request.custom else Struct()
        return RegisterResponse(urn=urn, id=identifier, object=outputs)

    def needs_answer(self, message: str) -> MonitorError:
        """Return the error of a call that nobody answers; the first one is the reason if the program fails."""
        self.missing_answer = self.missing_answer or message
        return MonitorError(message)

    def note_unanswered(self, request: InvokeRequest) -> None:
        """Remember a call of a function that nobody answers."""
        self.answering.note(invokes.asked(request, self.providers, self._redactor))

    def line(self) -> str:
        """Return the program's line that is being run, as `__main__.py:3: `; empty if none is."""
        frame = sys._getframe(1)
        while frame is not None:
            if in_program(frame.f_code.co_filename, self._root):
                file = Path(frame.f_code.co_filename).absolute().relative_to(self._root)
                return f"{file.as_posix()}:{frame.f_lineno}: "
            frame = frame.f_back
        return ""

    def refuse_if_cancelled(self) -> None:
        """Raise Cancelled if the deployment was cancelled: every later request fails with it."""
        if self.failure is not None:
            raise Cancelled

    def _parent_of(self, urn: str) -> Registered | None:
        self.refuse_if_cancelled()
        found = self.registry.get(urn)
        if urn and found is None:
            raise self._cancel(f"could not find parent resource {urn}: a parent must be registered before its children")
        return found

    def _ambient_provider(self, request: RegisterRequest, above: Registered) -> str:
        """Return the inherited provider for the request's package."""
        if not (request.custom or request.remote):
            return ""
        package = urns.package_of(request.type)
        return request.providers.get(package, "") or above.inheritance.providers.get(package, "")

    def transforms_of(self, request: RegisterRequest) -> list[Callback]:
        """Return the transforms of a resource: its own, then its ancestors' from the nearest up, then the stack's."""
        inherited = [item for above in self.registry.ancestors(request.parent) for item in above.transforms]
        return [*request.transforms, *inherited, *self.stack_transforms]

    def _new_urn(self, request: RegisterRequest | ReadRequest) -> str:
        urn = urns.create_urn(self.stack, self.project, request.parent, request.type, request.name)
        if known := self.registry.get(urn):
            first = f" (first at {known.source})" if known.source else ""
            second = source_position(request, self._root)
            raise self._cancel(
                f"Duplicate resource URN '{urn}'; try giving it a unique name{second and f' at {second}'}{first}", urn
            )
        return urn

    def _provider_reference(self, request: RegisterRequest, goal: Goal) -> str:
        """Return the reference of the resource's provider: empty for local components and for providers themselves."""
        if not (request.custom or request.remote) or urns.is_provider(request.type):
            return ""
        settled = goal.options
        package = self.providers.request(
            urns.package_of(request.type), settled.version, settled.plugin_download_url, request.packageRef
        )
        return settled.provider or self.providers.default(package, request.type)

    def _completed_inputs(self, urn: str, request: RegisterRequest, goal: Goal) -> Struct:
        if not urns.is_provider(request.type):
            return goal.inputs
        settled = goal.options
        name = request.type.removeprefix(urns.PROVIDER_PREFIX)
        package = self.providers.request(name, settled.version, settled.plugin_download_url, request.packageRef)
        self.providers.complete(goal.inputs, package)
        self.providers.add(urn, goal.inputs)
        return goal.inputs

    def _evaluated(
        self, urn: str, inputs: Struct, goal: Goal, parent: str, provider: str, aliases: Iterable[str]
    ) -> Struct:
        try:
            return self._evaluator.evaluate(urn, inputs, goal.options, parent, provider, aliases)
        except PolicyFailure as failure:
            raise self._cancel(f"a policy pack failed: {failure.__cause__}", urn) from failure

    def _registered(
        self,
        urn: str,
        request: RegisterRequest,
        goal: Goal,
        inputs: Struct,
        provider: str,
        above: Registered | None,
        old_urns: tuple[str, ...],
        aliases: tuple[str, ...],
    ) -> Registered:
        settled = goal.options
        inherited = above.inheritance if above else options.Inheritance()
        source = source_position(request, self._root)
        step = states.created(
            urn,
            request,
            goal,
            inputs=self.as_json(inputs, urn),
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
            aliases=old_urns,
        )
        resource = Registered(
            step,
            request.parent,
            request.custom,
            inputs,
            self._preview_outputs(urn, request, goal, inputs, provider),
            settled,
            inheritance,
            tuple(request.transforms),
            source,
        )
        self._add(resource)
        if request.remote:
            self.engine.report(
                "warning", f"{request.type} is a component of a provider plugin: its children are not in this plan", urn
            )
        return resource

    def _preview_outputs(self, urn: str, request: RegisterRequest, goal: Goal, inputs: Struct, provider: str) -> Struct:
        """Return the outputs that are known at preview: the inputs, with the provider's secret outputs as secrets.

        A provider with an unknown configuration is not called. With a seed, random values are known as well.
        """
        if not request.custom or self.providers.is_unconfigured(provider):
            return Struct()
        if urns.is_provider(request.type):
            return Struct(fields={key: value for key, value in inputs.fields.items() if key != "__internal"})
        outputs = shapes.answered(request.type, inputs)
        if self._seed is not None:
            outputs = randoms.answered(request.type, outputs, urn, self._seed)
        secret = goal.options.additional_secret_outputs
        return values.with_secrets(outputs, secret) if secret else outputs

    async def _run_create_hooks(self, resource: Registered) -> None:
        """Run the hooks around a creation; a component's after-hooks wait for its outputs."""
        try:
            names = resource.options.hooks.before_create
            await self.hooks.run(names, "before", resource.urn, resource.inputs)
        except HookError as error:
            raise self._cancel(str(error), resource.urn) from error
        if resource.custom:
            await self.run_after_hooks(resource)

    async def run_after_hooks(self, resource: Registered) -> None:
        """Run the hooks that follow a creation; a failing one is reported and undoes nothing."""
        try:
            names = resource.options.hooks.after_create
            await self.hooks.run(names, "after", resource.urn, resource.inputs, resource.outputs)
        except HookError as error:
            self.engine.report("error", str(error), resource.urn)

    async def read(self, request: ReadRequest) -> ReadResponse:
        """Answer a read with unknown values: even the id is unknown, because the provider may normalize it."""
        self._parent_of(request.parent)
        provider = request.provider
        if not provider and not urns.is_provider(request.type):
            package = urns.package_of(request.type)
            wanted = self.providers.request(package, request.version, request.pluginDownloadURL, request.packageRef)
            provider = self.providers.default(wanted, request.type)
        urn = self._new_urn(request)
        if not request.id:
            raise self._cancel(f"Expected an ID for {urn}", urn)
        inputs, source = self.as_json(request.properties, urn), source_position(request, self._root)
        step = states.read(urn, request, inputs=inputs, provider=provider, source=source)
        known = request.properties if request.type == STACK_REFERENCE else Struct()
        if request.type == STACK_REFERENCE:
            known = self._stack_outputs(request, urn)
        self._add(Registered(step, request.parent, True, request.properties, known, options.Options(), source=source))
        return ReadResponse(urn=urn, properties=known)

    def _stack_outputs(self, request: ReadRequest, urn: str) -> Struct:
        """Return the properties of a reference to another stack: its outputs are unknown without an answer."""
        outputs = self.answering.outputs(request.id)
        known = Struct()
        known.CopyFrom(request.properties)
        if outputs is None:
            reported = f"the outputs of another stack, {request.id}, are unknown in a rehearsal, unless {FILE} has them"
            self.engine.report("info", reported, urn)
        else:
            given = Struct()
            given.update(dict(outputs))
            sealed, names = values.with_sealed(given)
            known.update({"secretOutputNames": names})
            known.fields["outputs"].struct_value.CopyFrom(sealed)
        return known

    def as_json(self, struct: Struct, urn: str) -> Mapping[str, Any]:
        """Return the properties of the resource at `urn` as the plan shows them."""
        try:
            sink = _Sink(self._redactor, self.engine, urn, reveals=self._seed is not None, marks=self._marks)
            return values.to_json(struct, sink)
        except assets.AssetError as error:
            raise MonitorError(f"failed to compute an asset's hash for {urn}: {error}") from error

    def _add(self, resource: Registered) -> None:
        self.registry.add(resource)
        self._on_registered(len(self.registry))

    def _cancel(self, message: str, urn: str = "") -> Cancelled:
        """Cancel the deployment: this error is its outcome, and every later request is refused."""
        self.engine.report("error", message, urn)
        self.failure = message
        return Cancelled()


class _Sink:
    """Collects the secrets of one resource, and reports what its plan cannot show."""

    def __init__(
        self, redactor: Redactor, engine: Engine, urn: str, *, reveals: bool, marks: Marks | None = None
    ) -> None:
        self._redactor, self._engine, self._urn, self.reveals = redactor, engine, urn, reveals
        self._marks, self._name = marks, ""

    def within(self, name: str) -> None:
        self._name = name

    def secret(self, text: str) -> None:
        self._redactor.add(text)
        if self._marks is not None:
            self._marks.add(self._urn, self._name, text)

    def unhashed(self) -> None:
        self._engine.report("info", "an asset's content was not fetched: a rehearsal uses no network", self._urn)
