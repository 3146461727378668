"""Renders the cost of a plan as text, as JSON and for a comment: by cluster and system, with unknown costs and
assumptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slipway.cost import Difference, Estimate, Span
from slipway.cost.estimate import Line, Unpriced
from slipway.cost.span import NOTHING
from slipway.rehearsal import urns
from slipway.reports.escaping import prose
from slipway.reports.words import many

NOTE = "list prices in US dollars a month, without tax and discounts"
NO_CLUSTER = "(no cluster)"
CHANGED = 40
"""Changed resources that are listed. Chosen: a screen."""


CENT = 0.01
"""US dollars. Sums of the same parts differ in digits below it."""


def summary(estimate: Estimate, difference: Difference | None = None) -> str:
    """Return one line: `$4,464–$4,484 a month, $120 more than before; 9 costs are unknown`."""
    reported = f"{money(estimate.total)} a month"
    if difference is not None:
        reported += ", as before" if difference.same else f", {change(difference.total)} against before"
    unknown = len(estimate.unknown)
    return reported if not unknown else f"{reported}; {many(unknown, 'cost')} {'is' if unknown == 1 else 'are'} unknown"


def headline(difference: Difference) -> str:
    """Return the cost of a change, in a few words."""
    return "cost as before" if difference.same else f"cost {change(difference.total)} a month"


def money(span: Span) -> str:
    """Format an amount as `$4,464` or `$4,464–$4,484`, with cents below ten dollars."""
    low, high = _dollars(span.low), _dollars(span.high)
    return low if low == high else f"{low}–{high}"


def change(span: Span) -> str:
    """Format a change as `+$120`, `−$8.50` or `$0.00 to +$240`, or as no change."""
    if max(abs(span.low), abs(span.high)) < CENT / 2:
        return "no change"
    low, high = (("+" if end > 0 else "−" if end < 0 else "") + _dollars(abs(end)) for end in (span.low, span.high))
    return low if low == high else f"{low} to {high}"


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if round(abs(amount), 2) < 10 else f"${amount:,.0f}"


def text(
    estimate: Estimate,
    difference: Difference | None = None,
    *,
    expected: Mapping[tuple[str, str], float] = {},  # never written to
    every: bool = False,
) -> Iterator[str]:
    """Yield a table by cluster and system, with totals, followed by the changes, the owners' estimates, the unknown
    costs and the assumptions. `every` lists each resource with the parts of its cost."""
    rows = list(_rows(estimate, difference, every=every))
    heads = ("", "a month", "change") if difference is not None else ("", "a month")
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for name, *cells in (heads, *rows):
        aligned = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        yield "  ".join([name.ljust(widths[0]), *aligned]).rstrip()
    if difference is not None:
        yield from _changes(difference)
    yield from _expected(estimate, expected)
    yield from _unknown(estimate, difference)
    yield from _assumptions(estimate)


def _rows(estimate: Estimate, difference: Difference | None, *, every: bool) -> Iterator[tuple[str, ...]]:
    clusters = difference.by_cluster if difference is not None else estimate.by_cluster
    systems = difference.by_system if difference is not None else estimate.by_system
    for cluster in clusters:
        yield _row(
            cluster or NO_CLUSTER,
            estimate.by_cluster.get(cluster, NOTHING),
            difference and difference.by_cluster[cluster],
        )
        for key in systems:
            if key[0] == cluster:
                yield _row(
                    f"  {key[1]}", estimate.by_system.get(key, NOTHING), difference and difference.by_system[key]
                )
                if every:
                    yield from _parts(
                        [line for line in estimate.lines if (line.resource.cluster, line.resource.system) == key],
                        difference,
                    )
    yield _row("total", estimate.total, difference and difference.total)


def _row(name: str, cost: Span, changed: Span | None) -> tuple[str, ...]:
    return (name, money(cost)) if changed is None else (name, money(cost), change(changed))


def _parts(lines: Sequence[Line], difference: Difference | None) -> Iterator[tuple[str, ...]]:
    blank = ("",) if difference is not None else ()
    for line in lines:
        yield (f"    {_title(line.resource.type, line.resource.name)}: {line.what}", money(line.cost), *blank)


def _title(type_: str, name: str) -> str:
    return f"{type_.rsplit(':', 1)[-1]} {name}"


def _changes(difference: Difference) -> Iterator[str]:
    found = list(difference.by_resource.items())
    yield ""
    yield f"Changes: {change(difference.total)} a month" if found else "Changes: none"
    for urn, span in found[:CHANGED]:
        yield f"  {change(span)}  {_title(urns.type_of(urn), urns.name_of(urn))}"
    if len(found) > CHANGED:
        yield f"  and {many(len(found) - CHANGED, 'resource')} more"


def _expected(estimate: Estimate, expected: Mapping[tuple[str, str], float]) -> Iterator[str]:
    if expected:
        yield ""
        yield "Expected (budget.expected), which may count a share of the cluster:"
    for key, amount in expected.items():
        cost = estimate.by_system.get(key, NOTHING)
        yield f"  {key[1]}: {money(Span.exactly(amount))} expected by its owner, {money(cost)} estimated without the cluster"


def _unknown(estimate: Estimate, difference: Difference | None) -> Iterator[str]:
    if estimate.unknown:
        new = {id(each) for each in difference.unknown} if difference is not None else set()
        yield ""
        yield f"Unknown, and in no sum ({len(estimate.unknown)}):"
        for what, found in _grouped(estimate.unknown).items():
            mark = " (new)" if any(id(each) in new for each in found) else ""
            yield f"  {', '.join(each.resource.name for each in found)}: {what}{mark}"


def _grouped(unknown: Sequence[Unpriced]) -> Mapping[str, Sequence[Unpriced]]:
    found: dict[str, list[Unpriced]] = {}
    for each in unknown:
        found.setdefault(each.what, []).append(each)
    return found


def _assumptions(estimate: Estimate) -> Iterator[str]:
    yield ""
    yield f"Assumed (prices/assumptions.yaml); {NOTE}, {provenance(estimate)}:"
    for name, each in sorted(estimate.assumptions.items()):
        yield f"  {name}: {each.value:g} {each.unit} — {each.why}"
    yield "  pods: low is the fewest replicas, high the most; nodes hold what pods request"
    yield "  storage: databases and volumes at their first size"


def provenance(estimate: Estimate) -> str:
    """Return when and how the prices were obtained."""
    first, last = estimate.prices.days
    entered, rows = estimate.prices.entered
    days = last if first == last else f"{first} to {last}"
    return f"of {days}" + (f", {entered} of {rows} of them entered by hand" if entered else "")


def as_markdown(estimate: Estimate, difference: Difference | None = None) -> str:
    """Return a section of a comment: a line, and a collapsed table by cluster and system, with unknown costs and
    assumptions."""
    heads = ["cluster", "system", "a month"] + (["change"] if difference is not None else [])
    clusters = difference.by_cluster if difference is not None else estimate.by_cluster
    systems = difference.by_system if difference is not None else estimate.by_system
    rows = []
    for cluster, system in sorted(systems, key=lambda key: list(clusters).index(key[0])):
        cells = [cluster or NO_CLUSTER, system, money(estimate.by_system.get((cluster, system), NOTHING))]
        rows.append([*cells, change(difference.by_system[cluster, system])] if difference is not None else cells)
    total = ["**total**", "", prose(money(estimate.total))]
    total += [prose(change(difference.total))] if difference is not None else []
    table = [f"| {' | '.join(cells)} |" for cells in (heads, *([prose(cell) for cell in row] for row in rows), total)]
    table.insert(1, "|" + "---|" * len(heads))
    below = [line.strip() for line in (*_unknown(estimate, difference), *_assumptions(estimate))]
    listed = [f"- {prose(line)}" if not line.endswith(":") else f"\n{prose(line)}\n" for line in below if line]
    fold = "\n".join([*table, *listed])
    return f"<details><summary>Cost: {prose(summary(estimate, difference))}</summary>\n\n{fold}\n\n</details>"


def as_json(
    estimate: Estimate,
    difference: Difference | None = None,
    expected: Mapping[tuple[str, str], float] = {},  # never written to
) -> dict[str, Any]:
    """Return every line, and the sums, for programs."""
    found: dict[str, Any] = {
        "currency": "USD",
        "prices": {"from": estimate.prices.days[0], "to": estimate.prices.days[1]},
        "total": _span(estimate.total),
        "clusters": {name: _span(cost) for name, cost in estimate.by_cluster.items()},
        "systems": [
            {"cluster": cluster, "system": name, **_span(cost)} for (cluster, name), cost in estimate.by_system.items()
        ],
        "resources": [
            {"urn": urn, **_span(cost), "parts": [_part(line) for line in estimate.lines if line.resource.urn == urn]}
            for urn, cost in estimate.by_resource.items()
        ],
        "unknown": [{"urn": each.resource.urn, "what": each.what} for each in estimate.unknown],
        "assumptions": {
            name: {"value": each.value, "unit": each.unit} for name, each in sorted(estimate.assumptions.items())
        },
    }
    if expected:
        found["expected"] = [
            {"cluster": cluster, "system": name, "usd": usd} for (cluster, name), usd in expected.items()
        ]
    if difference is not None:
        found["difference"] = {
            "total": _span(difference.total),
            "systems": [
                {"cluster": cluster, "system": name, **_span(cost)}
                for (cluster, name), cost in difference.by_system.items()
            ],
            "resources": [{"urn": urn, **_span(cost)} for urn, cost in difference.by_resource.items()],
            "unknown": [{"urn": each.resource.urn, "what": each.what} for each in difference.unknown],
        }
    return found


def _span(span: Span) -> dict[str, float]:
    return {"low": round(span.low, 2), "high": round(span.high, 2)}


def _part(line: Line) -> dict[str, Any]:
    price = {
        "item": line.price.item,
        "region": line.price.region,
        "usd": line.price.usd,
        "unit": line.price.unit,
        "day": line.price.day,
    }
    return {
        "what": line.what,
        "amount": {"low": line.amount.low, "high": line.amount.high},
        "price": price,
        **_span(line.cost),
    }
