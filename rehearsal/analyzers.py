"""Policy packs judge a rehearsal: each in its own process, over Pulumi's analyzer protocol.

Packs start while the program is imported. `analyze` and `analyze_stack` only send, so the program does not wait for
answers; `findings` gathers them. A policy that raises, hangs or takes its process down fails the rehearsal.
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

from rehearsal.analyzer_values import as_sent, secret_texts
from rehearsal.errors import PolicyPackError
from rehearsal.findings import Finding, PolicyPack
from rehearsal.pack_config import LEVEL_NAMES
from rehearsal.pack_runner import PackRunner
from rehearsal.packs import StackContext
from rehearsal.redaction import Redactor

PATIENCE = 60.0
"""Seconds that a pack may take to start, and for each answer."""


class PackHost:
    """The policy packs of one rehearsal. Errors of packs are `PolicyPackError`, from the call that needs an answer.

    Nothing that a pack says leaves the host before the secrets of the stack are masked in it.
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
        patience: float = PATIENCE,
    ) -> None:
        """Start the processes; `config` is by full key with secrets in plain text, `patience` in seconds."""
        context = StackContext(project, stack, organization, config, tuple(secret_keys), dry_run)
        self._redactor = Redactor()
        for key in context.secret_keys:
            self._redactor.add(config.get(key, ""))
        self._runners: list[PackRunner] = []
        try:
            for pack in packs:
                self._runners.append(PackRunner(pack, context, patience))
        except BaseException:
            self.close()
            raise
        self._starts = [threading.Thread(target=runner.start, daemon=True) for runner in self._runners]
        for start in self._starts:
            start.start()
        self._sent: list[Struct] = []
        self._findings: list[Finding] = []

    def remediate(self, request: analyzer_pb2.AnalyzeRequest) -> Struct | None:
        """The properties as altered, pack after pack; `None` if nothing was."""
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
        """Have a resource judged on its inputs. Neither waits nor raises."""
        request = _cleaned(request)
        self._sent.append(request.properties)
        for runner in self._runners:
            runner.send("Analyze", request)

    def analyze_stack(self, resources: Iterable[analyzer_pb2.AnalyzerResource]) -> None:
        """Have all resources judged together, on their outputs. Neither waits nor raises."""
        request = analyzer_pb2.AnalyzeStackRequest(resources=[_cleaned(resource) for resource in resources])
        self._sent += [resource.properties for resource in request.resources]
        for runner in self._runners:
            runner.send("AnalyzeStack", request)

    def findings(self) -> tuple[Finding, ...]:
        """All that the packs found, in an order that depends on the findings alone."""
        for runner in self._runners:
            with self._masking():
                for call, answer in runner.answers():
                    urns = _urns(call.request) if answer.diagnostics else set()
                    self._findings += [_finding(runner, call.request, urns, each) for each in answer.diagnostics]
        if self._findings:
            self._learn_secrets()
        masked = {dataclasses.replace(each, message=self._redactor.masked(each.message)) for each in self._findings}
        return tuple(sorted(masked, key=_order))

    def close(self) -> None:
        """End the packs."""
        for runner in self._runners:
            runner.close()

    @contextmanager
    def _masking(self) -> Iterator[None]:
        """What a pack says of its failure may hold the secrets that it was handed."""
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
    """The message as the engine would send it; a copy only where that differs."""
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
    """Of what is judged: one resource, or all of the stack."""
    if isinstance(request, analyzer_pb2.AnalyzeRequest):
        return {request.urn}
    return {each.urn for each in request.resources}


def _finding(
    runner: PackRunner, request: Any, urns: Collection[str], diagnostic: analyzer_pb2.AnalyzeDiagnostic
) -> Finding:
    """A diagnostic of one resource is of that resource, whatever it says; one of the stack may name any in it."""
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
    """What was altered, by the names of the properties, or why nothing could be."""
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
