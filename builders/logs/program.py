"""What the agents do with each line, in VRL: whose it is, what it says, what of it is masked, what is counted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from builders.alerting.operations import ERROR, FORBIDDEN
from builders.logs import places, vrl
from builders.logs.masking import BROKEN, MASKS
from settings.stacks import PlacedSystem

LEVELS = {
    "trace": ("trace", "silly", "finest"),
    "debug": ("debug", "verbose", "fine"),
    "info": ("info", "information", "notice", "log"),
    "warning": ("warning", "warn"),
    "error": ("error", "err", "severe"),
    "critical": ("critical", "crit", "alert", "emerg", "emergency"),
    "fatal": ("fatal", "panic"),
}
"""What is kept as `log.level`, by what applications write. Anything else is `info`."""
ERRORS = ("error", "critical", "fatal")
# Of lines that name no level: the word as loggers write it, or how a crash begins.
_ERROR_LINE = (
    r"(?:^|[\s\[|:(\x22=])(?:ERROR|CRITICAL|FATAL|SEVERE|PANIC)(?:[\s\]|:)\x22,]|$)|\blevel=\x22?(?:error|critical|fatal)\b|"
    r"^Traceback \(most recent call last\)|^panic: |^Exception in thread "
)


def _at(*path: str) -> str:
    """A value of the event, of which VRL knows no kind: it refuses to ask for one that it knows."""
    return f"get(., {json.dumps(path)}) ?? null"


def owner(systems: Sequence[PlacedSystem], environment: str, cluster: str) -> str:
    """Lines of pods whose label and namespace agree on a system; all others are dropped."""
    known = json.dumps({placed.name: placed.namespace for placed in systems}, sort_keys=True)
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
    """Lines of the gateway's proxies, which serve all systems."""
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
    """An event anew from what is known: nothing of the line gets past the masks. `line` is the line as it was written,
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


def count(systems: Sequence[PlacedSystem]) -> str:
    """A line becomes one event a kind, with the value 1 or 0: a count that starts at nothing can be seen to rise."""
    branches = "".join(_own(placed) for placed in systems)
    return f"""\
line = string({_at("line")}) ?? ""
tags = {{
  "system": string({_at("slipway", "system")}) ?? "",
  "service": string({_at("slipway", "service")}) ?? "",
  "slot": string({_at("slipway", "slot")}) ?? ""
}}
value = if includes({json.dumps(ERRORS)}, .log.level) {{ 1 }} else {{ 0 }}
counts = [merge(tags, {{"kind": {vrl.text(ERROR)}, "value": value}})]
{branches}. = counts
"""


def _own(placed: PlacedSystem) -> str:
    """The kinds of one system: what its owner forbids, and its alerts of logs."""
    kinds = patterns(placed)
    if not kinds:
        return ""
    lines = [f"if tags.system == {vrl.text(placed.name)} {{"]
    for kind, wanted in kinds.items():
        found = " || ".join(f"match(line, {vrl.pattern(each)})" for each in wanted)
        lines.append(f"  value = if {found} {{ 1 }} else {{ 0 }}")
        lines.append(f'  counts = push(counts, merge(tags, {{"kind": {vrl.text(kind)}, "value": value}}))')
    return "\n".join([*lines, "}", ""])


def patterns(placed: PlacedSystem) -> Mapping[str, Sequence[str]]:
    """By the label `kind` of the counter."""
    definition = placed.definition
    own = {each.name: [each.pattern] for each in definition.alerts if each.kind == "logs" and each.pattern}
    return {**({FORBIDDEN: definition.logs.forbidden} if definition.logs.forbidden else {}), **own}
