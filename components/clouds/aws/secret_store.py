"""A system's secrets in Secrets Manager, and the access of its namespace to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.clouds import contract
from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.policy import allow, deferred, document
from components.clouds.external_secret import Access, StoreAccess, StoreAccessArgs
from components.manifests import external_secrets, names
from slipway.settings.limits import most
from slipway.settings.store_names import secret_entry

RECOVERY_DAYS = 30
"""Days in which a deleted entry can be restored. Source: Secrets Manager DeleteSecret, 7 to 30; chosen: the longest."""


@dataclass(frozen=True, kw_only=True)
class SecretStoreArgs:
    context: AwsClusterContext
    asked: contract.SecretStoreArgs
    depends_on: Any
    """Dependencies of the objects in the namespace, as in resource options."""


class AwsSecrets(pulumi.ComponentResource):
    """Implements `components.clouds.contract.SecretStore`. The namespace's role can read only its system's entries. It
    uses IRSA, because Pod Identity cannot distinguish namespaces that share the External Secrets pods."""

    def __init__(self, name: str, args: SecretStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:SecretStore", name, opts=opts)
        self._context, self._args, self._system = args.context, args.asked, args.asked.scope.system
        role, policy = self._reader()
        access = Access(
            annotations={"eks.amazonaws.com/role-arn": role.arn},
            spec=secrets_manager(args.context.region),
            granted=[policy],
        )
        self._access = StoreAccess(
            self._system,
            StoreAccessArgs(asked=args.asked, access=access, depends_on=args.depends_on),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def put(
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

    def declare(self, name: str, source: str, keys: Sequence[str], parent: pulumi.Resource) -> pulumi.Resource:
        """Creates an entry per key, empty until `slipway secrets set` fills it; the Secret appears once all are filled."""
        spec = external_secrets.by_key(name, {key: self._entry_name(key) for key in keys})
        return self._declared(name, source, keys, spec, parent)

    def declare_login(self, name: str, source: str, key: str, parent: pulumi.Resource) -> pulumi.Resource:
        """Creates one such entry, which the Secret has in the form that nodes read."""
        return self._declared(name, source, [key], external_secrets.login(name, self._entry_name(key)), parent)

    def declare_client_secret(self, name: str, source: str, key: str, parent: pulumi.Resource) -> pulumi.Resource:
        """Creates one such entry, which the Secret has under the key that the gateway reads."""
        return self._declared(name, source, [key], external_secrets.client_secret(name, self._entry_name(key)), parent)

    def _declared(
        self, name: str, source: str, keys: Sequence[str], spec: dict[str, Any], parent: pulumi.Resource
    ) -> pulumi.Resource:
        ages = {key: {"rotate_every": age} for key, age in self._args.rotations.items()}
        entries = [self._entry(key, source, parent, **ages.get(key, {})) for key in keys]
        annotations = external_secrets.supplied_annotations(keys, self._args.rotations)
        return self._access.secret(name, source, spec, parent, after=entries, annotations=annotations)

    def _entry(self, name: str, source: str, parent: pulumi.Resource, **tags: str) -> aws.secretsmanager.Secret:
        copies = [
            aws.secretsmanager.SecretReplicaArgs(region=region) for region in (self._context.second_region,) if region
        ]
        return aws.secretsmanager.Secret(
            self._args.scope.logical(name),
            name=self._entry_name(name),
            description=f"For system {self._system}",
            kms_key_id=self._context.key.arn,
            recovery_window_in_days=RECOVERY_DAYS,
            replicas=copies or None,
            tags=self._context.tagged(source, system=self._system, **tags),
            opts=self._opts(parent),
        )

    def _opts(self, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        """Returns options with the requesting component as parent and with the AWS provider."""
        return pulumi.ResourceOptions(parent=parent, provider=self._context.provider)

    def _entry_name(self, name: str) -> str:
        return secret_entry(self._context.cluster_name, self._system, name)

    def _reader(self) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        context, opts = self._context, pulumi.ResourceOptions(parent=self)
        account = f"system:serviceaccount:{self._args.scope.namespace}:{external_secrets.ACCOUNT}"
        trust = pulumi.Output.all(context.control_plane.issuer, context.control_plane.issuer_arn).apply(
            lambda known: web_identity(known[0], known[1], account)
        )
        role = aws.iam.Role(
            f"{self._system}/secrets",
            name=names.shortened(f"{context.cluster_name}-{self._system}-secrets", most("iam role")),
            assume_role_policy=trust,
            tags=context.tagged(self._args.source, system=self._system),
            opts=opts,
        )
        entries = f"arn:aws:secretsmanager:{context.region}:{context.account}:secret:{self._entry_name('*')}"
        via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{context.region}.amazonaws.com"}}
        policy = aws.iam.RolePolicy(
            f"{self._system}/secrets",
            name="read-secrets",
            role=role.name,
            policy=deferred(
                allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], entries),
                allow(["kms:Decrypt"], context.key.arn, Condition=via),
            ),
            opts=opts,
        )
        return role, policy


def web_identity(issuer: str, issuer_arn: str, account: str) -> str:
    """Returns a trust policy for the service account `system:serviceaccount:<ns>:<name>`, by its token."""
    claims = {f"{issuer}:sub": account, f"{issuer}:aud": "sts.amazonaws.com"}
    return document(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": issuer_arn},
            "Condition": {"StringEquals": claims},
        }
    )


def secrets_manager(region: str) -> dict[str, Any]:
    """Returns the SecretStore spec by which External Secrets assumes the role of the namespace's service account."""
    account = {"serviceAccountRef": {"name": external_secrets.ACCOUNT}}
    return {"provider": {"aws": {"service": "SecretsManager", "region": region, "auth": {"jwt": account}}}}
