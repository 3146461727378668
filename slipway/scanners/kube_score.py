"""Runs kube-score, which Go builds, on the Kubernetes objects."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from slipway.scanners.plans import Document
from slipway.scanners.scanner_findings import Finding

NAME = "kube-score"
PROGRAM = Path(__file__).parents[2] / ".scanners" / "bin" / "kube-score"
PASSED = 10
"""Grade of a check without findings. Source: zegl/kube-score, scorecard.GradeAllOK."""
EVERYTHING = ("--all-default-optional", "--disable-ignore-checks-annotations", "--kubernetes-version", "v1.36")


def scan(document: Document) -> Iterator[Finding]:
    """Yield every check that fails or may fail."""
    run = subprocess.run(
        [PROGRAM.absolute(), "score", *EVERYTHING, "--output-format", "json", document.file],
        capture_output=True,
        text=True,
        check=False,
    )
    objects = json.loads(run.stdout or "null")
    if not objects:
        raise SystemExit(f"kube-score did not read the objects of {document.stack}: {run.stderr[-2000:]}")
    for scored in objects:
        for each in scored["checks"]:
            if not each["skipped"] and each["grade"] < PASSED:
                yield Finding(NAME, each["check"]["id"], document.stack, _resource(scored), _summaries(each))


def _resource(scored: Mapping[str, Any]) -> str:
    meta = scored["object_meta"]
    return "/".join(part for part in (scored["type_meta"]["kind"], meta.get("namespace"), meta["name"]) if part)


def _summaries(check: Mapping[str, Any]) -> str:
    return "; ".join(dict.fromkeys(each["summary"] for each in check["comments"] or ()))
