"""S3 buckets and their related resources."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from adapters.clouds.aws.conditions import binds_who
from adapters.clouds.aws.policy_documents import conditions, principals, statements, texts
from adapters.safeguards import Safeguard
from framework import Property, Resource, Settings, Verdict
from framework.verdicts import PREVIEW

BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
CLOSING = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
WEBSITES = (
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
    "aws:s3/bucketWebsiteConfigurationV2:BucketWebsiteConfigurationV2",
)
ACLS = ("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2")
PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
_EVERYBODY = re.compile(r"https?://acs\.amazonaws\.com/groups/global/(AllUsers|AuthenticatedUsers)")
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
SIGNING = "aws:cloudfront/originAccessControl:OriginAccessControl"

VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
VAULT, LOCK = "aws:backup/vault:Vault", "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
_CLOSED = [
    Safeguard(path=(key,), safe=(True,), otherwise="allows public access to its bucket")
    for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
]

_OTHERS: Mapping[str, Sequence[Safeguard]] = {
    CLOSING: _CLOSED,
    OWNERSHIP: [
        Safeguard(
            path=("rule", "objectOwnership"),
            safe=("BucketOwnerEnforced",),
            otherwise="lets access lists open its bucket",
        )
    ],
    SIGNING: [Safeguard(path=("signingBehavior",), safe=("always",), otherwise="needs a public bucket")],
}
"""Settings that close buckets, of resources beside them."""

EXPOSED = (*BUCKETS, *_OTHERS, POLICY, *WEBSITES, *ACLS, DISTRIBUTION)


def bucket_exposure(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check the settings that close each bucket, and those that could open one."""
    closings = Belongings(resources, CLOSING)
    distributions = {each.urn for each in resources if each.type == DISTRIBUTION}
    for each in resources:
        for safeguard in _OTHERS.get(each.type, ()):
            safeguard.evaluate(each, verdict)
        if each.type in BUCKETS:
            _evaluate_closing(each, closings, verdict)
        if each.type == POLICY or (each.type in BUCKETS and each["policy"].present):
            _evaluate_policy(each, distributions, verdict)
        if each.type in WEBSITES or (each.type in BUCKETS and each["website"].mapping):
            verdict.violated(each, "serves its bucket as a public website, without the CDN and without TLS")
        if each.type in (*BUCKETS, *ACLS):
            _evaluate_access_list(each, verdict)
        if each.type == DISTRIBUTION:
            _evaluate_origins(each, verdict)


def _evaluate_access_list(owner: Resource, verdict: Verdict) -> None:
    """Check the access list of a bucket, by its name or by its grants."""
    acl, listed = owner["acl"], owner["accessControlPolicy"]["grants"]
    named = [
        *(each["uri"] for each in owner["grants"].elements()),
        *(each["grantee"]["uri"] for each in listed.elements()),
    ]
    if acl.unknown:
        verdict.undecided(owner, acl)
    elif acl.text in PUBLIC_ACLS:
        verdict.violated(owner, "makes its bucket public: acl is a public one")
    for public in [each for each in named if _EVERYBODY.fullmatch(each.text or "")][:1]:
        verdict.violated(owner, f"makes its bucket public: {public.path} is a group of everybody")


def _evaluate_origins(distribution: Resource, verdict: Verdict) -> None:
    """Check that requests to each bucket are signed: one that answers others is public."""
    for origin in distribution["origins"].elements():
        server = any(origin[key].present for key in ("customOriginConfig", "vpcOriginConfig"))
        signed = origin["originAccessControlId"], origin["s3OriginConfig"]["originAccessIdentity"]
        if not (server or origin.unknown or any(each.unknown or each.text for each in signed)):
            verdict.violated(distribution, f"needs a public bucket: {signed[0].path} is not set")


def _evaluate_closing(bucket: Resource, closings: Belongings, verdict: Verdict) -> None:
    if closings.of(bucket):
        return
    if closings.doubtful:
        verdict.undecided(bucket, closings.doubtful[0]["bucket"])
    else:
        verdict.violated(bucket, "can be made public: it has no BucketPublicAccessBlock")


def _evaluate_policy(policy: Resource, distributions: set[str], verdict: Verdict) -> None:
    text = policy["policy"]
    found = statements(text)
    if text.unknown:
        if not known_later(policy, distributions):
            verdict.undecided(policy, text)
    elif found is None:
        verdict.violated(policy, "cannot be checked: policy is not a JSON policy document")
    elif any(lets_everybody_in(each) for each in found):
        verdict.violated(policy, "makes its bucket public, without the site's distribution")


def plain_http(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each bucket with its policy."""
    policies = Belongings(resources, POLICY)
    distributions = {each.urn for each in resources if each.type == DISTRIBUTION}
    for bucket in (each for each in resources if each.type in BUCKETS):
        _evaluate_bucket_policy(bucket, policies, distributions, verdict)


def _evaluate_bucket_policy(bucket: Resource, policies: Belongings, distributions: set[str], verdict: Verdict) -> None:
    own = policies.of(bucket)
    unknown = [each for each in own if each["policy"].unknown]
    if any(refuses_plain_http(each["policy"]) for each in own):
        return
    if any(known_later(each, distributions) for each in unknown):
        return
    if unknown or (policies.doubtful and not own):
        verdict.undecided(bucket, unknown[0]["policy"] if unknown else policies.doubtful[0]["bucket"])
    else:
        verdict.violated(bucket, "accepts plain HTTP: no bucket policy denies requests without TLS")


def version_and_lock(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each bucket and vault with its related resources."""
    versionings = Belongings(resources, VERSIONING)
    for bucket in (each for each in resources if each.type in BUCKETS):
        if not versionings.of(bucket) and bucket["versioning"]["enabled"].value is not True:
            if versionings.doubtful:
                verdict.undecided(bucket, versionings.doubtful[0]["bucket"])
            else:
                verdict.violated(bucket, "is not versioned: it has no BucketVersioning")
    locks = [each for each in resources if each.type == LOCK]
    for vault in (each for each in resources if each.type == VAULT):
        if not any(_locks(lock, vault) for lock in locks):
            verdict.violated(
                vault, "lets anyone who may write to it delete its backups: it has no VaultLockConfiguration"
            )


def _locks(lock: Resource, vault: Resource) -> bool:
    same = lock["backupVaultName"].text == vault["name"].text and lock["region"].text == vault["region"].text
    return vault.urn in lock.dependencies or (same and lock["backupVaultName"].text is not None)


def replication_elsewhere(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each configuration by its buckets."""
    buckets = {each["bucket"].text or "": each for each in resources if each.type in BUCKETS}
    for each in (each for each in resources if each.type == REPLICATION):
        source = buckets.get(each["bucket"].text or "")
        rules = list(each["rules"].elements())
        if not rules or not any(rule["status"].text == "Enabled" or rule["status"].unknown for rule in rules):
            verdict.violated(each, "copies nothing: none of its rules is Enabled")
        for rule in rules:
            _evaluate_copy(each, source, rule["destination"], buckets, verdict)
            if rule["filter"]["prefix"].text or rule["prefix"].text:
                verdict.violated(each, f"copies a part of its bucket only: {rule.path} has a prefix")


def _evaluate_copy(
    config: Resource, source: Resource | None, to: Property, buckets: Mapping[str, Resource], verdict: Verdict
) -> None:
    name = (to["bucket"].text or "").rpartition(":")[2]
    target = buckets.get(name)
    if to["account"].present:
        verdict.violated(config, f"copies data to another account: {to['account'].path} is set")
    if to["bucket"].unknown or source is None:
        return
    if target is None:
        verdict.violated(config, f"copies data to a bucket that is not in the stack: {to['bucket'].path}")
    elif target["region"].text is not None and target["region"].text == source["region"].text:
        verdict.violated(config, f"copies data within its region: {to['bucket'].path} is a bucket beside it")


class Belongings:
    """Resources of one type by the bucket that they belong to."""

    def __init__(self, resources: Sequence[Resource], type_: str) -> None:
        self._by_name: dict[str, list[Resource]] = defaultdict(list)
        self._by_urn: dict[str, list[Resource]] = defaultdict(list)
        self.doubtful: list[Resource] = []
        """Resources whose bucket is not known yet."""
        buckets = {each.urn for each in resources if each.type in BUCKETS}
        for each in (each for each in resources if each.type == type_):
            sources = each.dependencies & buckets
            if each["bucket"].text:
                self._by_name[each["bucket"].text].append(each)
            elif each["bucket"].unknown and len(sources) == 1:
                self._by_urn[next(iter(sources))].append(each)
            elif each["bucket"].unknown:
                self.doubtful.append(each)

    def of(self, bucket: Resource) -> list[Resource]:
        """Return the resources that certainly belong to a bucket."""
        return [*self._by_urn.get(bucket.urn, ()), *self._by_name.get(bucket["bucket"].text or "", ())]


def known_later(policy: Resource, distributions: Collection[str]) -> bool:
    """Return whether a policy names a distribution of the stack that does not exist yet: its text is known in the
    update."""
    return PREVIEW and not policy.dependencies.isdisjoint(distributions)


def refuses_plain_http(policy: Property) -> bool:
    """Return whether a policy denies all requests without TLS."""
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
    """Return whether a statement of a bucket policy grants access to everybody, or to every distribution."""
    everybody = "*" in principals(statement, "AWS") or "NotPrincipal" in statement
    anyone = everybody or "cloudfront.amazonaws.com" in principals(statement, "Service")
    return statement.get("Effect") == "Allow" and anyone and not binds_who(statement)
