"""Weights of static sites in CloudFront KeyValueStores, one store per site with one key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slipway.ops.aws.access import session, translated_errors
from slipway.ops.failure import CloudFailure, MissingEntry
from slipway.ops.weights import EdgeState
from slipway.settings import store_names
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.stacks import Stack, StackCluster

KEY = "state"
ATTEMPTS = 4
"""Attempts to read a consistent state. Chosen: each write takes seconds, and writes are rare."""


def arn_of(cloudfront: Any, name: str) -> str:
    """Return the ARN of the KeyValueStore `name`. Raises MissingEntry if there is none."""
    with translated_errors(f"KeyValueStore {name}"):
        try:
            return cloudfront.describe_key_value_store(Name=name)["KeyValueStore"]["ARN"]
        except cloudfront.exceptions.EntityNotFound:
            raise MissingEntry(f"aws: there is no KeyValueStore {name} yet; run `pulumi up` first") from None


def read(store: Any, arn: str) -> EdgeState | None:
    """Return the state in force, or None before the first. `store` is boto3's client `cloudfront-keyvaluestore`."""
    with translated_errors(f"KeyValueStore {arn}"):
        try:
            text = store.get_key(KvsARN=arn, Key=KEY)["Value"]
        except store.exceptions.ResourceNotFoundException:
            return None
    try:
        return EdgeState.from_json(text)
    except ValueError as error:
        raise CloudFailure(f"aws: the key '{KEY}' of KeyValueStore {arn} {error}") from None


def write(store: Any, arn: str, revise: Callable[[EdgeState | None], EdgeState]) -> EdgeState:
    """Apply `revise` to the state in force, store the result and return it.

    If another writer was faster, the state is read and revised again; after four attempts that fails.
    """
    for _ in range(ATTEMPTS):
        # The tag is read first: if the state changes afterwards, the put is refused.
        with translated_errors(f"KeyValueStore {arn}"):
            tag = store.describe_key_value_store(KvsARN=arn)["ETag"]
        state = revise(read(store, arn))
        with translated_errors(f"KeyValueStore {arn}"):
            try:
                store.put_key(KvsARN=arn, Key=KEY, Value=state.to_json(), IfMatch=tag)
            except store.exceptions.ConflictException:
                continue
        return state
    raise CloudFailure(f"aws: KeyValueStore {arn} is being changed concurrently: find out by whom, and try again")


def in_force(stack: Stack, cluster: StackCluster, system: str) -> dict[str, EdgeState | None]:
    """Return the state of each static site of `system`, by site."""
    assert isinstance(cluster.settings, AwsCluster)
    opened = session(cluster.settings)
    cloudfront, store = opened.client("cloudfront"), opened.client("cloudfront-keyvaluestore")
    cluster_name = store_names.cluster_name(stack.name, cluster.name)
    sites = cluster.systems[system].definition.sites
    return {site: read(store, arn_of(cloudfront, store_names.site(cluster_name, system, site))) for site in sites}
