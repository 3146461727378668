"""The agents' VRL program for each line: it finds the owner, parses, masks and counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from components.cluster.logs.manifests import places, vrl
from components.cluster.logs.manifests.masking import BROKEN, MASKS
from components.cluster.monitoring.manifests.alerting.operations import AUDIT, ERROR, FORBIDDEN
from slipway.settings.stacks import DeployedSystem

LEVELS = {
    "trace": ("trace", "silly", "finest"),
    "debug": ("debug", "verbose", "fine"),
    "info": ("info", "information", "notice", "log"),
    "warning": ("warning", "warn"),
    "error": ("error", "err", "severe"),
    "critical": ("critical", "crit", "alert", "emerg", "emergency"),
    "fatal": ("fatal", "panic"),
}
"""Values of `log.level`, by the names that applications write; any other is `info`."""
ERRORS = ("error", "critical", "fatal")
# For lines without a level: the word as loggers write it, or the beginning of a crash.
_ERROR_LINE = (
    r"(?:^|[\s\[|:(\x22=])(?:ERROR|CRITICAL|FATAL|SEVERE|PANIC)(?:[\s\]|:)\x22,]|$)|\blevel=\x22?(?:error|critical|fatal)\b|"
    r"^Traceback \(most recent call last\)|^panic: |^Exception in thread "
)


def _at(*path: str) -> str:
    """Returns an expression for a value of the event whose type VRL does not know; VRL rejects a type check of a known
    type."""
    return f"get(., {json.dumps(path)}) ?? null"


def owner(systems: Sequence[DeployedSystem], environment: str, cluster: str) -> str:
    """Selects lines of pods whose label and namespace agree on a system; drops all others."""
    known = json.dumps({deployed.name: deployed.namespace for deployed in systems}, sort_keys=True)
    return f"""\
labels = object({_at("kubernetes", "pod_labels")}) ?? {{}}
system = string(labels."app.kubernetes.io/part-of") ?? ""
known = {known}
namespace = get(known, [system]) ?? null
if namespace == null || namespace != .kubernetes.pod_namespace {{
  abort
}}
.slipway = {{
  "system": system,
  "service": string(labels."app.kubernetes.io/name") ?? "",
  "slot": string(labels."slipway.dev/slot") ?? "",
  "environment": {vrl.text(environment)},
  "cluster": {vrl.text(cluster)}
}}
"""


def proxies(environment: str, cluster: str) -> str:
    """Labels lines of the gateway's proxies, which serve all systems."""
    return f"""\
.slipway = {{
  "system": {vrl.text(places.GATEWAY)},
  "service": "envoy",
  "slot": "",
  "environment": {vrl.text(environment)},
  "cluster": {vrl.text(cluster)}
}}
"""


def shape() -> str:
    """Builds a new event from known fields, so that no part of the line bypasses the masks. `line` is the original line
    for the owners' patterns; it is not sent."""
    levels = json.dumps({said: level for level, words in LEVELS.items() for said in words})
    return f"""\
line = string({_at("message")}) ?? ""
decoded = parse_json(line, max_depth: 10) ?? null
fields = object(decoded) ?? {{}}
message = string(fields.message) ?? string(fields.msg) ?? line

said = fields.level
if is_null(said) {{ said = fields.severity }}
if is_null(said) {{ said = fields."log.level" }}
if is_null(said) {{ said = fields.lvl }}
level = downcase(string(said) ?? "")
number = int(said) ?? 0
if number >= 60 {{
  level = "fatal"
}} else if number >= 50 {{
  level = "error"
}} else if number >= 40 {{
  level = "warning"
}}
if level == "" && match(line, {vrl.pattern(_ERROR_LINE)}) {{
  level = "error"
}}
level = get({levels}, [level]) ?? null
if is_null(level) {{ level = "info" }}
audit = fields.audit == true || fields.log_type == "audit"

text = encode_json({{"message": message, "fields": fields, "line": line}})
{_masks()}
kept = object(parse_json(text) ?? null) ?? {{"message": {vrl.text(BROKEN)}, "fields": {{}}, "line": ""}}

system = string({_at("slipway", "system")}) ?? ""
dataset = replace(system, "-", "_")
if audit {{ dataset = dataset + {vrl.text(places.AUDIT)} }}
. = {{
  "timestamp": .timestamp,
  "message": kept.message,
  "fields": kept.fields,
  "line": kept.line,
  "log": {{"level": level}},
  "slipway": .slipway,
  "kubernetes": {{
    "namespace": .kubernetes.pod_namespace,
    "pod": .kubernetes.pod_name,
    "container": .kubernetes.container_name,
    "node": .kubernetes.pod_node_name
  }},
  "data_stream": {{"type": "logs", "dataset": dataset, "namespace": .slipway.environment}}
}}
"""


def _masks() -> str:
    return "\n".join(
        f"text = replace(text, {vrl.pattern(each.pattern)}, {vrl.text(each.replacement)})" for each in MASKS
    )


def count(systems: Sequence[DeployedSystem]) -> str:
    """Emits one event per kind with the value 1 or 0: an increase is visible only for a counter that starts at zero."""
    branches = "".join(_own(deployed) for deployed in systems)
    return f"""\
line = string({_at("line")}) ?? ""
tags = {{
  "system": string({_at("slipway", "system")}) ?? "",
  "service": string({_at("slipway", "service")}) ?? "",
  "slot": string({_at("slipway", "slot")}) ?? ""
}}
dataset = string({_at("data_stream", "dataset")}) ?? ""
value = if includes({json.dumps(ERRORS)}, .log.level) {{ 1 }} else {{ 0 }}
counts = [merge(tags, {{"kind": {vrl.text(ERROR)}, "value": value}})]
{branches}. = counts
"""


def _own(deployed: DeployedSystem) -> str:
    """Returns the kinds of one system: the forbidden patterns, its log alerts, and the audit log."""
    kinds, audited = patterns(deployed), deployed.definition.compliance.audit_log
    if not kinds and not audited:
        return ""
    lines = [f"if tags.system == {vrl.text(deployed.name)} {{"]
    for kind, wanted in kinds.items():
        found = " || ".join(f"match(line, {vrl.pattern(each)})" for each in wanted)
        lines.append(f"  value = if {found} {{ 1 }} else {{ 0 }}")
        lines.append(f'  counts = push(counts, merge(tags, {{"kind": {vrl.text(kind)}, "value": value}}))')
    if audited:
        lines.append(f"  value = if ends_with(dataset, {vrl.text(places.AUDIT)}) {{ 1 }} else {{ 0 }}")
        lines.append(f'  counts = push(counts, merge(tags, {{"kind": {vrl.text(AUDIT)}, "value": value}}))')
    return "\n".join([*lines, "}", ""])


def patterns(deployed: DeployedSystem) -> Mapping[str, Sequence[str]]:
    """Returns the patterns by the counter's label `kind`."""
    definition = deployed.definition
    own = {each.name: [each.pattern] for each in definition.alerts if each.kind == "logs" and each.pattern}
    return {**({FORBIDDEN: definition.logs.forbidden} if definition.logs.forbidden else {}), **own}
