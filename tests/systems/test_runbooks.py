"""The facts of the five runbooks, word for word, in the definitions that take their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.load import load_systems
from settings.project import find_project
from settings.services import Generated, Supplied
from settings.system import System

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def systems() -> dict[str, System]:
    return load_systems(find_project(ROOT))


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
    ("marketplace", "frontend"): "NEXT_PUBLIC_API_URL NEXT_PUBLIC_INSTANT_APP_ID",
    ("marketplace", "payment-service"): "DATABASE_URL JWT_SECRET ENCRYPTION_KEY RABBITMQ_URL MTN_CALLBACK_URL",
}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_deployment_with_its_port(systems: dict[str, System], name: str) -> None:
    """The Deployments that the runbook names; PORT comes from the port."""
    assert {key: service.port for key, service in systems[name].services.items()} == DEPLOYMENTS[name]


@pytest.mark.parametrize("name", DATABASES)
def test_every_database_by_its_name(systems: dict[str, System], name: str) -> None:
    """One instance each."""
    assert set(systems[name].databases) == DATABASES[name]


@pytest.mark.parametrize(("name", "service"), ENVIRONMENT)
def test_every_variable(systems: dict[str, System], name: str, service: str) -> None:
    """Every environment setting that the runbook names."""
    definition = systems[name]
    assert set(ENVIRONMENT[name, service].split()) <= {
        *definition.environment,
        *definition.services[service].environment,
    }


def test_fleet_scale_and_health(systems: dict[str, System]) -> None:
    """Three APIs, two frontends, /api/health, the owner fleet_user."""
    services = systems["fleet"].services
    assert services["fleet-api"].replicas.minimum == 3
    assert services["fleet-frontend"].replicas.minimum == 2
    assert services["fleet-api"].health.path == "/api/health"
    assert systems["fleet"].databases["fleet_db"].owner == "fleet_user"


def test_fleet_objectives_and_alerts(systems: dict[str, System]) -> None:
    """p95, errors, database p95, CPU, memory, and the three alerts by their names."""
    fleet = systems["fleet"]
    objectives = fleet.objectives
    assert (objectives.p95, objectives.error_percent, objectives.database_p95) == ("200ms", 0.1, "50ms")
    assert (objectives.cpu_percent, objectives.memory_percent) == (70, 80)
    assert [alert.name for alert in fleet.alerts] == [
        "PersonalUseAPIHighErrorRate",
        "PersonalUseAPISlowResponse",
        "PersonalUseDatabaseConnectionErrors",
    ]
    assert {alert.lasting for alert in fleet.alerts} == {"5m"}


def test_fleet_security_checks_and_load(systems: dict[str, System]) -> None:
    """401 for a stranger, 403 for a driver, an empty answer across tenants; 1000 requests by 10."""
    fleet = systems["fleet"]
    assert {check.status for check in fleet.checks} >= {200, 401, 403}
    apart = next(check for check in fleet.checks if check.query == {"tenant_id": "different-tenant"})
    assert (apart.status, apart.json_equals) == (200, {"data": []})
    load = fleet.release.load[0]
    assert (load.path, load.requests, load.concurrency, load.p95) == ("/api/trip-usage", 1000, 10, "200ms")


def test_expenses_window_notice_and_backup(systems: dict[str, System]) -> None:
    """Saturday or Sunday from 02:00 for three hours, notice 24 h before, approvals, an off-site copy, a page."""
    expenses = systems["expenses"]
    window = expenses.release.window
    assert window is not None
    assert (set(window.days), window.start, window.duration) == ({"saturday", "sunday"}, "02:00", "3h")
    assert expenses.release.announcements[0].ahead == "24h"
    before = [approval.role for approval in expenses.release.approvals if approval.when == "before"]
    assert before == ["Product owner", "Security team", "QA team", "DevOps team"]
    backup = expenses.databases["expenses"].backup
    assert backup != "none"
    assert backup.offsite == "s3://backups-bucket/expense-accounts/"
    assert expenses.maintenance_page.page == "pages/maintenance.html"
    assert expenses.release.maintenance


def test_expenses_migrations(systems: dict[str, System]) -> None:
    """Schema, indexes that may fail, and categories only if there are none."""
    schema, indexes, categories = systems["expenses"].migrations
    assert (schema.blocking, schema.transactional) == (True, True)
    assert (indexes.blocking, indexes.transactional) == (False, False)
    assert categories.condition is not None
    assert categories.verification[0].between == [15, 20]


def test_smartwallet_release(systems: dict[str, System]) -> None:
    """10, 50, 100 percent held 15 minutes, blue kept 24 hours, Tuesday 10:00 in New York for 30 minutes."""
    release = systems["smartwallet"].release
    assert [(step.weight, step.hold) for step in release.steps] == [(10, "15m"), (50, "15m"), (100, "15m")]
    assert release.watch.duration == "24h"
    window = release.window
    assert window is not None
    assert (window.days, window.start, window.duration, window.time_zone) == (
        ["tuesday"],
        "10:00",
        "30m",
        "America/New_York",
    )


def test_smartwallet_secrets_flags_and_limits(systems: dict[str, System]) -> None:
    """Vendors' keys are supplied, the session's and the encryption's are made; a hundred requests a minute."""
    wallet = systems["smartwallet"]
    supplied = {key for key, secret in wallet.secrets.items() if isinstance(secret, Supplied)}
    assert {"CLERK_SECRET_KEY", "GEMINI_API_KEY", "GOOGLE_VISION_API_KEY", "SENDGRID_API_KEY", "SENTRY_DSN"} <= supplied
    made = {key for key, secret in wallet.secrets.items() if isinstance(secret, Generated) and secret.generated >= 32}
    assert made == {"SESSION_SECRET", "ENCRYPTION_KEY"}
    assert wallet.flags["new-insights-dashboard"].percent == 50
    assert wallet.rate_limit is not None
    assert (wallet.rate_limit.requests, wallet.rate_limit.window) == (100, "60s")
    assert (wallet.objectives.p95, wallet.objectives.error_percent) == ("500ms", 0.1)
    assert wallet.databases["smartwallet"].data_class == "personal"
    assert wallet.compliance.regulations == ["GDPR"]
    health = wallet.services["smartwallet-api"].health
    assert (health.path, health.ready_path) == ("/health", "/api/health/db")


def test_kingstons_migration(systems: dict[str, System]) -> None:
    """Incompatible, in maintenance, revenue within a penny, verified again at 1, 4 and 24 hours."""
    kingstons = systems["kingstons"]
    (migration,) = kingstons.migrations
    assert not migration.compatible
    assert migration.rollback is not None
    assert {each.tolerance for each in migration.baseline if "revenue" in each.name} == {0.01}
    assert kingstons.release.maintenance
    assert kingstons.release.watch.verify_after == ["1h", "4h", "24h"]
    assert kingstons.services["kingstons-frontend"].environment["SCHEMA_VERSION"] == "1.1.0"


def test_marketplace_order_and_recovery(systems: dict[str, System]) -> None:
    """Core services first, then what depends on them, the gateway, the frontend; nodes, costs, RTO and RPO."""
    marketplace = systems["marketplace"]
    services = marketplace.services
    core = ("user-service", "vehicle-service", "credit-service")
    assert all(services[name].needs == [] for name in core)
    assert set(services["api-gateway"].needs) == set(services) - {"api-gateway", "frontend"}
    assert services["frontend"].needs == ["api-gateway"]
    assert services["api-gateway"].service_port == 80
    assert marketplace.namespace == "rent-to-own"
    assert {service.image for service in services.values()} == {f"rent-to-own/{name}" for name in services}
    assert marketplace.nodes is not None
    assert (marketplace.nodes.count, marketplace.nodes.cpu, marketplace.nodes.memory) == (3, 4, 16)
    assert marketplace.budget is not None
    assert sum(marketplace.budget.expected.values()) == marketplace.budget.monthly == 1143
    assert marketplace.recovery is not None
    assert marketplace.queue is not None
