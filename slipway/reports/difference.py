"""Describes the changes of a plan in words: by operation, with the properties that differ."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from slipway.rehearsal import SECRET, UNKNOWN, urns
from slipway.rehearsal.difference import Change, Changed, Difference, Op
from slipway.rehearsal.difference.properties import ABSENT
from slipway.reports.words import many

SIGNS = {"create": "+", "import": "=", "update": "~", "replace": "±", "delete": "-", "moved": ">", "same": " "}
WORDS: Mapping[Op, str] = {
    "create": "to create",
    "import": "to import",
    "update": "to update",
    "replace": "to replace",
    "delete": "to delete",
    "moved": "renamed",
    "same": "unchanged",
}
SHOWN = 100
"""Characters of a value on a line. Chosen: a line of a terminal."""
BEFORE = 30
"""Characters before the first difference of two long texts. Chosen: enough context to locate it."""
LINES = 40
"""Lines of a text's difference. Chosen: a screen."""


def summary(difference: Difference) -> str:
    """Return one line: `2 to update, 1 to replace, 1,580 unchanged`."""
    counts = difference.counts
    if difference.is_none:
        return f"nothing changes: {many(counts.get('same', 0), 'resource')} as in {difference.before}"
    reported = [f"{counts[op]:,} {word}" for op, word in WORDS.items() if counts.get(op)]
    if difference.config_secrets:
        reported.insert(0, f"{many(len(difference.config_secrets), 'encrypted value')} changed")
    return f"{', '.join(reported)}, against {difference.before}"


def lines(difference: Difference) -> Iterator[str]:
    """Yield lost resources with data and refused changes first, then every changed resource."""
    for each in difference.losses:
        yield f"! {loss(each)}"
    for each in difference.refusals:
        yield f"! {refusal(each)}"
    for urn in difference.entries:
        yield f"! {lost_entry(urn)}"
    for key in difference.config_secrets:
        yield f"~ {config_secret(key)}"
    for each in difference.touched:
        yield f"{SIGNS[each.op]} {title(each)}"
        yield from (f"    {line}" for line in details(each))


def title(each: Changed) -> str:
    return f"{WORDS[each.op].removeprefix('to ')} {each.type} {each.name}"


def loss(each: Changed) -> str:
    """Return what is lost, why, and how to allow it."""
    verb = "is deleted" if each.op == "delete" else "is replaced" if each.replaced_by else "may be replaced"
    cause = ", ".join(each.replaced_by or each.may_replace)
    return (
        f"{each.type} {each.name} {verb}{f' by {cause}' if cause else ''}, and with it {each.loses_data}: keep it, give it an "
        f"alias if it was renamed, or pass --allow-data-loss {address(each)}"
    )


def refusal(each: Changed) -> str:
    """Return what makes the update fail, and what to do instead."""
    refused = [change for change in each.changes if ".".join(change.path) in each.refused]
    described = "; ".join(f"{'.'.join(it.path)}: {value(it.old)} → {value(it.new)}" for it in refused)
    return (
        f"{each.type} {each.name} refuses {described}, and the update fails: keep the old value, or make one of another name "
        "and take this one away"
    )


def lost_entry(urn: str) -> str:
    """Return which resource the ledger no longer protects, and how to allow that."""
    return (
        f"the ledger no longer names {urns.name_of(urn)} of type {urns.type_of(urn)}, so nothing keeps it from being lost: "
        f"put its entry back, or pass --allow-data-loss {_address(urn)}"
    )


def config_secret(key: str) -> str:
    return f"configuration {key}: changed {SECRET}, or re-encrypted"


def address(each: Changed) -> str:
    """Return the end of the URN, which names a resource on the command line."""
    return _address(each.urn)


def _address(urn: str) -> str:
    return f"{urns.type_of(urn)}::{urns.name_of(urn)}"


def details(each: Changed) -> Iterator[str]:
    """Yield at least one line per property, with the reason if it forces a replacement."""
    if each.old_urn:
        yield f"was {urns.name_of(each.old_urn)} of type {urns.type_of(each.old_urn)}"
    for change in each.changes:
        yield from _change(change, _effect(each, ".".join(change.path)))
    for name, origin in each.implied:
        yield f"{name}: new value, from the new {urns.name_of(origin)}{_effect(each, name)}"


def _effect(each: Changed, name: str) -> str:
    if name in each.refused:
        return " (refused)"
    return " (replaces)" if name in each.replaced_by else " (may replace)" if name in each.may_replace else ""


def _change(change: Change, effect: str) -> Iterator[str]:
    name = ".".join(change.path).replace(".[", "[")
    old, new = change.old, change.new
    if change.secret:
        yield f"{name}: {SECRET} changed{effect}"
    elif isinstance(old, str) and isinstance(new, str) and ("\n" in old or "\n" in new):
        yield f"{name}:{effect}"
        found = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2))[2:]
        yield from (f"  {line}" for line in found[:LINES])
        if len(found) > LINES:
            yield f"  … and {many(len(found) - LINES, 'line')} more"
    else:
        old, new = _excerpts(old, new)
        yield f"{name}: {value(old)} → {value(new)}{effect}"


def _excerpts(old: Any, new: Any) -> tuple[Any, Any]:
    """Return two long texts from a little before their first difference."""
    if not (isinstance(old, str) and isinstance(new, str)) or max(len(old), len(new)) <= SHOWN or UNKNOWN in (old, new):
        return old, new
    differs = (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1])
    begins = next(differs, min(len(old), len(new))) - BEFORE
    return (old, new) if begins <= 0 else (f"…{old[begins:]}", f"…{new[begins:]}")


def value(found: Any) -> str:
    """Return a value on one line."""
    if found is ABSENT:
        return "(not set)"
    if found == UNKNOWN:
        return "(known after the update)"
    text = json.dumps(_plain(found), ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _plain(found: Any) -> Any:
    if isinstance(found, Mapping):
        return {key: _plain(each) for key, each in found.items()}
    if isinstance(found, list):
        return [_plain(each) for each in found]
    return "(known after the update)" if found == UNKNOWN else found


def as_json(difference: Difference) -> dict[str, Any]:
    """Return every changed resource, for programs."""
    return {
        "against": difference.before,
        "summary": dict(sorted(difference.counts.items())),
        "ledgerEntriesLost": list(difference.entries),
        "configSecrets": list(difference.config_secrets),
        "resources": [_resource(each) for each in difference.touched],
    }


def _resource(each: Changed) -> dict[str, Any]:
    found = {
        "op": each.op,
        "urn": each.urn,
        "oldUrn": each.old_urn,
        "losesData": each.loses_data,
        "replacedBy": list(each.replaced_by),
        "mayReplace": list(each.may_replace),
        "refused": list(each.refused),
        "via": list(each.via),
        "changes": [_json_change(change) for change in each.changes],
    }
    return {key: found[key] for key in found if found[key]}


def _json_change(change: Change) -> dict[str, Any]:
    sides = {"old": change.old, "new": change.new}
    reported = {key: side for key, side in sides.items() if side is not ABSENT}
    return {"path": list(change.path), **reported, **({"secretChanged": True} if change.secret else {})}
