"""What people said: Approvals, and the command in the Release's annotation."""

from __future__ import annotations

import json
from datetime import datetime
from typing import get_args

from pydantic import ValidationError

from slipway.ops.cluster.api import Api
from slipway.release.controller.in_cluster import APPROVALS
from slipway.release.controller.log import log
from slipway.release.controller.release import Release
from slipway.release.objects import ApprovalSpec
from slipway.release.observed import Command, Verb, Word

COMMAND = "slipway.dev/command"
"""Annotation of a Release: JSON with `id`, `verb`, `by` and `reason`."""


def approvals(api: Api, release: Release) -> list[Word]:
    """Return the Approvals of this release, the oldest first. Raises CloudFailure."""
    words: list[Word] = []
    for found in api.items(APPROVALS.format(namespace=release.namespace)):
        try:
            spec = ApprovalSpec.model_validate(found["spec"])
        except ValidationError:
            log("an Approval is not valid", warning=True, name=found["metadata"]["name"], system=release.spec.system)
            continue
        if (spec.release, spec.id) != (release.name, release.id) or "deletionTimestamp" in found["metadata"]:
            continue
        at = datetime.fromisoformat(found["metadata"]["creationTimestamp"])
        words.append(
            Word(
                kind=spec.kind,
                role=spec.role,
                when=spec.when,
                name=spec.name,
                by=spec.by,
                at=at,
                link=spec.link or None,
            )
        )
    return sorted(words, key=lambda word: word.at)


def command(release: Release) -> Command | None:
    """Return the command in the annotation; None if there is none, or none that can be understood."""
    text = (release.document["metadata"].get("annotations") or {}).get(COMMAND)
    if text is None:
        return None
    try:
        said = json.loads(text)
        reason = said.get("reason")
        given = (said["id"], said["verb"], said["by"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not all(isinstance(each, str) and each for each in given) or said["verb"] not in get_args(Verb):
        return None
    return Command(id=given[0], verb=given[1], by=given[2], reason=reason if isinstance(reason, str) else None)
