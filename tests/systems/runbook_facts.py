"""The facts of the five runbooks: by system, the path in its definition and the value. `words.yaml` has for each the lines
of the runbook that it is taken from.

`*` in a path stands for every entry of a list or a mapping; the value is then the list of what they have there.
"""

from __future__ import annotations

from typing import Any

FACTS: dict[str, dict[str, Any]] = {
    "fleet": {
        "services.*.replicas.minimum": [3, 2],
        "services.*.image": ["fleet-api", "fleet-frontend"],
        "services.fleet-api.health.path": "/api/health",
        "services.fleet-api.environment.DATABASE_URL.database": "fleet_db",
        "services.fleet-api.environment.NODE_ENV": "production",
        "services.fleet-api.environment.JWT_SECRET.secret": "JWT_SECRET",
        "services.fleet-api.environment.JWT_EXPIRES_IN": "7d",
        "databases.fleet_db.owner": "fleet_user",
        "objectives.p95": "200ms",
        "objectives.errorPercent": 0.1,
        "objectives.databaseP95": "50ms",
        "objectives.cpuPercent": 70,
        "objectives.memoryPercent": 80,
        "alerts.*.name": [
            "PersonalUseAPIHighErrorRate",
            "PersonalUseAPISlowResponse",
            "PersonalUseDatabaseConnectionErrors",
        ],
        "alerts.*.above": [0.01, 0.2, 0],
        "alerts.*.for": ["5m", "5m", "5m"],
        "alerts.*.window": ["5m", "5m", "5m"],
        "migrations.*.sql": ["migrations/005_personal_business_use.sql"],
        "checks.10.query": {"tenant_id": "different-tenant"},
        "release.load.0.path": "/api/trip-usage",
        "release.load.0.requests": 1000,
        "release.load.0.concurrency": 10,
        "release.load.0.p95": "200ms",
        "release.load.0.errorPercent": 0.1,
        "release.watch.duration": "24h",
    },
    "expenses": {
        "services.expenses.port": 3000,
        "owner.chat": "#deployment-expense-accounts",
        "objectives.average": "2s",
        "objectives.errorPercent": 1.0,
        "objectives.cpuPercent": 70,
        "objectives.memoryPercent": 80,
        "objectives.latencyRegressionPercent": 50,
        "migrations.0.verification.0.rows": 3,
        "migrations.0.rollbackVerification.0.rows": 0,
        "migrations.1.verification.*.between": [[10.0, 12.0], [4.0, 5.0], [4.0, 5.0], []],
        "migrations.2.verification.0.between": [15.0, 20.0],
        "checks.*.status": [200, 200, 201, 200, 201, 200],
        "checks.2.body.accountName": "DEPLOYMENT TEST ACCOUNT",
        "checks.4.body.amount": 1000,
        "validations.0.command": ["node", "scripts/validate-expense-account-system.js"],
        "validations.1.command": ["node", "scripts/test-edge-cases.js"],
        "release.window.days": ["saturday", "sunday"],
        "release.window.start": "02:00",
        "release.window.duration": "3h",
        "release.expectedDuration": "125m",
        "release.approvals.*.role": [
            *["Product owner", "Security team", "QA team", "DevOps team", "Product owner", "Product owner"],
            *["Product owner", "Lead developer", "QA lead", "DevOps engineer"],
        ],
        "release.audiences.users": "all-users@company.com",
        "release.statusPage": "https://status.yourcompany.com",
        "release.announcements.0.ahead": "24h",
        "release.rollback.errorPercent": 10.0,
        "maintenancePage.duration": "4h",
    },
    "smartwallet": {
        "services.smartwallet-api.port": 5000,
        "services.smartwallet-api.health.path": "/health",
        "services.smartwallet-api.health.readyPath": "/api/health/db",
        "domains": {"web": "smartwallet.com", "api": "api.smartwallet.com"},
        "databases.smartwallet.slowQueryMs": 1000,
        "environment.SESSION_TIMEOUT_MINUTES": "30",
        "environment.RATE_LIMIT_WINDOW_MS": "60000",
        "environment.RATE_LIMIT_MAX_REQUESTS": "100",
        "rateLimit.requests": 100,
        "objectives.p95": "500ms",
        "objectives.errorPercent": 0.1,
        "objectives.pageLoad": "2s",
        "metrics.*.target": [None, 4.5],
        "contacts.*.email": [None, "devops@smartwallet.com", "dba@smartwallet.com", "security@smartwallet.com"],
        "contacts.0.phone": "+1-555-0123",
        "checks.0.path": "/health",
        "checks.1.path": "/api/user/profile",
        "checks.2.jsonEquals": {"status": "ok"},
        "release.steps.*.hold": ["15m", "15m", "15m"],
        "release.watch.duration": "24h",
        "release.window.days": ["tuesday"],
        "release.window.start": "10:00",
        "release.window.duration": "30m",
        "release.promotions.*.branch": ["develop"],
        "release.approvals.1.anyOf": ["CTO", "Engineering manager"],
        "release.approvals.1.when": "hotfix",
        "release.announcements.0.ahead": "24h",
        "compliance.regulations": ["GDPR"],
        "compliance.regions": ["us-east-1"],
    },
    "kingstons": {
        "services.kingstons-api.health.path": "/health",
        "services.kingstons-frontend.build.SCHEMA_VERSION.since.*": ["1.0.0", "1.1.0"],
        "migrations.0.risk": "medium-high",
        "migrations.0.expectedDuration": "5m",
        "migrations.0.rollback": "migrations/001_rollback_fixed_fee_facilitated.sql",
        "migrations.0.rollbackVerification.0.equals": "fixed_cost",
        "checks.1.present": ["fixed_fee_facilitated"],
        "checks.1.absent": ["fixed_cost"],
        "release.expectedDuration": "45m",
        "release.rollback.expectedDuration": "20m",
        "release.watch.duration": "24h",
        "release.timetable.*.duration": ["5m", "5m", "10m", "5m", "5m", "3m", "5m", "24h"],
        "release.announcements.0.ahead": "24h",
    },
    "marketplace": {
        "namespace": "rent-to-own",
        "services.api-gateway.servicePort": 80,
        "services.api-gateway.port": 8080,
        "services.frontend.build.NEXT_PUBLIC_INSTANT_APP_ID": "your-instant-app-id",
        "secrets.JWT_SECRET.generated": 32,
        "secrets.ENCRYPTION_KEY.generated": 32,
        "nodes": {"count": 3, "cpu": 4, "memory": 16},
        "budget.monthly": 1143,
        "budget.expected.*": [73.0, 150.0, 600.0, 200.0, 20.0, 50.0, 50.0],
        "release.watch.duration": "48h",
        "release.promotions.*.tag": ["v*"],
        "contacts.0.role": "On-call",
    },
}

VARIABLES: dict[tuple[str, str], str] = {
    ("fleet", "fleet-api"): """
        DATABASE_URL NODE_ENV JWT_SECRET JWT_EXPIRES_IN CORS_ORIGIN ENABLE_PERSONAL_USE_TRACKING
    """,
    ("expenses", "expenses"): "DATABASE_URL NODE_ENV",
    ("smartwallet", "smartwallet-api"): """
        NODE_ENV FRONTEND_URL API_URL MONGODB_URI CLERK_PUBLISHABLE_KEY CLERK_SECRET_KEY CLERK_WEBHOOK_SECRET
        GEMINI_API_KEY GOOGLE_VISION_API_KEY GOOGLE_CLOUD_PROJECT AWS_S3_BUCKET_NAME AWS_S3_REGION SENDGRID_API_KEY
        SENDGRID_FROM_EMAIL SENTRY_DSN SENTRY_ENVIRONMENT ENABLE_RECEIPT_SCANNING ENABLE_AI_ASSISTANT
        ENABLE_GAMIFICATION RATE_LIMIT_WINDOW_MS RATE_LIMIT_MAX_REQUESTS SESSION_SECRET SESSION_TIMEOUT_MINUTES
        ENCRYPTION_KEY
    """,
    ("kingstons", "kingstons-api"): "DATABASE_URL",
    ("kingstons", "kingstons-frontend"): "SCHEMA_VERSION",
    ("marketplace", "frontend"): "NODE_ENV NEXT_PUBLIC_API_URL NEXT_PUBLIC_INSTANT_APP_ID",
    ("marketplace", "api-gateway"): """
        NODE_ENV JWT_SECRET ENCRYPTION_KEY RABBITMQ_URL USER_SERVICE_URL VEHICLE_SERVICE_URL CREDIT_SERVICE_URL
        PAYMENT_SERVICE_URL TELEMATICS_SERVICE_URL SUPPORT_SERVICE_URL
    """,
    ("marketplace", "payment-service"): """
        NODE_ENV DATABASE_URL JWT_SECRET ENCRYPTION_KEY RABBITMQ_URL USER_SERVICE_URL VEHICLE_SERVICE_URL
        CREDIT_SERVICE_URL MTN_API_KEY MTN_CALLBACK_URL AIRTEL_API_KEY AIRTEL_CALLBACK_URL
    """,
}
"""What a service finds in its environment, or its image in its build, besides PORT, which comes from its port."""

PHASES = (
    {"user-service", "vehicle-service", "credit-service"},
    {"payment-service", "telematics-service", "support-service"},
    {"api-gateway"},
    {"frontend"},
)
"""The order in which the marketplace's services are deployed."""

MARKETPLACE_DATABASES = {
    "user-service": "userdb",
    "vehicle-service": "vehicledb",
    "payment-service": "paymentdb",
    "credit-service": "creditdb",
    "telematics-service": "telematicsdb",
    "support-service": "supportdb",
}
