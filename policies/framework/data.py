"""The location of the pack's data: in a configured directory, in the project whose program this checkout is, or beside
the rules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

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


class UnreadableError(Exception):
    """A file of the data is not YAML in UTF-8; the message names file and line."""


def read(path: Path) -> Any:
    """Return the content of a YAML file. Raises UnreadableError."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), LOADER)
    except UnicodeDecodeError:
        raise UnreadableError(f"{path.parent.name}/{path.name}: is not UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or "cannot be parsed"
        raise UnreadableError(f"{path.parent.name}/{path.name}{line}: is not valid YAML: {reason}") from None
    except ValueError as error:
        raise UnreadableError(f"{path.parent.name}/{path.name}: is not valid YAML: {error}") from None
