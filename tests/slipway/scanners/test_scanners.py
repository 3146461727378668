"""The scanners themselves, on an object that is wrong in every way; `make scan` installs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from slipway.scanners import checkov, kube_score
from slipway.scanners.plans import Document
from slipway.scanners.scanner_findings import Finding

POD = """
apiVersion: v1
kind: Pod
metadata: {name: shell, namespace: fleet}
spec:
  containers:
    - {name: shell, image: "busybox:latest", securityContext: {privileged: true}}
"""
VOLUME = """
{"format_version": "1.2", "terraform_version": "1.9.0", "configuration": {"root_module": {}},
 "planned_values": {"root_module": {"resources": [
   {"address": "aws_db_instance.fleet", "mode": "managed", "type": "aws_db_instance", "name": "fleet",
    "values": {"storage_encrypted": false}}]}},
 "resource_changes": [
   {"address": "aws_db_instance.fleet", "mode": "managed", "type": "aws_db_instance", "name": "fleet",
    "change": {"actions": ["create"], "before": null, "after": {"storage_encrypted": false}}}]}
"""


def scanner(module: object, program: Path) -> object:
    return pytest.param(
        module,
        marks=pytest.mark.skipif(not program.is_file(), reason=f"{program.name}: not run: `make scan` installs it"),
    )


CHECKOV = scanner(checkov.scan, checkov.PROGRAM)
KUBE_SCORE = scanner(kube_score.scan, kube_score.PROGRAM)
Scan = Callable[[Document], Iterable[Finding]]


@pytest.mark.parametrize("scan", [CHECKOV, KUBE_SCORE])
def test_an_object_is_called_by_kind_namespace_and_name(scan: Scan, tmp_path: Path) -> None:
    """So the patterns of an answer are the same for both scanners."""
    (tmp_path / "main.yaml").write_text(POD)
    found = list(scan(Document("prod", "kubernetes", tmp_path / "main.yaml")))
    assert {(each.stack, each.resource) for each in found} == {("prod", "Pod/fleet/shell")}
    assert {"CKV_K8S_16", "container-security-context-privileged"} & {each.check for each in found}
    assert all(each.says for each in found)


@pytest.mark.parametrize("scan", [CHECKOV])
def test_a_resource_of_a_cloud_is_called_as_the_plan_calls_it(scan: Scan, tmp_path: Path) -> None:
    """The document knows whose address it is."""
    (tmp_path / "plan.json").write_text(VOLUME)
    names = {"aws_db_instance.fleet": "Instance/fleet/fleet-db"}
    found = list(scan(Document("prod", "terraform_plan", tmp_path / "plan.json", names)))
    assert ("CKV_AWS_16", "Instance/fleet/fleet-db") in {(each.check, each.resource) for each in found}


@pytest.mark.parametrize("scan", [CHECKOV, KUBE_SCORE])
def test_a_document_that_is_not_read_ends_the_run(scan: Scan, tmp_path: Path) -> None:
    """Nothing found in nothing read is no good news."""
    (tmp_path / "main.yaml").write_text("kind: Pod\n  wrong")
    with pytest.raises(SystemExit, match="did not read"):
        list(scan(Document("prod", "kubernetes", tmp_path / "main.yaml")))
