"""A system's secrets in a Key Vault of its own, and how its namespace reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_azure_native import keyvault

from builders import external_secrets, names
from components.cloud.azure.access import Grant, grant
from components.cloud.azure.place import Place, ip_rule, private_endpoint
from components.cloud.azure.pod_identity import CLIENT_ID, PodIdentity
from components.cloud.contract import SecretStoreArgs
from components.cloud.external_secret import Access, StoreAccess

SOFT_DELETE_DAYS = 90


class AzureSecrets(pulumi.ComponentResource):
    """Answers `components.cloud.contract.SecretStore`. Access is by role, what is deleted comes back for 90 days, and
    Azure keeps a copy in the paired region."""

    def __init__(
        self, args: SecretStoreArgs, place: Place, parent: pulumi.Resource, provider: pulumi.ProviderResource
    ) -> None:
        self._args, self._place, self._own_provider = args, place, provider
        self._system = args.scope.system
        super().__init__(
            "slipway:azure:SecretStore", self._system, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        self._opts = pulumi.ResourceOptions(parent=self)
        self._tags = place.tagged(args.source, system=self._system)
        self._vault_name = names.vault_name(place.subscription, place.cluster_name, self._system)
        self._vault = self._made()
        endpoint = private_endpoint(
            f"{self._system}/secrets",
            place,
            endpoint_name=self._vault_name,
            resource=self._vault.id,
            kind="vault",
            zone="vault",
            tags=self._tags,
            opts=self._opts,
        )
        reader = self._reader()
        self._officers()
        access = Access(
            annotations={CLIENT_ID: reader.client},
            spec=external_secrets.azure_store(f"https://{self._vault_name}.vault.azure.net", place.tenant),
            granted=[endpoint, reader],
        )
        self._access = StoreAccess(self._system, args, access, self)
        self.register_outputs({"vault": self._vault_name})

    def keep(
        self, name: str, source: str, values: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
    ) -> pulumi.Resource:
        filled = keyvault.Secret(
            self._args.scope.logical(name),
            secret_name=name,
            vault_name=self._vault.name,
            resource_group_name=self._place.resource_group,
            properties=keyvault.SecretPropertiesArgs(
                value=pulumi.Output.secret(pulumi.Output.json_dumps(dict(values))), content_type="application/json"
            ),
            tags=self._place.tagged(source, system=self._system),
            opts=pulumi.ResourceOptions(parent=parent, provider=self._own_provider),
        )
        return self._access.secret(name, source, external_secrets.whole(name, name), parent, after=[filled])

    def expect(self, name: str, source: str, keys: Sequence[str], parent: pulumi.Resource) -> pulumi.Resource:
        """A vault has no empty entries: `slipway secrets set` makes each. The Secret is there once all are."""
        spec = external_secrets.by_key(name, {key: names.vault_secret(key) for key in keys})
        annotations = external_secrets.supplied_annotations(keys, self._args.rotations)
        return self._access.secret(name, source, spec, parent, annotations=annotations)

    def _made(self) -> keyvault.Vault:
        place = self._place
        return keyvault.Vault(
            self._system,
            vault_name=self._vault_name,
            resource_group_name=place.resource_group,
            location=place.location,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=place.tenant,
                sku=keyvault.SkuArgs(family="A", name=keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                enable_soft_delete=True,
                soft_delete_retention_in_days=SOFT_DELETE_DAYS,
                enable_purge_protection=True,
                public_network_access="Enabled",
                # Pods come by the private endpoint, owners of secrets from the networks that may reach the cluster.
                network_acls=keyvault.NetworkRuleSetArgs(
                    default_action="Deny",
                    bypass="AzureServices",
                    ip_rules=[keyvault.IPRuleArgs(value=ip_rule(cidr)) for cidr in place.api_allow],
                ),
            ),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, protect=place.protect),
        )

    def _reader(self) -> PodIdentity:
        reader = PodIdentity(
            f"{self._system}/secrets",
            self._args.scope.namespace,
            external_secrets.ACCOUNT,
            self._place,
            self._tags,
            self,
            self._own_provider,
        )
        reader.may("vault", "Key Vault Secrets User", self._vault.id)
        return reader

    def _officers(self) -> None:
        """Those who deploy also fill what others supply."""
        for deployer in self._place.deployers:
            may = Grant(
                key=f"{self._vault_name}/officer/{deployer}",
                role="Key Vault Secrets Officer",
                principal=deployer,
                principal_type=None,
                scope=self._vault.id,
            )
            grant(f"{self._system}/officer-{deployer}", self._place.subscription, may, self._opts)
