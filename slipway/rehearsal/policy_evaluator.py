"""Sends resources to the policy packs: the inputs of each while it registers, all outputs once at the end.

Engine: pkg/resource/deploy/step_generator.go (analyzeAll, AnalyzeResources).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal import options, urns
from slipway.rehearsal.findings import Finding, PolicyFailure
from slipway.rehearsal.providers import Providers
from slipway.rehearsal.registered_resources import Registered
from slipway.rehearsal.wire import (
    AnalyzeRequest,
    AnalyzerPropertyDependencies,
    AnalyzerProviderResource,
    AnalyzerResource,
    AnalyzerResourceOptions,
    Options,
)


class PackHost(Protocol):
    """An object that runs the policy packs (see `analyzers.PackHost`)."""

    def remediate(self, request: AnalyzeRequest) -> Struct | None: ...

    def analyze(self, request: AnalyzeRequest) -> None: ...

    def analyze_stack(self, resources: Iterable[AnalyzerResource]) -> None: ...

    def findings(self) -> tuple[Finding, ...]: ...

    def close(self) -> None: ...


class PolicyEvaluator:
    """Calls the packs and measures the time; without packs it does nothing."""

    def __init__(self, host: PackHost | None, providers: Providers) -> None:
        self._host, self._providers = host, providers
        self._default_providers: dict[str, dict[str, Any]] = {}
        self.seconds = 0.0
        self.failure: Exception | None = None

    def evaluate(
        self, urn: str, inputs: Struct, settled: Options, parent: str, provider: str, aliases: Iterable[str] = ()
    ) -> Struct:
        """Let the packs remediate a resource's inputs, then analyse them; return the inputs to continue with."""
        if self._host is None:
            return inputs
        with self._timed():
            self._evaluate_default_provider(provider)
            request = AnalyzeRequest(
                type=urns.type_of(urn),
                properties=inputs,
                urn=urn,
                name=urns.name_of(urn),
                options=_options(settled, parent, aliases),
                provider=self._provider(provider),
            )
            altered = self._host.remediate(request)
            if altered is not None:
                request.properties.CopyFrom(altered)
            self._host.analyze(request)
            return inputs if altered is None else altered

    def evaluate_stack(self, resources: Iterable[Registered]) -> None:
        """Let the packs analyse the outputs of the whole stack, including default providers."""
        if self._host is not None:
            with self._timed():
                together = [self._resource(resource) for resource in resources]
                defaults = [AnalyzerResource(**each) for each in self._default_providers.values()]
                self._host.analyze_stack([*defaults, *together])

    def findings(self) -> tuple[Finding, ...]:
        """Return all findings of the packs, once they have answered."""
        if self._host is None:
            return ()
        with self._timed():
            return self._host.findings()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        except Exception as error:
            self.failure = self.failure or error
            raise PolicyFailure from error
        finally:
            self.seconds += time.perf_counter() - started

    def _evaluate_default_provider(self, reference: str) -> None:
        """Evaluate a default provider once: the engine registers it like any resource, so policies see it too."""
        urn = reference.rpartition("::")[0]
        inputs = self._providers.inputs(reference)
        if self._host is None or inputs is None or urn in self._default_providers:
            return
        if self._providers.is_default(urn):
            sent = {"type": urns.type_of(urn), "properties": inputs, "urn": urn, "name": urns.name_of(urn)}
            self._default_providers[urn] = sent
            self._host.analyze(AnalyzeRequest(**sent))

    def _resource(self, resource: Registered) -> AnalyzerResource:
        state = resource.step.state
        return AnalyzerResource(
            type=resource.step.type,
            properties=resource.outputs,
            urn=resource.urn,
            name=resource.step.name,
            options=_options(resource.options, resource.parent, state.get("aliases", ())),
            provider=self._provider(resource.provider),
            parent=resource.parent,
            dependencies=state.get("dependencies", ()),
            propertyDependencies={
                key: AnalyzerPropertyDependencies(urns=found)
                for key, found in state.get("propertyDependencies", {}).items()
                if found
            },
        )

    def _provider(self, reference: str) -> AnalyzerProviderResource | None:
        inputs = self._providers.inputs(reference) if reference else None
        if inputs is None:
            return None
        urn = reference.rpartition("::")[0]
        return AnalyzerProviderResource(type=urns.type_of(urn), properties=inputs, urn=urn, name=urns.name_of(urn))


def _options(settled: Options, parent: str, aliases: Iterable[str]) -> AnalyzerResourceOptions:
    return AnalyzerResourceOptions(
        protect=bool(options.protect_of(settled)),
        ignoreChanges=settled.ignore_changes,
        deleteBeforeReplace=settled.delete_before_replace,
        deleteBeforeReplaceDefined=settled.HasField("delete_before_replace"),
        additionalSecretOutputs=settled.additional_secret_outputs,
        customTimeouts=AnalyzerResourceOptions.CustomTimeouts(**options.timeouts(settled)),
        parent=parent,
        aliases=aliases,
    )
