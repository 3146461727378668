"""Fragments of PromQL. All quoting of label values happens here."""

from __future__ import annotations

import json
import re


def quoted(text: str) -> str:
    """Returns a string literal. Characters beyond the Basic Multilingual Plane are not escaped, because PromQL rejects
    surrogates."""
    return json.dumps(text, ensure_ascii=False)


def selector(metric: str, *patterns: str, **labels: str) -> str:
    """Returns `metric{key="value", …}`; `patterns` are complete matchers."""
    matchers = [*patterns, *(f"{key}={quoted(value)}" for key, value in labels.items())]
    return f"{metric}{{{', '.join(matchers)}}}" if matchers else metric


def matching(label: str, pattern: str) -> str:
    """Returns a regular expression matcher, which Prometheus anchors at both ends."""
    return f"{label}=~{quoted(pattern)}"


def exactly(*words: str) -> str:
    """Returns a regular expression that matches any of the words."""
    return "|".join(re.escape(word).replace(r"\-", "-") for word in words)
