"""Buckets of each cloud, and what belongs to one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from frame import Property, Resource
from frame.verdicts import PREVIEW
from kinds.documents import conditions, principals, statements, texts
from kinds.safeguards import Safeguard

AWS_BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
CLOSING = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT = "azure-native:storage:StorageAccount"
CONTAINER = "azure-native:storage:BlobContainer"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
WEBSITES = (
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
    "aws:s3/bucketWebsiteConfigurationV2:BucketWebsiteConfigurationV2",
)
ACLS = ("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2")
_BOUNDS = {
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
}
"""Conditions that leave known askers only."""
PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")

CLOSED: Mapping[str, Sequence[Safeguard]] = {
    CLOSING: [
        Safeguard(path=(key,), safe=(True,), otherwise="leaves its bucket open to a public grant")
        for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    ],
    ACCOUNT: [
        Safeguard(path=("allowBlobPublicAccess",), safe=(False,), otherwise="lets a container be read by everybody")
    ],
    CONTAINER: [
        Safeguard(path=("publicAccess",), safe=("None",), by_default=True, otherwise="can be read by everybody")
    ],
}
"""What closes a bucket, by the type that says so."""


class Belongings:
    """Resources of one type that each belong to a bucket, by the bucket."""

    def __init__(self, resources: Sequence[Resource], type_: str) -> None:
        self._by_name: dict[str, list[Resource]] = defaultdict(list)
        self._by_urn: dict[str, list[Resource]] = defaultdict(list)
        self.doubtful: list[Resource] = []
        """Those of which nobody can say yet to which bucket they belong."""
        buckets = {each.urn for each in resources if each.type in AWS_BUCKETS}
        for each in (each for each in resources if each.type == type_):
            sources = each.dependencies & buckets
            if each["bucket"].text:
                self._by_name[each["bucket"].text].append(each)
            elif each["bucket"].unknown and len(sources) == 1:
                self._by_urn[next(iter(sources))].append(each)
            elif each["bucket"].unknown:
                self.doubtful.append(each)

    def of(self, bucket: Resource) -> list[Resource]:
        """What certainly belongs to a bucket."""
        return [*self._by_urn.get(bucket.urn, ()), *self._by_name.get(bucket["bucket"].text or "", ())]


def known_later(policy: Resource, distributions: Collection[str]) -> bool:
    """Whether a policy names a distribution of the stack that is yet to be made: the update knows its text."""
    return PREVIEW and not policy.dependencies.isdisjoint(distributions)


def refuses_plain_http(policy: Property) -> bool:
    """Whether a policy denies to everybody all that does not come over TLS."""
    return any(_refuses(each) for each in statements(policy) or ())


def _refuses(statement: Mapping[str, object]) -> bool:
    return (
        statement.get("Effect") == "Deny"
        and "*" in principals(statement, "AWS")
        and not {"*", "s3:*"}.isdisjoint(texts(statement.get("Action")))
        and any(each.endswith("*") for each in texts(statement.get("Resource")))
        and list(conditions(statement)) == [("bool", "aws:securetransport", ["false"])]
    )


def lets_everybody_in(statement: Mapping[str, object]) -> bool:
    """Whether a statement of a bucket's policy grants something to all, or to the distributions of all."""
    everybody = "*" in principals(statement, "AWS") or "NotPrincipal" in statement
    anyone = everybody or "cloudfront.amazonaws.com" in principals(statement, "Service")
    bound = any(key in _BOUNDS for _, key, _ in conditions(statement))
    return statement.get("Effect") == "Allow" and anyone and not bound
