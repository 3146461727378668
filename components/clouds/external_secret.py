"""The objects by which a namespace reads its secrets from a cloud's store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core

from components.clouds.contract import SecretStoreArgs
from components.manifests import external_secrets, namespace


@dataclass(frozen=True, kw_only=True)
class Access:
    """The access of the namespace's service account: the store's `spec`, and the grants that it depends on."""

    annotations: Mapping[str, pulumi.Input[str]]
    spec: Mapping[str, Any]
    granted: Sequence[pulumi.Resource]


@dataclass(frozen=True, kw_only=True)
class StoreAccessArgs:
    asked: SecretStoreArgs
    access: Access
    depends_on: Any
    """Dependencies of the objects in the namespace, as in resource options."""


class StoreAccess(pulumi.ComponentResource):
    """A service account and a SecretStore in one namespace."""

    def __init__(self, name: str, args: StoreAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cloud:StoreAccess", name, opts=opts)
        self._args, access = args.asked, args.access
        scope, source = args.asked.scope, args.asked.source
        own = pulumi.ResourceOptions(parent=self, depends_on=args.depends_on)
        account = core.v1.ServiceAccount(
            scope.logical(external_secrets.ACCOUNT),
            namespace.service_account(
                scope, name=external_secrets.ACCOUNT, source=source, annotations=access.annotations
            ),
            opts=own,
        )
        self._store = apiextensions.CustomResource(
            scope.logical(external_secrets.STORE_NAME),
            api_version=external_secrets.API_VERSION,
            kind=external_secrets.STORE,
            metadata=scope.metadata(external_secrets.STORE_NAME, source),
            spec=dict(access.spec),
            opts=pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=[account, *access.granted])),
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
        """Creates an ExternalSecret, after the entries that it reads."""
        scope = self._args.scope
        return apiextensions.CustomResource(
            scope.logical(name),
            api_version=external_secrets.API_VERSION,
            kind=external_secrets.SECRET,
            metadata=scope.metadata(name, source, annotations=annotations),
            spec=spec,
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[self._store, *after]),
        )
