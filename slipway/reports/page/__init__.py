"""Renders a preview as one HTML file that needs no network: the graph of the stack, the changes, cost, findings and
releases.

The file contains its scripts and styles; its policy (Content-Security-Policy) allows no other scripts and no loading.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from slipway.cost import Difference as CostDifference
from slipway.rehearsal import Rehearsal
from slipway.rehearsal.difference import Changed, Difference
from slipway.reports import cost as costs
from slipway.reports import difference as differences
from slipway.reports.applied import Applied, system_of
from slipway.reports.grouped_findings import LocatedFinding, tallied
from slipway.reports.outline import Outline, outline
from slipway.reports.page.graph import graph
from slipway.reports.policy_changes import PolicyChange
from slipway.reports.words import many, unevaluated
from slipway.settings.stacks import Stack

FOLDER = Path(__file__).parent
LIBRARY = FOLDER / "vendor" / "dagre-3.1.3.min.js"
LICENCE = FOLDER / "vendor" / "dagre.LICENSE"
"""The library that lays out the graph (https://github.com/dagrejs/dagre), as in its npm package, and its licence."""
REST = "the rest"


def as_html(
    stack: Stack,
    rehearsal: Rehearsal,
    findings: Sequence[LocatedFinding],
    difference: Difference,
    applied: Applied,
    *,
    changes: Sequence[PolicyChange] = (),
    cost: CostDifference | None = None,
) -> str:
    """Return the page, which is the same for the same plans."""
    style = _read("page.css")
    # The source map that the library's last line names is not published with the page.
    scripts = [LIBRARY.read_text(encoding="utf-8").partition("//# sourceMappingURL")[0], _read("page.js")]
    policy = f"default-src 'none'; style-src {source_hash(style)}; script-src {' '.join(map(source_hash, scripts))}; base-uri 'none'"
    data = _data(stack, rehearsal, findings, difference, applied, changes, cost)
    values = {
        "TITLE": html.escape(f"{stack.name}: {data['headline']}"),
        "POLICY": html.escape(policy),
        "LICENCE": LICENCE.read_text(encoding="utf-8"),
        "STYLE": style,
        "DATA": _in_script(data),
        "LIBRARY": scripts[0],
        "SCRIPT": scripts[1],
    }
    head, *parts = _read("page.html").split("{{")
    return head + "".join(f"{values[part.partition('}}')[0]]}{part.partition('}}')[2]}" for part in parts)


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def source_hash(text: str) -> str:
    """Return the hash by which a page's policy (Content-Security-Policy) allows a script or a style in the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _in_script(data: Mapping[str, Any]) -> str:
    """Return JSON that cannot end its script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _data(
    stack: Stack,
    rehearsal: Rehearsal,
    findings: Sequence[LocatedFinding],
    difference: Difference,
    applied: Applied,
    changes: Sequence[PolicyChange],
    cost: CostDifference | None,
) -> dict[str, Any]:
    tally = tallied(findings)
    why = unevaluated(rehearsal)
    shape = outline(rehearsal.plan, stack)
    return {
        "stack": stack.name,
        "headline": differences.summary(difference),
        "verdict": _verdict(rehearsal, findings, difference, changes),
        "evaluated": f"not judged: {why}"
        if why
        else f"{many(tally.blocking, 'violation')}, {many(tally.advisory, 'warning')}, {tally.known} already there",
        "failure": rehearsal.failure or "",
        "policies": [f"{each.verdict}: {each.text} ({each.file})" for each in changes],
        "losses": [
            *map(differences.loss, difference.losses),
            *map(differences.lost_entry, difference.entries),
        ],
        "refusals": [differences.refusal(each) for each in difference.refusals],
        "secrets": [differences.config_secret(key) for key in difference.config_secrets],
        "applied": applied.to_json(),
        "graph": graph(stack, difference).to_json(),
        "changes": list(_changes(stack, shape, difference)),
        "cost": [] if cost is None else [costs.summary(cost.after, cost), *costs.text(cost.after, cost)],
        "findings": [_finding(each) for each in findings],
    }


def _verdict(
    rehearsal: Rehearsal,
    findings: Sequence[LocatedFinding],
    difference: Difference,
    changes: Sequence[PolicyChange],
) -> str:
    if rehearsal.failure:
        return "failed"
    if difference.blocks or any(each.blocks for each in (*findings, *changes)):
        return "blocked"
    return "not judged" if unevaluated(rehearsal) else "fine"


def _changes(stack: Stack, shape: Outline, difference: Difference) -> Iterator[dict[str, Any]]:
    of = {
        step.urn: group.title if group.note else f"{cluster}, {group.title}"
        for cluster, groups in shape.clusters.items()
        for group in groups
        for part in group.parts
        for step in part.resources
    }
    systems = {name for cluster in stack.clusters.values() for name in cluster.systems}
    for each in difference.touched:
        group = of.get(each.urn) or system_of(each.urn, systems) or REST
        yield {"urn": each.urn, "op": each.op, "type": each.type, "name": each.name, "group": group, **_details(each)}


def _details(each: Changed) -> dict[str, Any]:
    return {"loses": each.loses_data, "lines": list(differences.details(each))}


def _finding(each: LocatedFinding) -> dict[str, Any]:
    return {
        "policy": each.finding.policy,
        "level": each.finding.level,
        "known": each.known,
        "blocks": each.blocks,
        "text": each.text,
        "fix": each.fix,
        "remedy": each.remedy,
        "resources": each.resources if each.finding.urn else [],
    }
