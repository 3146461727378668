"""The pack's real analyzer process, asked with resources built from plain data."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal.pack_config import LEVEL_NAMES, reconciled
from slipway.rehearsal.pack_pipe import Call
from slipway.rehearsal.packs import PackSession, StackContext
from tests.forking import forked_workers
from tests.processes import TIMEOUT

PACK = Path(__file__).parents[2] / "policies"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
CANARY = "canary-7f3a-never-shown"
SECONDS = float(TIMEOUT)
ENVIRONMENTS = {"prod": "production", "local": "local"}


def secret(value: Any) -> dict[str, Any]:
    """A secret as it is on the wire."""
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}


def copied(to: Path) -> Path:
    """A copy of the pack, with what Python has compiled of it: to compile it again takes most of a pack's start."""
    being_written = shutil.ignore_patterns("*.pyc.*")
    return shutil.copytree(PACK, to, ignore=being_written)


@dataclass(frozen=True)
class Fact:
    """A resource as a test states it."""

    type: str
    properties: Mapping[str, Any]
    name: str = "it"
    provider: str = "cluster"
    dependencies: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def urn(self) -> str:
        return f"urn:pulumi:test::slipway::{self.type}::{self.name}"

    def parts(self) -> dict[str, Any]:
        """The fields that requests for one resource and for the stack share."""
        properties = Struct()
        properties.update(self.properties)
        provider = analyzer_pb2.AnalyzerProviderResource(
            type="pulumi:providers:any", urn=self.provider, name=self.provider
        )
        return {
            "type": self.type, "urn": self.urn, "name": self.name, "properties": properties, "provider": provider,
            "options": analyzer_pb2.AnalyzerResourceOptions(aliases=self.aliases, ignoreChanges=self.ignored),
        }  # fmt: skip


@dataclass(frozen=True, order=True)
class Finding:
    """One diagnostic."""

    policy: str
    level: str
    name: str
    message: str = field(compare=False)


class Pack:
    """The pack for one stack, previewing or updating."""

    def __init__(
        self,
        *,
        stack: str = "trial",
        environment: str | None = None,
        preview: bool = True,
        directory: Path = PACK,
        config: Any = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """A stack's environment is that which the project's own stack of its name has, else staging; `settings` are what
        else its file says."""
        environment = ENVIRONMENTS.get(stack, "staging") if environment is None else environment
        known = {"slipway:environment": environment, **(settings or {})}
        context = StackContext("slipway", stack, "organization", known, dry_run=preview)
        with forked_workers():
            self._session = PackSession(directory, context)
        try:
            self._session.handshake(SECONDS)
            self._session.configure(reconciled(self._session.info, config or {}), SECONDS)
            self._session.open()
        except BaseException:
            self.close()
            raise

    @property
    def stub(self) -> Any:
        """The analyzer's calls, as Pulumi makes them."""
        return self._session.stub

    def answers(self, *asked: tuple[str, Any]) -> Iterator[Any]:
        """What the pack answers to calls, each a method and its request, over the pipes, as in a preview: gRPC takes most
        of the time of a short call. Raises `PackRaised` where a rule raises."""
        calls = [Call(method, request) for method, request in asked]
        for each in calls:
            self._session.put(each)
        return (each.answer.result(SECONDS) for each in calls)

    def about(self, *rules: str) -> PackView:
        """The same pack, of which only these rules report."""
        return PackView(self, rules)

    def evaluate(self, *facts: Fact, outputs: bool = True) -> list[Finding]:
        """What every rule says of these resources, alone and together; without `outputs` as when their provider is not
        configured yet."""
        alone = [analyzer_pb2.AnalyzeRequest(**fact.parts()) for fact in facts]
        resources = [analyzer_pb2.AnalyzerResource(**fact.parts(), dependencies=fact.dependencies) for fact in facts]
        for resource in () if outputs else resources:
            resource.ClearField("properties")
        together = analyzer_pb2.AnalyzeStackRequest(resources=resources)
        answers = self.answers(*(("Analyze", each) for each in alone), ("AnalyzeStack", together))
        return sorted(_finding(each) for answer in answers for each in answer.diagnostics)

    def close(self) -> None:
        """End the process."""
        self._session.close()


@dataclass(frozen=True)
class PackView:
    """Some rules of a pack."""

    pack: Pack
    rules: tuple[str, ...]

    def evaluate(self, *facts: Fact, outputs: bool = True) -> list[Finding]:
        """What these rules say."""
        return [each for each in self.pack.evaluate(*facts, outputs=outputs) if each.policy in self.rules]


Evaluator = Pack | PackView


def _finding(diagnostic: analyzer_pb2.AnalyzeDiagnostic) -> Finding:
    name = diagnostic.urn.rpartition("::")[2]
    return Finding(diagnostic.policyName, LEVEL_NAMES[diagnostic.enforcementLevel], name, diagnostic.message)


def outcomes(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Rule and level of each diagnostic."""
    return [(each.policy, each.level) for each in findings]
