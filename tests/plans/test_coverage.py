"""The plan of production covers what the runbooks name: Deployments, databases, settings."""

from __future__ import annotations

import json

from tests.plans.test_plans import planned
from tests.systems.test_runbooks import DATABASES, DEPLOYMENTS, ENVIRONMENT

PUBLIC = {"REACT_APP_SENTRY_DSN", "REACT_APP_GA_TRACKING_ID", "REACT_APP_API_URL", "REACT_APP_CLERK_PUBLISHABLE_KEY"}


def test_every_deployment_runs() -> None:
    """In blue, under its own name."""
    plan, _ = planned("prod")
    running = {step.name for step in plan.steps if step.type == "kubernetes:apps/v1:Deployment"}
    assert running == {f"{system}/{name}-blue" for system, names in DEPLOYMENTS.items() for name in names}


def test_every_postgres_database_stands() -> None:
    """Eight on RDS, one on a flexible server; smartwallet's documents are kept elsewhere."""
    plan, _ = planned("prod")
    kinds = ("aws:rds/instance:Instance", "azure-native:dbforpostgresql:Server")
    standing = {step.name for step in plan.steps if step.type in kinds}
    wanted = {f"{system}/{name}" for system, names in DATABASES.items() for name in names}
    assert standing == wanted - {"smartwallet/smartwallet"}


def test_every_setting_reaches_its_container() -> None:
    """As a key of the ConfigMap or a reference to a Secret; PORT with them."""
    plan, _ = planned("prod")
    steps = {(step.type.rsplit(":", 1)[1], step.name): step.inputs for step in plan.steps}
    for (system, service), variables in ENVIRONMENT.items():
        name = f"{system}/{service}-blue"
        container = steps["Deployment", name]["spec"]["template"]["spec"]["containers"][0]
        found = {*steps["ConfigMap", name]["data"], *(each["name"] for each in container.get("env", []))}
        assert {*variables.split(), "PORT"} <= found, name


def test_every_public_setting_reaches_the_frontend() -> None:
    """smartwallet's static site reads them from /config.json."""
    plan, _ = planned("prod")
    site = next(step for step in plan.steps if (step.name, step.package) == ("smartwallet/web-blue", "kubernetes"))
    assert set(json.loads(site.inputs["data"]["config.json"])) == PUBLIC
