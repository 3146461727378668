"""The plan of production covers what the runbooks name: Deployments, databases, settings."""

from __future__ import annotations

import json

from tests.plans.test_plans import planned

DEPLOYMENTS = {
    "fleet": {"fleet-api": 3000, "fleet-frontend": 8080},
    "expenses": {"expenses": 3000},
    "smartwallet": {"smartwallet-api": 5000},
    "kingstons": {"kingstons-api": 8001, "kingstons-frontend": 8080},
    "marketplace": {
        "api-gateway": 8080,
        "user-service": 3001,
        "vehicle-service": 3002,
        "payment-service": 3004,
        "credit-service": 3003,
        "telematics-service": 3005,
        "support-service": 3006,
        "frontend": 3000,
    },
}
DATABASES = {
    "fleet": {"fleet_db"},
    "expenses": {"expenses"},
    "smartwallet": {"smartwallet"},
    "kingstons": {"kingstons"},
    "marketplace": {"userdb", "vehicledb", "paymentdb", "creditdb", "telematicsdb", "supportdb"},
}
ENVIRONMENT = {
    ("fleet", "fleet-api"): """
        DATABASE_URL NODE_ENV JWT_SECRET JWT_EXPIRES_IN CORS_ORIGIN ENABLE_PERSONAL_USE_TRACKING
    """,
    ("expenses", "expenses"): "DATABASE_URL",
    ("smartwallet", "smartwallet-api"): """
        NODE_ENV FRONTEND_URL API_URL MONGODB_URI CLERK_PUBLISHABLE_KEY CLERK_SECRET_KEY CLERK_WEBHOOK_SECRET
        GEMINI_API_KEY GOOGLE_VISION_API_KEY GOOGLE_CLOUD_PROJECT AWS_S3_BUCKET_NAME AWS_S3_REGION SENDGRID_API_KEY
        SENDGRID_FROM_EMAIL SENTRY_DSN SENTRY_ENVIRONMENT ENABLE_RECEIPT_SCANNING ENABLE_AI_ASSISTANT
        ENABLE_GAMIFICATION RATE_LIMIT_WINDOW_MS RATE_LIMIT_MAX_REQUESTS SESSION_SECRET SESSION_TIMEOUT_MINUTES
        ENCRYPTION_KEY
    """,
    ("marketplace", "frontend"): "NODE_ENV",
    ("marketplace", "payment-service"): "DATABASE_URL JWT_SECRET ENCRYPTION_KEY RABBITMQ_URL MTN_CALLBACK_URL",
}

PUBLIC = {"REACT_APP_SENTRY_DSN", "REACT_APP_GA_TRACKING_ID", "REACT_APP_API_URL", "REACT_APP_CLERK_PUBLISHABLE_KEY"}


def test_every_deployment_runs() -> None:
    """In blue, under its own name; what stands beside the slots is none of the runbooks'."""
    plan, _ = planned("prod")
    running = {
        step.name for step in plan.steps if step.type == "kubernetes:apps/v1:Deployment" and step.name.endswith("-blue")
    }
    assert running == {f"{system}/{name}-blue" for system, names in DEPLOYMENTS.items() for name in names}


def test_every_postgres_database_stands() -> None:
    """Eight on RDS, one on a flexible server; smartwallet's documents are kept elsewhere."""
    plan, _ = planned("prod")
    kinds = ("aws:rds/instance:Instance", "azure-native:dbforpostgresql:Server")
    standing = {step.name for step in plan.steps if step.type in kinds and not step.name.endswith("-copy")}
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
