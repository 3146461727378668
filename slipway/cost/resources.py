"""The resources of a plan or of an earlier state, each with its cluster, its system, its cloud and its region."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from slipway.rehearsal import Plan, urns
from slipway.rehearsal.difference import Before
from slipway.rehearsal.difference.before import READ
from slipway.rehearsal.plan import UNKNOWN

SYSTEM_TYPE, CLUSTER_TYPE = "slipway:system:System", "slipway:cluster:Cluster"
FOUNDATION_ENDING = ":Foundation"
"""The end of `slipway:<cloud>:Foundation`, the component that has the name of its cluster."""
FOUNDATION, SERVICES, OTHER = "foundation", "cluster services", "(other)"
"""The parts of a cluster besides systems, as previews call them."""
State = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """A resource that a provider creates."""

    urn: str
    type: str
    inputs: Mapping[str, Any] = field(repr=False)
    cluster: str
    system: str
    """The system, or the part of the cluster, that it belongs to."""
    cloud: str
    provider: Mapping[str, Any] = field(repr=False)
    """Inputs of the provider of its cluster's cloud; without a cluster those of its own provider."""
    aliases: tuple[str, ...] = ()
    """Earlier URNs."""
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    """URNs of the resources whose outputs are in an input, by the input's name."""

    @property
    def name(self) -> str:
        return urns.name_of(self.urn)

    def number(self, *path: str, default: float = 0) -> float:
        """Return a number in the inputs, or the default if it is missing or not known yet."""
        found = self.find(*path)
        if isinstance(found, bool) or not isinstance(found, int | float | str) or found == UNKNOWN:
            return default
        try:
            return float(found)
        except ValueError:
            return default

    def text(self, *path: str, default: str = "") -> str:
        found = self.find(*path)
        return found if isinstance(found, str) and found not in ("", UNKNOWN) else default

    def count(self, *path: str) -> int:
        """Return the number of entries of a list."""
        found = self.find(*path)
        return len(found) if isinstance(found, list) else 0

    def entries(self, *path: str) -> Sequence[Mapping[str, Any]]:
        """Return the mappings in a list."""
        found = self.find(*path)
        return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []

    def find(self, *path: str) -> Any:
        found: Any = self.inputs
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found


@dataclass(frozen=True)
class Resources:
    """All resources of one stack."""

    states: Mapping[str, State]
    config: Mapping[str, str] = field(default_factory=dict)
    """The stack's configuration by full key, which configures default providers."""

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._all)

    def of_cluster(self, cluster: str) -> Sequence[Resource]:
        return [each for each in self._all if each.cluster == cluster]

    @cached_property
    def _all(self) -> Sequence[Resource]:
        found = ((urn, state) for urn, state in self.states.items() if state.get("custom", True))
        return [self._resource(urn, state) for urn, state in found if not state["type"].startswith("pulumi:")]

    @cached_property
    def _clouds(self) -> Mapping[str, str]:
        """Return the cloud of each cluster; empty for a cluster without a foundation, which has no bill."""
        found: dict[str, str] = {}
        for urn, state in self.states.items():
            if state["type"] == CLUSTER_TYPE:
                found.setdefault(urns.name_of(urn), "")
            elif state["type"].startswith("slipway:") and state["type"].endswith(FOUNDATION_ENDING):
                found[urns.name_of(urn)] = state["type"].split(":")[1]
        return found

    @cached_property
    def _cloud_providers(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the inputs of each cluster's cloud provider, which has the name of the cluster."""
        kubernetes = f"{urns.PROVIDER_PREFIX}kubernetes"
        return {
            urns.name_of(urn): state.get("inputs") or {}
            for urn, state in self.states.items()
            if urns.is_provider(state["type"]) and state["type"] != kubernetes
        }

    def near(self, resource: Resource, *types: str) -> Resource | None:
        """Return the first resource of these types in the closest component around `resource`, at any depth."""
        for ancestor in self._ancestors(resource.urn):
            for each in (each for type_ in types for each in self._held.get((ancestor, type_), ())):
                if each.urn != resource.urn:
                    return each
        return None

    @cached_property
    def _held(self) -> Mapping[tuple[str, str], Sequence[Resource]]:
        """Return the cloud resources by component and type."""
        found: defaultdict[tuple[str, str], list[Resource]] = defaultdict(list)
        for each in self._all:
            if not each.type.startswith("kubernetes:"):
                for ancestor in self._ancestors(each.urn):
                    found[ancestor, each.type].append(each)
        return found

    def of_type(self, type_: str) -> Sequence[Resource]:
        return self._by_type.get(type_, ())

    @cached_property
    def _by_type(self) -> Mapping[str, Sequence[Resource]]:
        found: defaultdict[str, list[Resource]] = defaultdict(list)
        for each in self._all:
            found[each.type].append(each)
        return found

    def _resource(self, urn: str, state: State) -> Resource:
        provider = str(state.get("provider") or "").rpartition("::")[0]
        cluster = self._cluster(urn, provider)
        return Resource(
            urn=urn,
            type=state["type"],
            inputs=state.get("inputs") or {},
            cluster=cluster,
            system=self._system(urn),
            cloud=self._clouds.get(cluster, ""),
            provider=self._cloud_providers.get(cluster, {}) if cluster else self._own_provider(provider),
            aliases=tuple(map(str, state.get("aliases") or ())),
            needs=state.get("propertyDependencies") or {},
        )

    def _own_provider(self, provider: str) -> Mapping[str, Any]:
        """Return the inputs of a provider; a default one has those of the configuration, and is in no plan."""
        if provider in self.states:
            return self.states[provider].get("inputs") or {}
        prefix = f"{urns.type_of(provider).removeprefix(urns.PROVIDER_PREFIX)}:" if provider else ":"
        return {key.removeprefix(prefix): text for key, text in self.config.items() if key.startswith(prefix)}

    def _cluster(self, urn: str, provider: str) -> str:
        """Return the cluster from the provider's name (the cluster's, with a suffix if it is for systems), else from
        the components around it."""
        named = urns.name_of(provider).removesuffix("-systems") if provider.count("::") > 2 else ""
        if named in self._clouds:
            return named
        return next((name for name in map(urns.name_of, self._ancestors(urn)) if name in self._clouds), "")

    def _system(self, urn: str) -> str:
        for each in self._ancestors(urn):
            kind = urns.type_of(each)
            if kind == SYSTEM_TYPE:
                return urns.name_of(each)
            if kind == CLUSTER_TYPE:
                return SERVICES
            if kind.endswith(FOUNDATION_ENDING):
                return FOUNDATION
        return OTHER

    def _ancestors(self, urn: str) -> Iterator[str]:
        """Yield the ancestors from the parent on; a hand-written file may contain a cycle."""
        passed: set[str] = set()
        parent = str(self.states.get(urn, {}).get("parent") or "")
        while parent and parent not in passed:
            passed.add(parent)
            yield parent
            parent = str(self.states.get(parent, {}).get("parent") or "")


def resources(of: Plan | Before) -> Resources:
    if isinstance(of, Before):
        return Resources(of.resources, of.config)
    return Resources({step.urn: step.state for step in of.steps if step.op not in READ}, of.config)
