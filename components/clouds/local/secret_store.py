"""Secrets of a cluster without another store: Kubernetes Secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_kubernetes import core

from components.clouds.contract import SecretStoreArgs
from components.manifests import secret


class KubernetesSecrets:
    """Implements `components.clouds.contract.SecretStore` in the system's namespace."""

    def __init__(self, args: SecretStoreArgs, opts: pulumi.ResourceOptions) -> None:
        self._args, self._depends_on = args, opts.depends_on

    def put(
        self, name: str, source: str, values: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
    ) -> pulumi.Resource:
        scope = self._args.scope
        return core.v1.Secret(
            scope.logical(name),
            secret.secret(scope, name=name, source=source, values=values),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=self._depends_on),
        )

    def declare(self, name: str, source: str, keys: Sequence[str], parent: pulumi.Resource) -> pulumi.Resource:
        """Creates an empty Secret and ignores the values that its owner adds."""
        return self._entry(name, source, keys, parent)

    def declare_login(self, name: str, source: str, key: str, parent: pulumi.Resource) -> pulumi.Resource:
        """Creates a Secret without a login and ignores the one that its owner adds."""
        return self._entry(name, source, [key], parent, pulls=True)

    def declare_client_secret(self, name: str, source: str, key: str, parent: pulumi.Resource) -> pulumi.Resource:
        """Creates an empty Secret and ignores the value that its owner adds."""
        return self._entry(name, source, [key], parent)

    def _entry(
        self, name: str, source: str, keys: Sequence[str], parent: pulumi.Resource, *, pulls: bool = False
    ) -> pulumi.Resource:
        scope, rotations = self._args.scope, self._args.rotations
        return core.v1.Secret(
            scope.logical(name),
            secret.empty_entry(scope, name=name, source=source, keys=keys, rotations=rotations, pulls=pulls),
            opts=pulumi.ResourceOptions(
                parent=parent, depends_on=self._depends_on, ignore_changes=["data", "stringData"]
            ),
        )
