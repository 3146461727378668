"""The objects by which a namespace gets its secrets from a cloud's store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core

from builders import external_secrets, namespace
from components.cloud.contract import SecretStoreArgs


@dataclass(frozen=True, kw_only=True)
class Access:
    """How the namespace's service account reads the store: `spec` of the store, and what must be there before."""

    annotations: Mapping[str, pulumi.Input[str]]
    spec: Mapping[str, Any]
    granted: Sequence[pulumi.Resource]


class StoreAccess(pulumi.ComponentResource):
    """A service account and a SecretStore of a namespace's own."""

    def __init__(self, name: str, args: SecretStoreArgs, access: Access, parent: pulumi.Resource) -> None:
        super().__init__("slipway:cloud:StoreAccess", name, opts=pulumi.ResourceOptions(parent=parent))
        self._args = args
        scope, opts = args.scope, pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        account = core.v1.ServiceAccount(
            scope.logical(external_secrets.ACCOUNT),
            namespace.service_account(
                scope, name=external_secrets.ACCOUNT, source=args.source, annotations=access.annotations
            ),
            opts=opts,
        )
        self._store = apiextensions.CustomResource(
            scope.logical(external_secrets.STORE_NAME),
            api_version=external_secrets.API_VERSION,
            kind=external_secrets.STORE,
            metadata=scope.metadata(external_secrets.STORE_NAME, args.source),
            spec=dict(access.spec),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.ready, account, *access.granted]),
        )
        self.register_outputs({})

    def secret(
        self,
        name: str,
        source: str,
        spec: dict[str, Any],
        parent: pulumi.Resource,
        *,
        after: Sequence[pulumi.Resource] = (),
        annotations: Mapping[str, str] | None = None,
    ) -> pulumi.Resource:
        """An ExternalSecret, made once the entries that it reads are there."""
        scope = self._args.scope
        return apiextensions.CustomResource(
            scope.logical(name),
            api_version=external_secrets.API_VERSION,
            kind=external_secrets.SECRET,
            metadata=scope.metadata(name, source, annotations=annotations),
            spec=spec,
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[self._store, *after]),
        )
