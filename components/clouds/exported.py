"""What a stack of systems takes from the stack that has its clusters: two outputs, read by a StackReference.

Settings come from the stack's file; exported are only facts that the clouds decide: ids, ARNs, addresses. They are
frozen and plain: no resource, no credential. A kubeconfig is made of them on either side, and logs in by a program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.clouds.contract import ClusterFacts
from slipway.settings.stacks import Stack, StackCluster

FACTS, ACCESS = "slipway.dev/foundation", "slipway.dev/access"
"""Names of the outputs: the facts by cluster, and address and certificate authority of each API server. A cloud that
returns a certificate as a secret makes the second one secret, and not the first."""
VERSION = 1
"""Increased when a stack of systems needs facts that earlier versions do not export."""


def exported(stack: Stack, clusters: Mapping[str, ClusterFacts]) -> dict[str, Any]:
    """Returns the outputs of a stack whose clusters others use."""
    entries = {
        name: {"systems": sorted(stack.clusters[name].served), "facts": dict(facts.exported)}
        for name, facts in clusters.items()
    }
    return {
        FACTS: {"version": VERSION, "clusters": entries},
        ACCESS: {name: dict(facts.exported_access) for name, facts in clusters.items()},
    }


@dataclass(frozen=True)
class Exported:
    """Facts of one cluster, as its stack exported them."""

    facts: pulumi.Output[Any]
    access: pulumi.Output[Any]

    def text(self, *path: str) -> pulumi.Output[str]:
        return _at(self.facts, *path)

    def texts(self, count: int, *path: str) -> list[pulumi.Output[str]]:
        """Returns the items of a list, whose number follows from settings."""
        return [_at(self.facts, *path, index) for index in range(count)]

    def server(self, key: str) -> pulumi.Output[str]:
        return _at(self.access, key)


class Reference:
    """The stack that has the clusters of a stack of systems."""

    def __init__(self, stack: Stack) -> None:
        assert stack.foundation is not None
        self._stack = stack.foundation
        self._reference = pulumi.StackReference(stack.foundation)

    def cluster(self, cluster: StackCluster) -> Exported:
        """Returns the facts of a cluster, which are an error of the deployment unless they fit its systems."""

        def facts(outputs: Any) -> Any:
            return self._checked(outputs, cluster)

        def access(outputs: Any) -> Any:
            checked = self._checked(outputs, cluster)
            return outputs[ACCESS][cluster.name] if isinstance(outputs, Mapping) else checked

        return Exported(self._of(FACTS, facts), self._of(ACCESS, access))

    def _of(self, name: str, taken: Callable[[Any], Any]) -> pulumi.Output[Any]:
        """Returns what is taken of one output: a secret only if that one is. All together are one if any output is, and
        `get_output` knows nothing of a value that is unknown in part."""
        value = pulumi.Output.unsecret(self._reference.outputs).apply(taken, True)
        is_secret = self._reference.secret_output_names.apply(
            lambda names: isinstance(names, list) and name in names, True
        )
        return is_secret.apply(lambda hidden: pulumi.Output.secret(value) if hidden else value)

    def _checked(self, outputs: Any, cluster: StackCluster) -> Any:
        if not isinstance(outputs, Mapping):
            return outputs
        found = outputs.get(FACTS)
        if not isinstance(found, Mapping):
            raise pulumi.RunError(f"{self._stack} exports no facts of its clusters{self._first}")
        if found["version"] != VERSION:
            raise pulumi.RunError(
                f"{self._stack} exports facts of version {found['version']:.0f}, and version {VERSION} is needed{self._first}"
            )
        entry = found["clusters"].get(cluster.name)
        unknown = sorted(cluster.systems) if entry is None else sorted(set(cluster.systems) - set(entry["systems"]))
        if entry is None or unknown:
            raise pulumi.RunError(f"{self._stack} is not ready for {', '.join(unknown) or cluster.name}{self._first}")
        return entry["facts"]

    @property
    def _first(self) -> str:
        return f": update it first, with pulumi up --stack {self._stack.rpartition('/')[2]}"


def _at(value: pulumi.Output[Any], *path: str | int) -> pulumi.Output[Any]:
    for key in path:
        value = value[key]
    return value
