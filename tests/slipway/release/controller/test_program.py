"""The controller as a process: settings, probes, metrics, a clean end; and its rights."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from slipway.release.controller import settings
from tests.processes import TIMEOUT, free_port, until
from tests.slipway.release.controller.server import Cluster
from tests.slipway.release.controller.system import NAMESPACE, accept, put, read, spec

FOLDER = Path(settings.__file__).parent
POD = {"POD_NAMESPACE": "slipway", "POD_NAME": "releases-0"}


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"POD_NAME": ""}, "POD_NAME"),
        ({"SLIPWAY_PORT": "x"}, "SLIPWAY_PORT"),
        ({"SLIPWAY_GATEWAY_CERTIFICATES": "no"}, "checked"),
    ],
)
def test_wrong_settings_are_named(changed: dict[str, str], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        settings.from_environment({**POD, **changed})


def test_settings_have_defaults() -> None:
    """Certificates are checked unless the Deployment says otherwise."""
    found = settings.from_environment(POD)
    assert (found.any_certificate, found.prometheus, found.port) == (False, None, 8080)
    assert settings.from_environment({**POD, "SLIPWAY_GATEWAY_CERTIFICATES": "any"}).any_certificate


def test_it_leads_answers_and_ends(cluster: Cluster, tmp_path: Path) -> None:
    """Its log is JSON; after SIGTERM it gives the lease up and exits with 0."""
    accept(cluster)
    put(cluster, spec())
    kubeconfig = tmp_path / "kubeconfig"
    name = "test"
    content = {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {"server": f"http://127.0.0.1:{cluster.port}"}}],
        "users": [{"name": name, "user": {"token": "canary"}}],
    }
    kubeconfig.write_text(yaml.safe_dump(content))
    port = free_port()
    environment = {**os.environ, **POD, "KUBECONFIG": str(kubeconfig), "SLIPWAY_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "slipway.release.controller"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        until(lambda: read(cluster).status.id, "a first status")
        until(lambda: ("PATCH" in dict(cluster.asked)) or cluster.of("httproutes"), "a route")
        for path in ("healthz", "readyz"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
                assert answer.status == 200
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        assert "slipway_release_leader 1.0" in text
        assert 'slipway_release_closed{stack="test",system="shop"} 1.0' in text
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0
    lines = [json.loads(line) for line in output.splitlines()]
    assert lines[-1]["message"] == "ended"
    assert "canary" not in output
    assert cluster.get("leases", "slipway", "slipway-releases")["spec"]["holderIdentity"] == ""
    for method, path in cluster.asked:
        assert is_allowed(method, path), (method, path)


def is_allowed(method: str, path: str) -> bool:
    """Whether a right of the list covers a request that changes something."""
    rights = yaml.safe_load((FOLDER / "rights.yaml").read_text())
    verb = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[method]
    parts = path.split("/")
    place = parts.index("namespaces")
    resource = "/".join([parts[place + 2], *parts[place + 4 : place + 5]])
    rules = rights["system"] if parts[place + 1] == NAMESPACE else rights["own"]
    return any(resource in each["resources"] and verb in each["verbs"] for each in rules)


def test_it_has_no_right_to_all_secrets() -> None:
    """It reads by name, and deletes nothing but routes, which it alone writes, and gates, to which the cluster's policy
    `gates.slipway.dev` limits it."""
    rights = yaml.safe_load((FOLDER / "rights.yaml").read_text())
    rules = [rule for group in rights.values() for rule in group]
    (secrets,) = [rule for rule in rules if "secrets" in rule["resources"]]
    assert secrets["verbs"] == ["get"]
    assert secrets["names"]
    deleting = [rule for rule in rules if {"delete", "deletecollection", "*"} & set(rule["verbs"])]
    assert [(rule["resources"], rule["verbs"]) for rule in deleting] == [
        (["httproutes", "tcproutes", "tlsroutes"], ["get", "list", "create", "patch", "delete"]),
        (["jobs"], ["get", "list", "create", "delete"]),
    ]
