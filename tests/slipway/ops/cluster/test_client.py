"""The client of a cluster's API, however it is made."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from urllib3.exceptions import InsecureRequestWarning

from slipway.ops.cluster.connection import connect
from slipway.ops.kubernetes import access
from slipway.release.controller import in_cluster
from slipway.settings.clouds.local import LocalCluster
from tests.slipway.ops.cluster.test_api import answering_by_tls

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: test
clusters: [{{name: test, cluster: {{server: "https://127.0.0.1:{port}", insecure-skip-tls-verify: true}}}}]
users: [{{name: test, user: {{token: token}}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
"""
MAKERS: dict[str, Callable[[], Any]] = {
    "rehearsal": lambda: connect(None, "test").api,
    "secrets and backups": lambda: access.connect(LocalCluster(cloud="local", context="test")),
    "controller": in_cluster.client,
}


@pytest.mark.parametrize("made", MAKERS)
def test_a_kubeconfig_without_verification_is_no_news(
    made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request warns of it: the lines would hide what a command prints."""
    kubeconfig = tmp_path / "kubeconfig"
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
    with answering_by_tls(tmp_path) as (port, _), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", InsecureRequestWarning)
        kubeconfig.write_text(KUBECONFIG.format(port=port), encoding="utf-8")
        client = MAKERS[made]()
        assert _thing(client) == {"kind": "Thing"}
    assert [str(each.message) for each in warned if each.category is InsecureRequestWarning] == []


@pytest.mark.parametrize("made", MAKERS)
def test_no_client_retries_by_itself(made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """urllib3 would repeat a request three times, and each command says itself how long it waits."""
    kubeconfig = tmp_path / "kubeconfig"
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
    with answering_by_tls(tmp_path) as (port, _):
        kubeconfig.write_text(KUBECONFIG.format(port=port), encoding="utf-8")
        client = MAKERS[made]()
    assert getattr(client, "_client", client).configuration.retries is False


def _thing(client: Any) -> Any:
    if hasattr(client, "call_api"):
        path, parts = "/api/v1/things/a", {"_preload_content": False, "_return_http_data_only": True}
        return json.loads(client.call_api(path, "GET", **parts).data)
    return client.get("/api/v1/things/a")
