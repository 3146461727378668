"""The state of a static site in its CloudFront KeyValueStore, one store per site with one key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from slipway.ops.aws.access import translated_errors
from slipway.ops.failure import CloudFailure, MissingEntry
from slipway.ops.site_weights import EdgeState

REGION = "us-east-1"
"""Region of CloudFront's own API. Source: AWS General Reference, endpoints of CloudFront."""
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


def _clients() -> tuple[Any, Any]:
    import boto3

    session = boto3.Session(region_name=REGION)
    return session.client("cloudfront"), session.client("cloudfront-keyvaluestore")


class KeyValueStores:
    """Stores by ARN or name, with the process's own identity. Clients are made by the first request."""

    def __init__(self, make: Callable[[], tuple[Any, Any]] = _clients) -> None:
        self._make, self._lock = make, threading.Lock()
        self._made: tuple[Any, Any] | None = None
        self._arns: dict[str, str] = {}

    def read(self, store: str) -> EdgeState | None:
        """Return the state in force, or None before the first. Raises CloudFailure."""
        return read(self._clients[1], self._arn(store))

    def write(self, store: str, revise: Callable[[EdgeState | None], EdgeState]) -> EdgeState:
        """Apply `revise` to the state in force, store the result and return it. Raises CloudFailure."""
        return write(self._clients[1], self._arn(store), revise)

    @property
    def _clients(self) -> tuple[Any, Any]:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _arn(self, store: str) -> str:
        if store.startswith("arn:"):
            return store
        if store not in self._arns:
            self._arns[store] = arn_of(self._clients[0], store)
        return self._arns[store]
