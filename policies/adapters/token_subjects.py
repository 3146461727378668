"""Subjects of tokens that pods and pipelines exchange for a cloud's."""

from __future__ import annotations

import re


def names_subject(subject: str) -> bool:
    """Return whether a token's subject belongs to a known owner: `repo:company/*`, `system:serviceaccount:shop:*`."""
    fixed = re.split(r"[*?]", subject)[0]
    if fixed == subject:
        return bool(subject)
    if subject.startswith("repo:"):
        return "/" in fixed
    if subject.startswith("system:serviceaccount:"):
        return fixed.count(":") >= 3
    return len(fixed) >= 12 and fixed.count(":") + fixed.count("/") >= 2
