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
from slipway.settings.foundations import FOLDER
from slipway.settings.members import digest
from slipway.settings.stacks import Stack, StackCluster

FACTS, ACCESS = "slipway.dev/foundation", "slipway.dev/access"
"""Names of the outputs: the facts by cluster, and address and certificate authority of each API server. A cloud that
returns a certificate as a secret makes the second one secret, and not the first."""
VERSION = 1
"""Increased when a stack of systems needs facts that earlier versions do not export."""


def exported(stack: Stack, clusters: Mapping[str, ClusterFacts]) -> dict[str, Any]:
    """Returns the outputs of a stack whose clusters others use."""
    entries = {
        name: {**_known(stack.clusters[name]), "facts": dict(facts.exported)} for name, facts in clusters.items()
    }
    return {
        FACTS: {"version": VERSION, "clusters": entries},
        ACCESS: {name: dict(facts.exported_access) for name, facts in clusters.items()},
    }


def _known(cluster: StackCluster) -> dict[str, Any]:
    """Returns what the stack knows of a cluster: its systems, and digests of what files say of it and of them."""
    return {
        "systems": sorted(cluster.served),
        "settings": cluster.settings_digest,
        "definitions": {name: digest(each.contract) for name, each in cluster.served.items()},
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
            checked = self._checked(outputs, cluster)
            if isinstance(outputs, Mapping):
                self._compare(outputs[FACTS]["clusters"][cluster.name], cluster)
            return checked

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

    def _compare(self, entry: Mapping[str, Any], cluster: StackCluster) -> None:
        """Warns of files that were changed since the other stack was updated. A stack that compares nothing is of an earlier
        version."""
        known = entry.get("definitions", {})
        changed = [
            name for name, each in cluster.systems.items() if known.get(name, mine := digest(each.contract)) != mine
        ]
        if changed:
            pulumi.log.warn(
                f"{self._stack} was last updated with other definitions of {', '.join(sorted(changed))}: images, alerts, logs "
                f"or controllers of the cluster may not fit yet{self._first}"
            )
        if entry.get("settings", cluster.settings_digest) != cluster.settings_digest:
            again = f"; copy its stack file again to {FOLDER}/" if self._elsewhere else self._first
            pulumi.log.warn(f"{self._stack} was last updated with other settings of cluster {cluster.name}{again}")

    @property
    def _elsewhere(self) -> bool:
        return self._stack.split("/")[1] != pulumi.get_project()

    @property
    def _first(self) -> str:
        if self._elsewhere:
            return ": give its project what `slipway member` writes, which updates it first"
        return f": update it first, with pulumi up --stack {self._stack.rpartition('/')[2]}"


def _at(value: pulumi.Output[Any], *path: str | int) -> pulumi.Output[Any]:
    for key in path:
        value = value[key]
    return value
