"""What services of AWS delete by themselves: objects of buckets, images of repositories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapters.clouds.aws.buckets import BUCKETS
from adapters.clouds.contract import Evaluation
from adapters.json_documents import parsed
from framework import Absence, Property, Resource, Settings, Verdict

DAYS = 7
"""Days for which each object must stay, as after a deletion. Chosen: a mistake of a Friday is found within a week."""
_LEAST: Mapping[str, int] = {"imageCountMoreThan": 10, "sinceImagePushed": 30}
"""Images with tags, or days, that must stay: what runs, and the versions before it. Chosen: ten versions, or a month."""
_SOON = "deletes what it holds within a week"


def _of_bucket(bucket: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the rules of a bucket that apply to all of its objects."""
    for rule in (each for key in ("rules", "lifecycleRules") for each in bucket[key].elements()):
        if (rule["status"].text == "Enabled" or rule["enabled"].value is True) and not _is_of_some(rule):
            for setting in _ends(rule):
                if setting.unknown:
                    verdict.undecided(bucket, setting)
                elif setting.text or (setting.whole_number or 0) < DAYS:
                    verdict.violated(bucket, f"{_SOON}: {setting.path}")


def _is_of_some(rule: Property) -> bool:
    """Return whether a rule is for a part of the bucket, by prefix, tag or size."""
    chosen = rule["filter"]
    others = any(chosen[key].present for key in ("and", "tag", "objectSizeGreaterThan", "objectSizeLessThan"))
    return bool(rule["prefix"].text or chosen["prefix"].text) or others or rule["tags"].mapping


def _ends(rule: Property) -> Iterator[Property]:
    """Return when objects and old versions end, in days or at a date. What old versions still have is not lost with the
    newest one."""
    past, older = rule["expiration"], rule["noncurrentVersionExpiration"]
    versions = [older[key] for key in ("noncurrentDays", "days") if older[key].present]
    yield from versions
    if not any((each.whole_number or 0) >= DAYS for each in versions):
        yield from (past[key] for key in ("days", "date") if past[key].present)


def _of_lock(lock: Resource, _settings: Settings, verdict: Verdict) -> None:
    kept = lock["rule"]["defaultRetention"]
    if kept["days"].missing and kept["years"].missing:
        verdict.violated(lock, f"locks nothing: {kept.path} is not set")


def _of_repository(policy: Resource, _settings: Settings, verdict: Verdict) -> None:
    try:
        document = parsed(policy["policy"].text or "")
    except ValueError:
        document = Absence.MISSING
    for rule in Property(document, "policy")["rules"].elements():
        chosen = rule["selection"]
        number, least = chosen["countNumber"].whole_number, _LEAST.get(chosen["countType"].text or "", 0)
        if chosen["tagStatus"].text in ("any", "tagged") and number is not None and number < least:
            verdict.violated(policy, f"deletes images that may run: {chosen.path}.countNumber is less than {least}")


DELETING: Mapping[str, Evaluation] = {
    **dict.fromkeys(
        (*BUCKETS, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"),
        _of_bucket,
    ),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _of_lock,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _of_repository,
}
