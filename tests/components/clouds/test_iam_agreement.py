"""Two judges: the evaluator of these tests, and moto, which lets a role's session touch files or not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from tests.components.clouds.iam import Request, allows
from tests.components.clouds.in_moto import CREDENTIALS

TRUST = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}}
BUCKETS = ("receipts", "backups")
CALLS = {"s3:GetObject": "get_object", "s3:PutObject": "put_object", "s3:DeleteObject": "delete_object"}
RECEIPTS, ALL = "arn:aws:s3:::receipts/*", "arn:aws:s3:::*"
POLICIES = {
    "files of one bucket": [("Allow", ["s3:GetObject", "s3:PutObject"], RECEIPTS)],
    "one prefix": [("Allow", "s3:*Object", "arn:aws:s3:::backups/shop/*")],
    "the bucket without its files": [("Allow", "s3:*", "arn:aws:s3:::receipts")],
    "never to delete": [("Allow", "s3:*", ALL), ("Deny", "s3:DeleteObject", "arn:aws:s3:::backups/*")],
    "denied before it is allowed": [("Deny", "s3:*", RECEIPTS), ("Allow", "s3:GetObject", ALL)],
    "another service": [("Allow", "secretsmanager:*", "*")],
}


@mock_aws
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_moto_lets_pass_what_the_evaluator_allows(policy: list[tuple[str, Any, str]]) -> None:
    """Every call on every file, by a session that the role's policy alone decides for."""
    found = [{"Effect": effect, "Action": action, "Resource": resource} for effect, action, resource in policy]
    document = json.dumps({"Version": "2012-10-17", "Statement": found})
    calls = list(itertools.product(CALLS, BUCKETS, ("shop/one", "other")))
    evaluated = {call: allows([document], Request(call[0], f"arn:aws:s3:::{call[1]}/{call[2]}")) for call in calls}
    assert _enforced(_session(document), calls) == evaluated


def _session(policy: str) -> boto3.Session:
    """A session of a role with `policy`, and the files that it may or may not touch."""
    admin = boto3.Session(**CREDENTIALS)
    trust = json.dumps({"Version": "2012-10-17", **TRUST})
    role = admin.client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    admin.client("iam").put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=policy)
    for bucket in BUCKETS:
        admin.client("s3").create_bucket(Bucket=bucket)
    found = admin.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return boto3.Session(
        found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], CREDENTIALS["region_name"]
    )


@set_initial_no_auth_action_count(0)
def _enforced(session: boto3.Session, calls: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], bool]:
    s3 = session.client("s3")
    return {(action, bucket, key): _passes(s3, CALLS[action], bucket, key) for action, bucket, key in calls}


def _passes(s3: Any, call: str, bucket: str, key: str) -> bool:
    try:
        getattr(s3, call)(Bucket=bucket, Key=key)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("NoSuchKey", "AccessDenied"):
            raise
        return code == "NoSuchKey"
    return True
