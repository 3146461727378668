"""IAM policy documents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pulumi

Statement = Mapping[str, object]


def allow(actions: Sequence[str], resources: object, **more: object) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources, **more}


def document(*statements: Statement) -> str:
    """Returns a document of statements without outputs, so that a preview shows it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deferred(*statements: Statement) -> pulumi.Output[str]:
    """Returns a document of statements with outputs."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})
