"""A system's secrets in Secrets Manager, and how its namespace reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from builders import external_secrets, names
from components.cloud.aws.policy import allow, deferred, document
from components.cloud.contract import SecretStoreArgs
from components.cloud.external_secret import Access, StoreAccess
from settings.store_names import secret_entry

RECOVERY_DAYS = 30
"""Days in which a deleted entry can be brought back."""


@dataclass(frozen=True, kw_only=True)
class StoreSurroundings:
    """Where entries stand and who hands out roles to pods."""

    account: str
    region: str
    second_region: str | None
    cluster_name: str
    issuer: pulumi.Input[str]
    """The cluster's OIDC issuer, without `https://`."""
    issuer_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    tags: Mapping[str, str]


class AwsSecrets(pulumi.ComponentResource):
    """Answers `components.cloud.contract.SecretStore`. The namespace's role reads its system's entries only: pods that
    share External Secrets cannot be told apart by Pod Identity, so this is IRSA."""

    def __init__(
        self,
        args: SecretStoreArgs,
        around: StoreSurroundings,
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource,
    ) -> None:
        self._args, self._around, self._own_provider = args, around, provider
        self._system = args.scope.system
        super().__init__(
            "slipway:aws:SecretStore", self._system, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        role, policy = self._reader()
        access = Access(
            annotations={"eks.amazonaws.com/role-arn": role.arn},
            spec=external_secrets.aws_store(around.region),
            granted=[policy],
        )
        self._access = StoreAccess(self._system, args, access, self)
        self.register_outputs({})

    def keep(
        self, name: str, source: str, values: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
    ) -> pulumi.Resource:
        entry = self._entry(name, source, parent)
        filled = aws.secretsmanager.SecretVersion(
            self._args.scope.logical(name),
            secret_id=entry.id,
            secret_string=pulumi.Output.secret(pulumi.Output.json_dumps(dict(values))),
            opts=self._opts(parent),
        )
        spec = external_secrets.whole(name, self._entry_name(name))
        return self._access.secret(name, source, spec, parent, after=[filled])

    def expect(self, name: str, source: str, keys: Sequence[str], parent: pulumi.Resource) -> pulumi.Resource:
        """An entry a key, empty until `slipway secrets set` fills it; the Secret is there once all are."""
        ages = {key: {"rotate_every": age} for key, age in self._args.rotations.items()}
        entries = [self._entry(key, source, parent, **ages.get(key, {})) for key in keys]
        spec = external_secrets.by_key(name, {key: self._entry_name(key) for key in keys})
        annotations = external_secrets.supplied_annotations(keys, self._args.rotations)
        return self._access.secret(name, source, spec, parent, after=entries, annotations=annotations)

    def _entry(self, name: str, source: str, parent: pulumi.Resource, **tags: str) -> aws.secretsmanager.Secret:
        copies = [
            aws.secretsmanager.SecretReplicaArgs(region=region) for region in (self._around.second_region,) if region
        ]
        return aws.secretsmanager.Secret(
            self._args.scope.logical(name),
            name=self._entry_name(name),
            description=f"For system {self._system}",
            kms_key_id=self._around.key_arn,
            recovery_window_in_days=RECOVERY_DAYS,
            replicas=copies or None,
            tags=names.tags(source, self._around.tags, system=self._system, **tags),
            opts=self._opts(parent),
        )

    def _opts(self, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        """Entries stand under whoever asks for them, who knows no provider of AWS."""
        return pulumi.ResourceOptions(parent=parent, provider=self._own_provider)

    def _entry_name(self, name: str) -> str:
        return secret_entry(self._around.cluster_name, self._system, name)

    def _reader(self) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        around, opts = self._around, pulumi.ResourceOptions(parent=self)
        account = f"system:serviceaccount:{self._args.scope.namespace}:{external_secrets.ACCOUNT}"
        trust = pulumi.Output.all(around.issuer, around.issuer_arn).apply(
            lambda known: web_identity(known[0], known[1], account)
        )
        role = aws.iam.Role(
            f"{self._system}/secrets",
            name=names.shortened(f"{around.cluster_name}-{self._system}-secrets", 64),
            assume_role_policy=trust,
            tags=names.tags(self._args.source, around.tags, system=self._system),
            opts=opts,
        )
        entries = f"arn:aws:secretsmanager:{around.region}:{around.account}:secret:{self._entry_name('*')}"
        via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{around.region}.amazonaws.com"}}
        policy = aws.iam.RolePolicy(
            f"{self._system}/secrets",
            name="read-secrets",
            role=role.name,
            policy=deferred(
                allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], entries),
                allow(["kms:Decrypt"], around.key_arn, Condition=via),
            ),
            opts=opts,
        )
        return role, policy


def web_identity(issuer: str, issuer_arn: str, account: str) -> str:
    """Who may take on a role by a token of the cluster: the service account `system:serviceaccount:<ns>:<name>`."""
    claims = {f"{issuer}:sub": account, f"{issuer}:aud": "sts.amazonaws.com"}
    return document(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": issuer_arn},
            "Condition": {"StringEquals": claims},
        }
    )
