"""Secrets where the cluster has no other store: Kubernetes' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_kubernetes import core

from builders import secret
from components.cloud.contract import SecretStoreArgs


class KubernetesSecrets:
    """Answers `components.cloud.contract.SecretStore` in the system's namespace."""

    def __init__(self, args: SecretStoreArgs) -> None:
        self._args = args

    def keep(
        self, name: str, source: str, values: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
    ) -> pulumi.Resource:
        scope = self._args.scope
        return core.v1.Secret(
            scope.logical(name),
            secret.secret(scope, name=name, source=source, values=values),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=list(self._args.ready)),
        )

    def expect(self, name: str, source: str, keys: Sequence[str], parent: pulumi.Resource) -> pulumi.Resource:
        """An empty Secret; what its owner put into it stays."""
        scope = self._args.scope
        return core.v1.Secret(
            scope.logical(name),
            secret.empty_entry(scope, name=name, source=source, keys=list(keys)),
            opts=pulumi.ResourceOptions(
                parent=parent, depends_on=list(self._args.ready), ignore_changes=["data", "stringData"]
            ),
        )
