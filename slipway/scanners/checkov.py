"""Runs checkov in a separate environment: its hundred dependencies are not ours."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from slipway.scanners.plans import Document
from slipway.scanners.scanner_findings import Finding

NAME = "checkov"
PROGRAM = Path(__file__).parents[2] / ".scanners" / "venv" / "bin" / "checkov"
OFFLINE = ("--skip-download", "--quiet", "--compact", "--output", "json")


def scan(document: Document) -> Iterator[Finding]:
    """Yield every failed check."""
    run = subprocess.run(
        [PROGRAM.absolute(), "--file", document.file, "--framework", document.framework, *OFFLINE],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LOG_LEVEL": "ERROR"},
        cwd=document.file.parent,
    )
    report = json.loads(run.stdout) if run.returncode in (0, 1) else {}
    if not report.get("results") or report["summary"]["parsing_errors"]:
        raise SystemExit(f"checkov did not read the {document.framework} of {document.stack}: {run.stderr[-2000:]}")
    for each in report["results"]["failed_checks"]:
        yield Finding(NAME, each["check_id"], document.stack, _resource(document, each["resource"]), each["check_name"])


def _resource(document: Document, name: str) -> str:
    return document.names[name] if document.names else name.replace(".", "/", 2)
