"""Whether an alert's expression can be true: detects constants, contradictions and impossible bounds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from adapters.promql import Comparison, NotPromQL, Token, bare, number, parsed, split, tokens

_BOUNDS: Sequence[tuple[str, float, float]] = (
    (r"(.*_)?up|probe_success|slipway:restore_test_passed.*", 0, 0.5),
    (r"slipway:(errors|slow):ratio.*", 0, 0.99),
    (r"pg_replication_lag_seconds|pg_stat_activity_max_tx_duration", 0, 3600),
    (r"slipway:restore_test_age_seconds.*", 0, 40 * 86400),
    (r"kube_cronjob_status_last_successful_time", 0, 40 * 86400),
    (r"certmanager_certificate_expiration_timestamp_seconds", 3 * 86400, 1e8),
    (r"kube_job_status_failed|kube_pod_container_status_(waiting|terminated)_reason", 0, 10),
    (r"rabbitmq_queue_messages\w*", 0, 1e6),
    (r"slipway_log_lines_total", 0, 1e5),
    (r"\w+_(seconds|time)_bucket|envoy_cluster_\w*rq_time_bucket", 0, 1e5),
    (r"\w+_bytes(_total)?", 0, 1e15),
)
"""Plausible bounds of a threshold, by what the expression reads."""
_SHARES = re.compile(r"pg_stat_activity_count|container_(cpu|memory)\w*|kubelet_volume\w*|node_(filesystem|memory)\w*")
"""Metrics that are a share of a limit if divided by one: never above 1."""
LARGEST = 1e9
"""A threshold above any count. Chosen: far above the lifetime counts of any system."""
_MAY_BE_NEGATIVE = {"deriv", "delta", "idelta", "predict_linear", "-", "time"}
DUMP_HOURS = 50.0
"""Highest plausible age of the newest dump, in hours. Chosen: two days and two hours, whatever the schedule."""


@cache
def never(text: str) -> str:
    """Return why an alert never fires, or always does; empty if neither."""
    try:
        parts = split(bare(tokens(text)), "or")
        reasons = [_alternative(bare(each)) for each in parts]
        return reasons[0] if reasons and all(reasons) else _always(text) or _bounded(text)
    except (NotPromQL, IndexError):
        return ""


def _alternative(part: Sequence[Token]) -> str:
    kept, *removed = split(part, "unless")
    for each in removed:
        on, right = _matching(each)
        if not _reads(right):
            return "what stands after 'unless' takes everything away"
        if not on and not _comparison_of(right) and _left(bare(kept)) == list(bare(right)):
            return "'unless' takes away what it begins with"
    sides = [_matching(each) for each in split(bare(kept), "and")]
    for on, side in sides:
        if reason := _side(side, alone=len(sides) == 1, on=on):
            return reason
    return _contradiction([side for _, side in sides])


def _matching(side: Sequence[Token]) -> tuple[bool, Sequence[Token]]:
    """Return the side without a leading `on (…)` or `ignoring (…)`, and whether there was one."""
    if side and side[0] in (("word", "on"), ("word", "ignoring")):
        end = next(at for at, token in enumerate(side) if token[1] == ")")
        return True, bare(side[end + 1 :])
    return False, bare(side)


def _reads(side: Sequence[Token]) -> bool:
    return bool(parsed(" ".join(text for _, text in side)).selectors) if side else False


def _comparison_of(side: Sequence[Token]) -> tuple[list[Token], str, list[Token]] | None:
    depth, at = 0, -1
    for place, (kind, text) in enumerate(side):
        depth += (text in ("(", "{")) - (text in (")", "}")) if kind == "sign" else 0
        if depth == 0 and kind == "sign" and text in (">", "<", ">=", "<=", "==", "!="):
            at = place
    return None if at < 0 else (list(side[:at]), side[at][1], list(side[at + 1 :]))


def _left(side: Sequence[Token]) -> list[Token]:
    compared = _comparison_of(side)
    return list(bare(compared[0])) if compared else list(side)


def _side(side: Sequence[Token], *, alone: bool, on: bool) -> str:
    compared = _comparison_of(side)
    if not _reads(side):
        if compared and not _holds(_value(compared[0]), compared[1], _value(compared[2])):
            return "it compares constants, which never changes"
        return "" if alone or on else "a constant has no labels to be joined by"
    if not compared:
        return ""
    left, operator, right = compared
    if list(bare(left)) == list(bare(right)) and operator in (">", "<", "!="):
        return "it compares a value with itself"
    bound = number(bare(right))
    if bound is None:
        return ""
    words = {text for _, text in left}
    if (
        operator in ("<", "<=", "==")
        and (bound < 0 or (bound == 0 and operator == "<"))
        and not words & _MAY_BE_NEGATIVE
    ):
        return "no value is below zero"
    if _times_zero(left) and operator in (">", ">=", "!="):
        return "it multiplies by zero"
    return ""


def _times_zero(left: Sequence[Token]) -> bool:
    depth = 0
    for place, (kind, text) in enumerate(left):
        depth += (text in ("(", "{")) - (text in (")", "}")) if kind == "sign" else 0
        near = [left[place - 1][1] if place else "", left[place + 1][1] if place + 1 < len(left) else ""]
        if depth == 0 and kind == "number" and float(text.rstrip("smhdwy") or 1) == 0 and "*" in near:
            return True
    return False


def _value(side: Sequence[Token]) -> float | None:
    inner = [each for each in bare(side) if each != ("word", "vector")]
    return number(bare(inner))


def _holds(left: float | None, operator: str, right: float | None) -> bool:
    if left is None or right is None:
        return True
    results = {
        ">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right,
        "==": left == right, "!=": left != right,
    }  # fmt: skip
    return results[operator]


def _contradiction(sides: Sequence[Sequence[Token]]) -> str:
    found: dict[tuple[Token, ...], tuple[float, float]] = {}
    for each in sides:
        compared = _comparison_of(each)
        bound = number(bare(compared[2])) if compared else None
        if compared is None or bound is None:
            continue
        key = tuple(bare(compared[0]))
        low, high = found.get(key, (float("-inf"), float("inf")))
        if compared[1] in (">", ">=", "=="):
            low = max(low, bound)
        if compared[1] in ("<", "<=", "=="):
            high = min(high, bound)
        if low > high or (low == high and {"<", ">"} & {compared[1]}):
            return "its sides contradict each other"
        found[key] = (low, high)
    return ""


def _always(text: str) -> str:
    written = tokens(text)
    if any(each == ("word", "bool") for each in written):
        return "'bool' makes it true whatever it finds"
    if any(each == ("sign", "@") for each in written):
        return "it reads a single sample only"
    return ""


def _bounded(text: str) -> str:
    """Return why a threshold is outside the range of its metric."""
    for part in parsed(text).alternatives:
        for side in part:
            if reason := _out_of_bounds(side, divided="/" in text):
                return reason
    return ""


def _out_of_bounds(side: Comparison, *, divided: bool) -> str:
    if side.bound is None or not side.selectors:
        return ""
    metrics = [each.metric for each in side.selectors]
    if (
        divided
        and side.operator in (">", ">=")
        and any(_SHARES.fullmatch(each) for each in metrics)
        and side.bound >= 1
    ):
        return f"{side.bound:g} of a limit is never reached"
    for pattern, low, high in _BOUNDS:
        if any(re.fullmatch(pattern, each) for each in metrics) and not (divided and "bytes" in pattern):
            dumps = any(each.accepts("x-dump") for one in side.selectors for each in one.of("cronjob"))
            top = DUMP_HOURS * 3600 if dumps else high
            return (
                "" if low <= side.bound <= top else f"its threshold, {side.bound:g}, is not between {low:g} and {top:g}"
            )
    return "" if abs(side.bound) <= LARGEST else f"its threshold, {side.bound:g}, is beyond all counts"
