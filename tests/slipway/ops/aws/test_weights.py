"""Weights in a KeyValueStore. moto has no data plane of it, so botocore's Stubber checks each request and answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from slipway.ops.aws import weights
from slipway.ops.aws.key_value_store import KEY, arn_of, read, write
from slipway.ops.failure import CloudFailure, MissingEntry
from slipway.ops.site_weights import EdgeState
from tests.slipway.ops.conftest import stack_on

ARN = "arn:aws:cloudfront::123456789012:key-value-store/0f1e2d3c-0000-4000-8000-000000000001"
BLUE = EdgeState(active="blue", weights={"blue": 100, "green": 0}, epoch=1)
TENTH = EdgeState(active="blue", weights={"blue": 90, "green": 10}, epoch=2)


@pytest.fixture
def store() -> Any:
    return boto3.client(
        "cloudfront-keyvaluestore", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


@pytest.fixture
def stub(store: Any) -> Iterator[Stubber]:
    with Stubber(store) as stub:
        yield stub
        stub.assert_no_pending_responses()


def expect_read(stub: Stubber, tag: str, state: EdgeState) -> None:
    described = {"KvsARN": ARN, "ItemCount": 1, "TotalSizeInBytes": 99, "Created": 0, "ETag": tag}
    stub.add_response("describe_key_value_store", described, {"KvsARN": ARN})
    held = {"Key": KEY, "Value": state.to_json(), "ItemCount": 1, "TotalSizeInBytes": 99}
    stub.add_response("get_key", held, {"KvsARN": ARN, "Key": KEY})


def expect_put(tag: str, state: EdgeState) -> dict[str, Any]:
    return {"KvsARN": ARN, "Key": KEY, "Value": state.to_json(), "IfMatch": tag}


def shifted(state: EdgeState | None) -> EdgeState:
    """A tenth more for green."""
    assert state is not None
    green = state.weights["green"] + 10
    return EdgeState(active="blue", weights={"blue": 100 - green, "green": green}, epoch=state.epoch + 1)


def test_the_state_is_what_the_edge_function_reads() -> None:
    """Its five keys, and back."""
    document = json.loads(TENTH.to_json())
    weights = {"blue": 90, "green": 10}
    assert document == {"active": "blue", "weights": weights, "epoch": 2, "maintenance": False}
    assert EdgeState.from_json(TENTH.to_json()) == TENTH
    assert "canary" not in repr(TENTH)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"active": "blue", "weights": {"blue": 90, "green": 9}, "epoch": 1}']
)
def test_another_value_is_no_state(store: Any, stub: Stubber, text: str) -> None:
    """Weights that do not add up to 100 included; the store is named."""
    stub.add_response("get_key", {"Key": KEY, "Value": text, "ItemCount": 1, "TotalSizeInBytes": 2})
    with pytest.raises(CloudFailure, match=ARN):
        read(store, ARN)


def test_a_store_without_a_state(store: Any, stub: Stubber) -> None:
    """Before the first release there is none."""
    stub.add_client_error("get_key", "ResourceNotFoundException")
    assert read(store, ARN) is None


def test_a_write_is_for_the_state_that_was_read(store: Any, stub: Stubber) -> None:
    """The put carries the tag that was read before the state."""
    expect_read(stub, "E1", BLUE)
    answer = {"ItemCount": 1, "TotalSizeInBytes": 99, "ETag": "E2"}
    stub.add_response("put_key", answer, expect_put("E1", shifted(BLUE)))
    assert write(store, ARN, shifted) == shifted(BLUE)


def test_a_change_in_between_is_not_lost(store: Any, stub: Stubber) -> None:
    """After a conflict the revision is made of the newer state."""
    expect_read(stub, "E1", BLUE)
    stub.add_client_error("put_key", "ConflictException", expected_params=expect_put("E1", shifted(BLUE)))
    expect_read(stub, "E2", TENTH)
    answer = {"ItemCount": 1, "TotalSizeInBytes": 99, "ETag": "E3"}
    stub.add_response("put_key", answer, expect_put("E2", shifted(TENTH)))
    assert write(store, ARN, shifted).weights == {"blue": 80, "green": 20}


def test_four_conflicts_end_it(store: Any, stub: Stubber) -> None:
    """Three tries after the first, then whoever else writes must be found."""
    for _ in range(4):
        expect_read(stub, "E1", BLUE)
        stub.add_client_error("put_key", "ConflictException")
    with pytest.raises(CloudFailure, match="is being changed concurrently"):
        write(store, ARN, shifted)


def test_a_store_is_found_by_its_name(aws: None) -> None:
    """And a missing one says what makes it."""
    cloudfront = boto3.client("cloudfront", region_name="us-east-1")
    made = cloudfront.create_key_value_store(Name="slipway-test-main-shop-web")["KeyValueStore"]
    assert arn_of(cloudfront, "slipway-test-main-shop-web") == made["ARN"]
    with pytest.raises(MissingEntry, match="no KeyValueStore slipway-test-main-shop-app yet; run `pulumi up` first"):
        arn_of(cloudfront, "slipway-test-main-shop-app")


def test_sites_of_a_system(
    aws: None, store: Any, stub: Stubber, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each has a store of its own, by the program's names."""
    stack = stack_on(tmp_path, "aws")
    cloudfront = boto3.client("cloudfront", region_name="us-east-1")
    arn = cloudfront.create_key_value_store(Name="slipway-test-main-shop-web")["KeyValueStore"]["ARN"]
    held = {"Key": KEY, "Value": TENTH.to_json(), "ItemCount": 1, "TotalSizeInBytes": 99}
    stub.add_response("get_key", held, {"KvsARN": arn, "Key": KEY})
    opened = weights.session(stack.clusters["main"].settings)  # type: ignore[arg-type]
    clients = {"cloudfront": cloudfront, "cloudfront-keyvaluestore": store}
    monkeypatch.setattr(opened, "client", clients.__getitem__)
    monkeypatch.setattr(weights, "session", lambda cluster: opened)
    assert weights.in_force(stack, stack.clusters["main"], "shop") == {"web": TENTH}
