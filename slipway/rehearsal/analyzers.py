"""Runs the policy packs of a rehearsal: each in its own process, over Pulumi's analyzer protocol.

Packs start while the program is imported. `analyze` and `analyze_stack` only send, so the program does not wait for
answers; `findings` collects them. A policy that raises, hangs or ends its process fails the rehearsal.

Engine: pkg/resource/plugin/analyzer_plugin.go (NewPolicyAnalyzer), pkg/resource/deploy/step_generator.go
(AnalyzeResources).
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal.analyzer_values import as_sent, secret_texts
from slipway.rehearsal.errors import PolicyPackError
from slipway.rehearsal.findings import EvaluatedPack, Finding, PolicyPack
from slipway.rehearsal.pack_config import LEVEL_NAMES
from slipway.rehearsal.pack_runner import PackRunner
from slipway.rehearsal.packs import StackContext
from slipway.rehearsal.redaction import Redactor

TIMEOUT = 60.0
"""Seconds for the start of a pack, and for each answer. Chosen: a slow machine imports a pack in ten."""


class PackHost:
    """The policy packs of one rehearsal. The call that needs a pack's answer raises its errors as `PolicyPackError`.

    The secrets of the stack are masked in everything that a pack reports.
    """

    def __init__(
        self,
        packs: Sequence[PolicyPack],
        *,
        project: str,
        stack: str,
        organization: str,
        config: Mapping[str, str],
        secret_keys: Iterable[str],
        dry_run: bool = True,
        held: bool = False,
        timeout: float = TIMEOUT,
        start_timeout: float = TIMEOUT,
    ) -> None:
        """Start the processes; `config` is by full key with secrets in plain text, timeouts are in seconds. If `held`,
        packs get no request before an answer is needed."""
        context = StackContext(project, stack, organization, config, tuple(secret_keys), dry_run)
        self._redactor = Redactor()
        for key in context.secret_keys:
            self._redactor.add(config.get(key, ""))
        self._runners: list[PackRunner] = []
        try:
            for pack in packs:
                self._runners.append(PackRunner(pack, context, timeout, start_timeout, held=held))
        except BaseException:
            self.close()
            raise
        self._starts = [threading.Thread(target=runner.start, daemon=True) for runner in self._runners]
        for start in self._starts:
            start.start()
        self._sent: list[Struct] = []
        self._findings: list[Finding] = []

    def remediate(self, request: analyzer_pb2.AnalyzeRequest) -> Struct | None:
        """Return the properties after the remediations of all packs, or None if none changed them."""
        altered = None
        for runner in self._runners:
            with self._masking():
                if not runner.remediates:
                    continue
                request = _cleaned(request)
                self._sent.append(request.properties)
                for remediation in runner.ask("Remediate", request).remediations:
                    self._findings.append(_remedied(runner, request, remediation))
                    if not remediation.diagnostic:
                        altered = remediation.properties
                        request.properties.CopyFrom(altered)
        return altered

    def analyze(self, request: analyzer_pb2.AnalyzeRequest) -> None:
        """Send a resource's inputs to the packs. Neither waits nor raises."""
        request = _cleaned(request)
        self._sent.append(request.properties)
        for runner in self._runners:
            runner.send("Analyze", request)

    def analyze_stack(self, resources: Iterable[analyzer_pb2.AnalyzerResource]) -> None:
        """Send the outputs of all resources to the packs. Neither waits nor raises."""
        request = analyzer_pb2.AnalyzeStackRequest(resources=[_cleaned(resource) for resource in resources])
        self._sent += [resource.properties for resource in request.resources]
        for runner in self._runners:
            runner.send("AnalyzeStack", request)

    def findings(self) -> tuple[Finding, ...]:
        """Return all findings of the packs, in an order that depends on the findings alone."""
        for runner in self._runners:
            with self._masking():
                for call, answer in runner.answers():
                    urns = _urns(call.request) if answer.diagnostics else set()
                    self._findings += [_finding(runner, call.request, urns, each) for each in answer.diagnostics]
        if self._findings:
            self._learn_secrets()
        masked = {dataclasses.replace(each, message=self._redactor.masked(each.message)) for each in self._findings}
        return tuple(sorted(masked, key=_order))

    def evaluated_by(self) -> tuple[EvaluatedPack, ...]:
        """Return the packs, once they have answered."""
        return tuple(runner.evaluated_by for runner in self._runners)

    def close(self) -> None:
        """End the packs."""
        for runner in self._runners:
            runner.close()

    @contextmanager
    def _masking(self) -> Iterator[None]:
        """Mask errors of packs, which may contain the secrets that the packs received."""
        try:
            yield
        except PolicyPackError as error:
            self._learn_secrets()
            raise type(error)(self._redactor.masked(str(error))) from None

    def _learn_secrets(self) -> None:
        sent, self._sent = self._sent, []
        for properties in sent:
            for text in secret_texts(properties):
                self._redactor.add(text)


_order = attrgetter(*(each.name for each in dataclasses.fields(Finding)))


def _cleaned(message: Any) -> Any:
    """Return the message as the engine would send it; a copy only if it differs."""
    properties = as_sent(message.properties)
    provider = as_sent(message.provider.properties) if message.HasField("provider") else None
    if properties is message.properties and (provider is None or provider is message.provider.properties):
        return message
    copy = type(message)()
    copy.CopyFrom(message)
    copy.properties.CopyFrom(properties)
    if provider is not None:
        copy.provider.properties.CopyFrom(provider)
    return copy


def _urns(request: Any) -> Collection[str]:
    """Return the URNs that the request is about: one resource, or all of the stack."""
    if isinstance(request, analyzer_pb2.AnalyzeRequest):
        return {request.urn}
    return {each.urn for each in request.resources}


def _finding(
    runner: PackRunner, request: Any, urns: Collection[str], diagnostic: analyzer_pb2.AnalyzeDiagnostic
) -> Finding:
    """Convert a diagnostic. For a check of one resource the URN is that resource's; a stack check may name any of its
    resources."""
    level = LEVEL_NAMES[diagnostic.enforcementLevel]
    if isinstance(request, analyzer_pb2.AnalyzeRequest):
        urn = request.urn
    else:
        urn = diagnostic.urn if diagnostic.urn in urns else ""
        level = "mandatory" if level == "remediate" else level
    return Finding(
        pack=diagnostic.policyPackName,
        pack_version=runner.session.version,
        policy=diagnostic.policyName,
        level=level,
        urn=urn,
        message=diagnostic.message.removeprefix(f"{diagnostic.description}\n"),
        description=diagnostic.description,
        severity=_severity(diagnostic.severity or runner.severities.get(diagnostic.policyName, 0)),
    )


def _severity(severity: int) -> str:
    name = analyzer_pb2.PolicySeverity.Name(severity)  # type: ignore[arg-type]
    return "" if name.endswith("UNSPECIFIED") else name.removeprefix("POLICY_SEVERITY_").lower()


def _remedied(runner: PackRunner, request: Any, remediation: analyzer_pb2.Remediation) -> Finding:
    """Return a finding with the names of the changed properties, or the reason why the remediation failed."""
    before, after = request.properties.fields, remediation.properties.fields
    changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    return Finding(
        pack=remediation.policyPackName,
        pack_version=runner.session.version,
        policy=remediation.policyName,
        level="advisory" if remediation.diagnostic else "remediate",
        urn=request.urn,
        message=remediation.diagnostic or f"alters {', '.join(changed)}",
        description=remediation.description,
        severity="",
    )
