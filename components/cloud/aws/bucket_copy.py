"""The copy of a bucket in the second region, which S3 keeps up to date."""

from __future__ import annotations

import dataclasses

import pulumi
import pulumi_aws as aws

from builders import names
from components.cloud.aws.closed_bucket import ClosedBucket, ClosedBucketArgs
from components.cloud.aws.policy import allow, deferred, document
from components.cloud.contract import BucketArgs


class BucketCopy(pulumi.ComponentResource):
    """Every new file, its later versions and its deletions; what stood there before is copied by hand, once."""

    def __init__(
        self,
        name: str,
        args: BucketArgs,
        original: ClosedBucketArgs,
        account: str,
        region: str,
        key_arn: pulumi.Input[str],
        source: ClosedBucket,
        parent: pulumi.Resource,
    ) -> None:
        super().__init__("slipway:aws:BucketCopy", name, opts=pulumi.ResourceOptions(parent=parent))
        self._name, self._account, self._tags = name, account, original.tags
        self._opts = pulumi.ResourceOptions(parent=self)
        copy = dataclasses.replace(
            original,
            bucket_name=names.globally_unique(account, f"{original.bucket_name[:50].rstrip('-')}-copy", 63),
            region=region,
            key_arn=key_arn,
            adopt=None,
        )
        target = ClosedBucket(f"{name}-copy", copy, self)
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

    def _role(self, original: ClosedBucketArgs, copy: ClosedBucketArgs) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Condition": {
                "StringEquals": {"aws:SourceAccount": self._account},
                "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{original.bucket_name}"},
            },
        }
        role = aws.iam.Role(
            f"{self._name}-copy",
            name=names.shortened(f"{original.bucket_name}-copy", 64),
            assume_role_policy=document(trust),
            tags=dict(self._tags),
            opts=self._opts,
        )
        source, target = f"arn:aws:s3:::{original.bucket_name}", f"arn:aws:s3:::{copy.bucket_name}"
        read = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
        locks = ["s3:GetObjectRetention", "s3:GetObjectLegalHold"] if original.locked_days is not None else []
        policy = aws.iam.RolePolicy(
            f"{self._name}-copy",
            name="copy",
            role=role.name,
            policy=deferred(
                allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], source),
                allow([*read, *locks], f"{source}/*"),
                allow(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], f"{target}/*"),
                allow(["kms:Decrypt"], original.key_arn, Condition=_via(original.region)),
                allow(["kms:Encrypt"], copy.key_arn, Condition=_via(copy.region)),
            ),
            opts=self._opts,
        )
        return role, policy


def _via(region: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
