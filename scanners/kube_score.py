"""kube-score, which Go builds; it reads what is for Kubernetes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scanners.findings import Finding
from scanners.plans import Document

NAME = "kube-score"
PROGRAM = Path(".scanners", "bin", "kube-score")
PASSED = 10
EVERYTHING = ("--all-default-optional", "--disable-ignore-checks-annotations", "--kubernetes-version", "v1.36")


def scan(document: Document) -> Iterator[Finding]:
    """Everything that fails a check there, or might."""
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
                yield Finding(NAME, each["check"]["id"], document.stack, _resource(scored), _says(each))


def _resource(scored: Mapping[str, Any]) -> str:
    meta = scored["object_meta"]
    return "/".join(part for part in (scored["type_meta"]["kind"], meta.get("namespace"), meta["name"]) if part)


def _says(check: Mapping[str, Any]) -> str:
    return "; ".join(dict.fromkeys(each["summary"] for each in check["comments"] or ()))
