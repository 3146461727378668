"""The location of the pack's data: beside its rules, or in a configured directory."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

FOLDER = Path(os.environ.get("SLIPWAY_POLICY_DATA") or Path(__file__).parents[1])
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Loader of the pack's own files: libyaml, which most builds of PyYAML include, needs a tenth of the time."""
