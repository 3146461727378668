"""The bucket of dumps in moto's S3 server, locked as Slipway locks it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

ACCESS_KEY, SECRET_KEY = "CANARYACCESSKEY7B21", "canary-secret-key-9a4d"
"""Neither may appear in any output."""
REGION = "us-east-1"


@dataclass(frozen=True)
class Locked:
    """A bucket at `endpoint`."""

    name: str
    endpoint: str

    @property
    def secret(self) -> Mapping[str, str]:
        """The owner's Secret `object-store`."""
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": REGION, **keys}

    @property
    def client(self) -> Any:
        keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name=REGION, **keys)

    def create(self) -> None:
        self.client.create_bucket(Bucket=self.name, ObjectLockEnabledForBucket=True)
        retention = {"Mode": "GOVERNANCE", "Days": 14}
        rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
        self.client.put_object_lock_configuration(Bucket=self.name, ObjectLockConfiguration=rule)

    def files(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return sorted(each["Key"] for each in found)

    def versions(self) -> int:
        """Of all files together: one more than files means that something was written over."""
        found = self.client.list_object_versions(Bucket=self.name)
        return len(found.get("Versions", [])) + len(found.get("DeleteMarkers", []))

    def get(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def put(self, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=body)

    def manifest(self, key: str) -> Mapping[str, Any]:
        return json.loads(self.get(key))
