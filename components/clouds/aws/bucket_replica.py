"""The replica of a bucket in the second region, kept up to date by S3."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.policy import allow, deferred, document
from components.clouds.aws.private_bucket import PrivateBucket, PrivateBucketArgs
from components.manifests import names
from slipway.settings.limits import most


@dataclass(frozen=True, kw_only=True)
class BucketReplicaArgs:
    original: PrivateBucketArgs
    source: PrivateBucket
    region: str
    """The second region."""
    key_arn: pulumi.Input[str]
    """The key in that region."""


class BucketReplica(pulumi.ComponentResource):
    """Replicates new files, their later versions and deletions; files that existed before must be copied once, by hand."""

    def __init__(self, name: str, args: BucketReplicaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:BucketReplica", name, opts=opts)
        original, source, key_arn = args.original, args.source, args.key_arn
        self._name, self._context = name, original.context
        self._opts = pulumi.ResourceOptions(parent=self)
        copy = dataclasses.replace(
            original,
            bucket_name=names.globally_unique(
                self._context.account, f"{original.bucket_name[:50].rstrip('-')}-copy", most("s3 bucket")
            ),
            region=args.region,
            key_arn=key_arn,
            adopt=None,
        )
        target = PrivateBucket(f"{name}-copy", copy, self._opts)
        role, policy = self._role(original, copy)
        arn = f"arn:aws:s3:::{copy.bucket_name}"
        aws.s3.BucketReplicationConfig(
            name,
            bucket=original.bucket_name,
            region=original.region,
            role=role.arn,
            rules=[
                aws.s3.BucketReplicationConfigRuleArgs(
                    id="everything",
                    status="Enabled",
                    priority=0,
                    filter=aws.s3.BucketReplicationConfigRuleFilterArgs(prefix=""),
                    delete_marker_replication=aws.s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(
                        status="Enabled"
                    ),
                    source_selection_criteria=aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs(
                        sse_kms_encrypted_objects=aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs(
                            status="Enabled"
                        )
                    ),
                    destination=aws.s3.BucketReplicationConfigRuleDestinationArgs(
                        bucket=arn,
                        storage_class="STANDARD_IA",
                        encryption_configuration=aws.s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs(
                            replica_kms_key_id=key_arn
                        ),
                    ),
                )
            ],
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[source, target, policy, *source.versioning, *target.versioning]
            ),
        )
        self.register_outputs({"name": copy.bucket_name})

    def _role(self, original: PrivateBucketArgs, copy: PrivateBucketArgs) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Condition": {
                "StringEquals": {"aws:SourceAccount": self._context.account},
                "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{original.bucket_name}"},
            },
        }
        role = aws.iam.Role(
            f"{self._name}-copy",
            name=names.shortened(f"{original.bucket_name}-copy", most("iam role")),
            assume_role_policy=document(trust),
            tags=dict(original.tags),
            opts=self._opts,
        )
        source, target = f"arn:aws:s3:::{original.bucket_name}", f"arn:aws:s3:::{copy.bucket_name}"
        read = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
        locks = ["s3:GetObjectRetention", "s3:GetObjectLegalHold"] if original.asked.locked_days is not None else []
        policy = aws.iam.RolePolicy(
            f"{self._name}-copy",
            name="copy",
            role=role.name,
            policy=deferred(
                allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], source),
                allow([*read, *locks], f"{source}/*"),
                allow(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], f"{target}/*"),
                allow(["kms:Decrypt"], original.key_arn, Condition=_via(original.region)),
                allow(["kms:Encrypt", "kms:GenerateDataKey"], copy.key_arn, Condition=_via(copy.region)),
            ),
            opts=self._opts,
        )
        return role, policy


def _via(region: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
