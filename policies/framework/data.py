"""The location of the pack's data: in a configured directory, in the project whose program this checkout is, or beside
the rules."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Loader of the pack's own files: libyaml, which most builds of PyYAML include, needs a tenth of the time."""
OWN = Path(__file__).parents[1]
"""The directory of the rules."""


def _folder() -> Path:
    """Return the directory of levels and exemptions. Pulumi does not tell a pack where its project is: it is the
    nearest directory above the checkout whose `Pulumi.yaml` names the checkout as `main`."""
    named = os.environ.get("SLIPWAY_POLICY_DATA")
    if named:
        return Path(named)
    checkout = OWN.parent
    project = next((each for each in checkout.parents if _program(each) == checkout), checkout)
    return project / OWN.name


def _program(project: Path) -> Path | None:
    """Return the directory that `main` of a project names; None if there is no project, or its file says nothing."""
    try:
        document = yaml.load((project / "Pulumi.yaml").read_text(encoding="utf-8"), LOADER)
    except (OSError, ValueError, yaml.YAMLError):
        return None
    main = document.get("main") if isinstance(document, dict) else None
    return project / main if isinstance(main, str) else None


FOLDER = _folder()


def file(name: str) -> Path:
    """Return a file of the data, or the pack's own where the data has none."""
    own = FOLDER / name
    return own if own.is_file() else OWN / name
