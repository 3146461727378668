"""A system's secrets in its own Key Vault, and the access of its namespace to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import keyvault

from components.clouds import contract
from components.clouds.azure.context import AzureClusterContext
from components.clouds.azure.pod_identity import CLIENT_ID, PodIdentity, PodIdentityArgs
from components.clouds.azure.private_endpoint import PrivateEndpointArgs, ip_rule, private_endpoint
from components.clouds.azure.role_assignments import Grant, grant
from components.clouds.external_secret import Access, StoreAccess, StoreAccessArgs
from components.manifests import external_secrets, names

SOFT_DELETE_DAYS = 90
"""Days in which a deleted secret or vault can be restored. Source: Azure Key Vault allows 7 to 90; chosen: the
longest."""


@dataclass(frozen=True, kw_only=True)
class SecretStoreArgs:
    context: AzureClusterContext
    asked: contract.SecretStoreArgs
    depends_on: Any
    """Dependencies of the objects in the namespace, as in resource options."""


class AzureSecrets(pulumi.ComponentResource):
    """Implements `components.clouds.contract.SecretStore`. Access is by role, deleted secrets can be restored for 90
    days, and Azure replicates them to the paired region."""

    def __init__(self, name: str, args: SecretStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:SecretStore", name, opts=opts)
        context = self._context = args.context
        self._args, self._system = args.asked, args.asked.scope.system
        self._opts = pulumi.ResourceOptions(parent=self)
        self._tags = context.tagged(args.asked.source, system=self._system)
        self._vault_name = names.vault_name(context.subscription, context.cluster_name, self._system)
        self._vault = self._create_vault()
        endpoint = private_endpoint(
            f"{self._system}/secrets",
            context,
            PrivateEndpointArgs(
                endpoint_name=self._vault_name, resource=self._vault.id, kind="vault", zone="vault", tags=self._tags
            ),
            self._opts,
        )
        reader = self._reader()
        self._officers()
        access = Access(
            annotations={CLIENT_ID: reader.client},
            spec=key_vault(f"https://{self._vault_name}.vault.azure.net", context.tenant),
            granted=[endpoint, reader],
        )
        self._access = StoreAccess(
            self._system,
            StoreAccessArgs(asked=args.asked, access=access, depends_on=args.depends_on),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"vault": self._vault_name})

    def put(
        self, name: str, source: str, values: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
    ) -> pulumi.Resource:
        filled = keyvault.Secret(
            self._args.scope.logical(name),
            secret_name=name,
            vault_name=self._vault.name,
            resource_group_name=self._context.resource_group,
            properties=keyvault.SecretPropertiesArgs(
                value=pulumi.Output.secret(pulumi.Output.json_dumps(dict(values))), content_type="application/json"
            ),
            tags=self._context.tagged(source, system=self._system),
            opts=pulumi.ResourceOptions(parent=parent, provider=self._context.provider),
        )
        return self._access.secret(name, source, external_secrets.whole(name, name), parent, after=[filled])

    def declare(self, name: str, source: str, keys: Sequence[str], parent: pulumi.Resource) -> pulumi.Resource:
        """Declares entries without creating them, because a vault has no empty entries: `slipway secrets set` creates
        each. The Secret appears once all exist."""
        spec = external_secrets.by_key(name, {key: names.vault_secret(key) for key in keys})
        annotations = external_secrets.supplied_annotations(keys, self._args.rotations)
        return self._access.secret(name, source, spec, parent, annotations=annotations)

    def declare_login(self, name: str, source: str, key: str, parent: pulumi.Resource) -> pulumi.Resource:
        """Declares one such entry, which the Secret has in the form that nodes read."""
        annotations = external_secrets.supplied_annotations([key], self._args.rotations)
        spec = external_secrets.login(name, names.vault_secret(key))
        return self._access.secret(name, source, spec, parent, annotations=annotations)

    def declare_client_secret(self, name: str, source: str, key: str, parent: pulumi.Resource) -> pulumi.Resource:
        """Declares one such entry, which the Secret has under the key that the gateway reads."""
        annotations = external_secrets.supplied_annotations([key], self._args.rotations)
        spec = external_secrets.client_secret(name, names.vault_secret(key))
        return self._access.secret(name, source, spec, parent, annotations=annotations)

    def _create_vault(self) -> keyvault.Vault:
        context = self._context
        return keyvault.Vault(
            self._system,
            vault_name=self._vault_name,
            resource_group_name=context.resource_group,
            location=context.location,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=context.tenant,
                sku=keyvault.SkuArgs(family="A", name=keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                enable_soft_delete=True,
                soft_delete_retention_in_days=SOFT_DELETE_DAYS,
                enable_purge_protection=True,
                public_network_access="Enabled",
                # Pods connect through the private endpoint, owners of secrets from the networks authorized for the
                # cluster.
                network_acls=keyvault.NetworkRuleSetArgs(
                    default_action="Deny",
                    bypass="AzureServices",
                    ip_rules=[keyvault.IPRuleArgs(value=ip_rule(cidr)) for cidr in context.authorized_networks],
                ),
            ),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, protect=context.protect),
        )

    def _reader(self) -> PodIdentity:
        reader = PodIdentity(
            f"{self._system}/secrets",
            PodIdentityArgs(
                context=self._context,
                namespace=self._args.scope.namespace,
                service_account=external_secrets.ACCOUNT,
                tags=self._tags,
            ),
            self._opts,
        )
        reader.may("vault", "Key Vault Secrets User", self._vault.id)
        return reader

    def _officers(self) -> None:
        """Grants the deployers write access, with which they fill supplied secrets."""
        for deployer in self._context.deployers:
            may = Grant(
                key=f"{self._vault_name}/officer/{deployer}",
                role="Key Vault Secrets Officer",
                principal=deployer,
                principal_type=None,
                scope=self._vault.id,
            )
            grant(f"{self._system}/officer-{deployer}", self._context, may, self._opts)


def key_vault(url: str, tenant: str) -> dict[str, Any]:
    """Returns the SecretStore spec by which External Secrets uses the identity of the namespace's service account."""
    vault = {
        "authType": "WorkloadIdentity",
        "vaultUrl": url,
        "tenantId": tenant,
        "serviceAccountRef": {"name": external_secrets.ACCOUNT},
    }
    return {"provider": {"azurekv": vault}}
