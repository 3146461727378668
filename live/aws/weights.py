"""Weights of static sites in CloudFront KeyValueStores, one store a site, one key a store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from live.aws.access import session, told
from live.failure import CloudFailure, MissingEntry
from live.weights import EdgeState
from settings import store_names
from settings.stacks import AwsCluster, PlacedCluster, Stack

KEY = "state"
ATTEMPTS = 4


def arn_of(cloudfront: Any, name: str) -> str:
    """The ARN of the KeyValueStore `name`. Raises MissingEntry when there is none."""
    with told(f"KeyValueStore {name}"):
        try:
            return cloudfront.describe_key_value_store(Name=name)["KeyValueStore"]["ARN"]
        except cloudfront.exceptions.EntityNotFound:
            raise MissingEntry(f"aws: there is no KeyValueStore {name} yet; run `pulumi up` first") from None


def read(store: Any, arn: str) -> EdgeState | None:
    """The state in force, or None before the first. `store` is boto3's client `cloudfront-keyvaluestore`."""
    with told(f"KeyValueStore {arn}"):
        try:
            text = store.get_key(KvsARN=arn, Key=KEY)["Value"]
        except store.exceptions.ResourceNotFoundException:
            return None
    try:
        return EdgeState.from_json(text)
    except ValueError as error:
        raise CloudFailure(f"aws: the key '{KEY}' of KeyValueStore {arn} {error}") from None


def write(store: Any, arn: str, revise: Callable[[EdgeState | None], EdgeState]) -> EdgeState:
    """Puts what `revise` makes of the state in force, and returns it.

    When somebody else wrote in between, the state is read and revised again; after four attempts that fails.
    """
    for _ in range(ATTEMPTS):
        # The tag is read first: if the state changes afterwards, the put is refused.
        with told(f"KeyValueStore {arn}"):
            tag = store.describe_key_value_store(KvsARN=arn)["ETag"]
        state = revise(read(store, arn))
        with told(f"KeyValueStore {arn}"):
            try:
                store.put_key(KvsARN=arn, Key=KEY, Value=state.to_json(), IfMatch=tag)
            except store.exceptions.ConflictException:
                continue
        return state
    raise CloudFailure(f"aws: others change KeyValueStore {arn} at the same time; see who does, and try again")


def in_force(stack: Stack, cluster: PlacedCluster, system: str) -> dict[str, EdgeState | None]:
    """The state of each static site of `system`, by site."""
    assert isinstance(cluster.settings, AwsCluster)
    opened = session(cluster.settings)
    cloudfront, store = opened.client("cloudfront"), opened.client("cloudfront-keyvaluestore")
    cluster_name = store_names.cluster_name(stack.name, cluster.name)
    sites = cluster.systems[system].definition.sites
    return {site: read(store, arn_of(cloudfront, store_names.site(cluster_name, system, site))) for site in sites}
