"""What a stack's own module adds: it is called with facts, and its resources are children in the plan."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pulumi

from components.clouds.contract import ClusterFacts as AllClusterFacts
from components.clouds.contract import IdentityFacts
from components.manifests import names
from components.manifests.environment import BucketFacts
from slipway.settings.problems import InvalidSettings, Place, Problem
from slipway.settings.secrecy import may_be_secret
from slipway.settings.stacks import DeployedSystem, ExtensionModule

CLUSTER, SYSTEM = "extend_cluster", "extend_system"
"""The functions of a module; it has one of them, or both."""


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """A cluster, as a module sees it."""

    stack: str
    environment: str
    """`production`, `staging` or `local`: whose rules hold."""
    environment_name: str
    """What the stack calls it: the same, or a name of its own."""
    name: str
    """In the stack."""
    cluster_name: str
    """In the cloud."""
    cloud: str
    region: str | None
    account: str | None
    """Account or subscription; None on a cluster of one's own."""
    registry: str
    protect: bool
    """Whether resources that hold data should have Pulumi's protect option."""
    tags: Mapping[str, str]
    """Tags for cloud resources, which the rules require."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A database or a cache."""

    server: str
    """Name of the server in the cloud."""
    host: pulumi.Input[str]
    port: int


@dataclass(frozen=True, kw_only=True)
class SystemFacts:
    """A system on a cluster, as a module sees it."""

    cluster: ClusterFacts
    name: str
    namespace: str
    versions: Mapping[str, str | None]
    """Version by slot."""
    domains: Mapping[str, str]
    service_accounts: Sequence[str]
    """Kubernetes service accounts: one for each service, with its name."""
    identities: Mapping[str, IdentityFacts]
    """Cloud identity by service account: annotations, and what its pods need."""
    databases: Mapping[str, Endpoint]
    caches: Mapping[str, Endpoint]
    buckets: Mapping[str, BucketFacts]
    labels: Mapping[str, str]
    """Labels for objects of Kubernetes."""
    tags: Mapping[str, str]
    """Tags for cloud resources, which the rules require."""


@dataclass(frozen=True, kw_only=True)
class Extensible:
    """A system that is built, and what a module may know of it."""

    deployed: DeployedSystem
    identities: Mapping[str, IdentityFacts]
    databases: Mapping[str, Endpoint]
    caches: Mapping[str, Endpoint]
    buckets: Mapping[str, BucketFacts]


@dataclass(frozen=True, kw_only=True)
class ExtensionArgs:
    extend: Callable[[pulumi.ResourceOptions], None]
    """Calls the module's function; its resources take these options."""


class ClusterExtension(pulumi.ComponentResource):
    """What a module adds to a cluster."""

    def __init__(self, name: str, args: ExtensionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:extensions:Cluster", name, opts=opts)
        args.extend(pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


class SystemExtension(pulumi.ComponentResource):
    """What a module adds to a system."""

    def __init__(self, name: str, args: ExtensionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:extensions:System", name, opts=opts)
        args.extend(pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


@dataclass(frozen=True)
class Extensions:
    """The functions of a stack's module; none without one."""

    module: ExtensionModule | None = None
    functions: Mapping[str, Callable[..., None]] = field(default_factory=dict)

    @classmethod
    def of(cls, module: ExtensionModule | None) -> Extensions:
        """Loads the module. Raises InvalidSettings if it cannot be, or has neither function."""
        if module is None:
            return cls()
        loaded = _attempt(module, lambda: _loaded(module))
        functions = {name: getattr(loaded, name) for name in (CLUSTER, SYSTEM) if callable(getattr(loaded, name, None))}
        if not functions:
            rule = f"has neither a function {CLUSTER}(facts, opts) nor {SYSTEM}(facts, opts)"
            raise InvalidSettings([Problem(Place(module.name, 1), rule)])
        return cls(module, functions)

    def extend_cluster(self, facts: AllClusterFacts) -> None:
        """Lets the module add to a cluster, once the cluster's own resources are made."""
        call = self.functions.get(CLUSTER)
        if call is not None and self.module is not None:
            module, seen = self.module, self._cluster(facts)
            ClusterExtension(
                facts.name,
                ExtensionArgs(extend=lambda opts: _attempt(module, lambda: call(seen, opts))),
                pulumi.ResourceOptions(providers=_providers(facts)),
            )

    def extend_system(self, facts: AllClusterFacts, system: pulumi.ComponentResource, seen: Extensible) -> None:
        """Lets the module add to a system, once the system's own resources are made."""
        call = self.functions.get(SYSTEM)
        if call is not None and self.module is not None:
            module, about = self.module, self._system(facts, seen)
            SystemExtension(
                seen.deployed.name,
                ExtensionArgs(extend=lambda opts: _attempt(module, lambda: call(about, opts))),
                pulumi.ResourceOptions(parent=system, providers=_providers(facts)),
            )

    def _cluster(self, facts: AllClusterFacts) -> ClusterFacts:
        place = facts.place
        return ClusterFacts(
            stack=facts.stack,
            environment=facts.environment,
            environment_name=facts.own_environment or facts.environment,
            name=facts.name,
            cluster_name=facts.cluster_name,
            cloud=place.cloud,
            region=place.region,
            account=place.account,
            registry=facts.registry,
            protect=facts.protect,
            tags=place.tagged(self._source),
        )

    def _system(self, facts: AllClusterFacts, seen: Extensible) -> SystemFacts:
        deployed = seen.deployed
        return SystemFacts(
            cluster=self._cluster(facts),
            name=deployed.name,
            namespace=deployed.namespace,
            versions={slot: deployed.deployment.slot(slot).version for slot in ("blue", "green")},
            domains=dict(deployed.definition.domains),
            service_accounts=list(deployed.definition.services),
            identities=dict(seen.identities),
            databases=dict(seen.databases),
            caches=dict(seen.caches),
            buckets=dict(seen.buckets),
            labels=names.labels(deployed.name),
            tags=facts.place.tagged(self._source, system=deployed.name),
        )

    @property
    def _source(self) -> str:
        return "" if self.module is None else f"{self.module.name}:1"


def _providers(facts: AllClusterFacts) -> list[pulumi.ProviderResource]:
    """Returns the providers of the cluster and of its cloud, which a module's resources get by themselves."""
    own = facts.place.provider
    return [facts.access.provider, *([own] if own is not None else [])]


def _loaded(module: ExtensionModule) -> ModuleType:
    """Runs a module's file. It is compiled here, so that nothing is written beside it."""
    folder = str(module.file.parent)
    if folder not in sys.path:
        sys.path.append(folder)
    made = ModuleType(module.file.stem)
    made.__file__ = str(module.file)
    sys.modules[f"slipway_extensions.{module.file.stem}"] = made
    exec(compile(module.file.read_bytes(), str(module.file), "exec"), made.__dict__)
    return made


def _attempt(module: ExtensionModule, call: Callable[[], Any]) -> Any:
    """Returns what `call` does. Raises InvalidSettings with the module's line for whatever it raises."""
    try:
        return call()
    except InvalidSettings:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [each.lineno for each in frames if each.filename == str(module.file)]
        line = error.lineno if isinstance(error, SyntaxError) and not lines else next(reversed(lines), 1)
        said = (str(error).strip().splitlines() or [""])[0]
        reported = "" if may_be_secret(said) else f": {said}"
        raise InvalidSettings(
            [Problem(Place(module.name, line), f"raises {type(error).__name__}{reported}")]
        ) from error
