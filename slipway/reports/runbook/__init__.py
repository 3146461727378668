"""The runbook of a system on a stack, generated from its definition: what happens by itself, and what a person does.

It is a pure function of settings and a time; no cluster is asked, and settings have no secrets.
"""

from __future__ import annotations

from datetime import datetime

from slipway.reports.runbook.after import after
from slipway.reports.runbook.as_html import as_html
from slipway.reports.runbook.as_markdown import as_markdown
from slipway.reports.runbook.back import back
from slipway.reports.runbook.before import before
from slipway.reports.runbook.blocks import Section
from slipway.reports.runbook.during import during
from slipway.reports.runbook.monitoring import monitoring
from slipway.reports.runbook.operation import known_issues, operation
from slipway.reports.runbook.overview import overview
from slipway.reports.runbook.people import communication, contacts
from slipway.reports.runbook.release_facts import Facts
from slipway.reports.runbook.timeline import timeline
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster


def page(stack: Stack, cluster: StackCluster, deployed: DeployedSystem, at: datetime) -> str:
    """Return the runbook as Markdown; clock times follow from `at`, which has a time zone."""
    facts = Facts(stack, cluster, deployed, at)
    return as_markdown(_title(facts), sections(facts))


def html_page(stack: Stack, cluster: StackCluster, deployed: DeployedSystem, at: datetime) -> str:
    """Return the runbook as one HTML file."""
    facts = Facts(stack, cluster, deployed, at)
    return as_html(_title(facts), sections(facts))


def sections(facts: Facts) -> list[Section]:
    """Return the sections in the order of the work."""
    every = (
        overview,
        before,
        timeline,
        during,
        after,
        back,
        monitoring,
        communication,
        known_issues,
        contacts,
        operation,
    )
    return [section(facts) for section in every]


def _title(facts: Facts) -> str:
    return f"Runbook: {facts.definition.title} on {facts.stack.name}"
