"""Checks the planned cost against budgets. No policy can do this: prices and quantities are Slipway's.

The rule is `cost-budget`, at the pack's level for it; the pack itself checks that budgets exist, their contacts, and
the cost data on resources (docs/adr/0013-cost-is-judged-by-the-tool.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from slipway.cost import Estimate
from slipway.cost.quantity import Budget
from slipway.rehearsal import Finding
from slipway.reports.cost import money
from slipway.reports.words import many

RULE = "cost-budget"
ADVICE, DISABLED = "advisory", "disabled"
WHY = (
    "A bill that nobody expected is noticed a month late (AWS Well-Architected: COST02-BP05; runbooks: cost estimate)."
)


def findings(estimate: Estimate, level: Callable[[], str]) -> Iterator[Finding]:
    """Yield a finding for each exceeded budget: at the rule's level if even the minimum of replicas exceeds it, as a
    warning if only the maximum does. `level` is called only if a budget is exceeded."""
    over = [each for each in estimate.budgets if each.usd and estimate.within(each).high > each.usd]
    evaluated = level() if over else DISABLED
    for budget in over if evaluated != DISABLED else ():
        cost = estimate.within(budget)
        certain = cost.low > budget.usd
        problem = f"allows {budget.usd:,.0f} US dollars a month, and what is planned {'costs' if certain else 'may cost'} {money(cost)}"
        text = f"{budget.resource.name} ({budget.resource.type}) {problem} at list prices{_besides(estimate, budget)}.\n{WHY}"
        yield Finding(
            "slipway",
            "",
            RULE,
            evaluated if certain else ADVICE,
            budget.resource.urn,
            text + _fix(budget),
            "",
            "medium",
        )


def _besides(estimate: Estimate, budget: Budget) -> str:
    cluster, system = budget.resource.cluster, budget.system
    unknown = [
        each for each in estimate.unknown if each.resource.cluster == cluster and system in ("", each.resource.system)
    ]
    return f", besides {many(len(unknown), 'cost')} without a known price" if unknown else ""


def _fix(budget: Budget) -> str:
    """Return the key of the amount, if the resource has its source."""
    tags = budget.resource.find("tags")
    source = next((text for key, text in tags.items() if key.endswith("source")), "") if isinstance(tags, dict) else ""
    return f"\nfix: {source}.{'monthly' if budget.system else 'monthlyBudget'}" if source else ""
