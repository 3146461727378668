"""Pieces of PromQL. Values of labels are quoted here and nowhere else."""

from __future__ import annotations

import json
import re


def selector(metric: str, *patterns: str, **labels: str) -> str:
    """`metric{key="value", …}`; `patterns` are matchers as they are."""
    matchers = [*patterns, *(f"{key}={json.dumps(value)}" for key, value in labels.items())]
    return f"{metric}{{{', '.join(matchers)}}}" if matchers else metric


def matching(label: str, pattern: str) -> str:
    """A matcher by a regular expression, which Prometheus anchors at both ends."""
    return f"{label}=~{json.dumps(pattern)}"


def exactly(*words: str) -> str:
    """A regular expression for any of the words."""
    return "|".join(re.escape(word).replace(r"\-", "-") for word in words)
