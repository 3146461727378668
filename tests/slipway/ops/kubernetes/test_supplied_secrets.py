"""Supplied secrets, each in a Kubernetes Secret of its own, through the real client."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slipway.ops.failure import CloudFailure, MissingEntry
from slipway.ops.secret_stores import store_of
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from tests.slipway.ops.conftest import on, stack_on
from tests.slipway.ops.kubernetes.conftest import KUBECONFIG, Cluster

CANARY = "canary-c0ffee-do-not-show"
SECRETS = "/api/v1/namespaces/shop/secrets"
PAYMENT, MAIL = "shop-supplied-payment-key", "shop-supplied-mail-key"
SECRET = f"{SECRETS}/{PAYMENT}"
BORN = "2026-01-01T00:00:00Z"


@pytest.fixture
def made(cluster: Cluster) -> Cluster:
    """With the empty Secrets that the program makes."""
    for name in (PAYMENT, MAIL):
        metadata = {"name": name, "namespace": "shop", "creationTimestamp": BORN}
        cluster.objects[f"{SECRETS}/{name}"] = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    return cluster


def test_a_value_is_a_secret_of_its_own(made: Cluster, tmp_path: Path) -> None:
    """Others stay as they are, and each key has a field manager of its own."""
    store = store_of(*on(stack_on(tmp_path, "local"), "shop"))
    made.objects[f"{SECRETS}/{MAIL}"]["data"] = {"MAIL_KEY": "b2xk"}
    store.set("PAYMENT_KEY", CANARY)
    held = made.objects[SECRET]
    assert held["data"] == {"PAYMENT_KEY": base64.b64encode(CANARY.encode()).decode()}
    assert [entry["manager"] for entry in held["metadata"]["managedFields"]] == ["slipway.PAYMENT_KEY"]
    assert store.place("PAYMENT_KEY") == f"Secret shop/{PAYMENT}, key PAYMENT_KEY"


def test_each_key_has_its_time(made: Cluster, tmp_path: Path) -> None:
    """That of its field manager; one that nobody is named for is as old as the Secret."""
    store = store_of(*on(stack_on(tmp_path, "local"), "shop"))
    assert store.filled() == {"PAYMENT_KEY": None, "MAIL_KEY": None}
    store.set("PAYMENT_KEY", CANARY)
    made.objects[f"{SECRETS}/{MAIL}"]["data"] = {"MAIL_KEY": "b2xk"}
    assert store.filled() == {
        "PAYMENT_KEY": datetime(2026, 11, 20, 10, tzinfo=UTC),
        "MAIL_KEY": datetime(2026, 1, 1, tzinfo=UTC),
    }


def test_a_login_of_a_registry_is_in_the_form_that_nodes_read(made: Cluster, tmp_path: Path) -> None:
    """The program's own value, without a login, does not count as filled."""
    stack_on(tmp_path, "local")
    system = tmp_path / "systems" / "shop" / "system.yaml"
    foreign = "image: {repository: docker.io/valkey/valkey, tag: 8.1.4, pullSecret: PAYMENT_KEY}"
    system.write_text(system.read_text().replace("image: api", foreign))
    store = store_of(*on(load_stack(find_project(tmp_path), "test"), "shop"))
    made.objects[SECRET]["data"] = {".dockerconfigjson": base64.b64encode(b'{"auths":{}}').decode()}
    assert store.filled()["PAYMENT_KEY"] is None
    store.set("PAYMENT_KEY", CANARY)
    assert made.objects[SECRET]["data"] == {".dockerconfigjson": base64.b64encode(CANARY.encode()).decode()}
    assert store.filled()["PAYMENT_KEY"] == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_missing_secret_is_not_made(cluster: Cluster, tmp_path: Path) -> None:
    """It is the program's to make; until then nothing is filled."""
    store = store_of(*on(stack_on(tmp_path, "local"), "shop"))
    assert store.filled() == {"PAYMENT_KEY": None, "MAIL_KEY": None}
    with pytest.raises(MissingEntry, match="no Secret shop/shop-supplied-payment-key yet; run `pulumi up` first"):
        store.set("PAYMENT_KEY", CANARY)
    assert cluster.objects == {}


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "the login has expired"),
        (403, "the login may not use Secret shop/shop-supplied-payment-key"),
        (422, "HTTP 422"),
    ],
)
def test_refusals_say_the_fix_and_not_the_value(made: Cluster, tmp_path: Path, status: int, message: str) -> None:
    """Even when the answer repeats it."""
    made.refused = status
    with pytest.raises(CloudFailure, match=message) as caught:
        store_of(*on(stack_on(tmp_path, "local"), "shop")).set("PAYMENT_KEY", CANARY)
    shown = str(caught.value)
    assert CANARY not in shown
    assert base64.b64encode(CANARY.encode()).decode() not in shown


def test_an_unknown_context_is_reported(cluster: Cluster, tmp_path: Path) -> None:
    """With its name and where it is looked for."""
    stack = stack_on(tmp_path, "local", context="elsewhere")
    with pytest.raises(CloudFailure, match="the kubeconfig has no context elsewhere; set KUBECONFIG"):
        store_of(*on(stack, "shop"))


def test_a_cluster_that_does_not_answer_is_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the question that is most often the answer."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG.format(port=1))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
    store = store_of(*on(stack_on(tmp_path, "local"), "shop"))
    with pytest.raises(
        CloudFailure, match=r"^kubernetes: the cluster cannot be reached \(\w+\); is its context right\?"
    ):
        store.filled()
