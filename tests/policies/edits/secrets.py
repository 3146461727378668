"""Secrets in every place where text can stand, in the forms of well-known vendors, by name and within documents."""

from __future__ import annotations

import base64
import json

from tests.policies.edits.identity import ROLE
from tests.policies.edits.network import OF_AWS
from tests.policies.plan_under_test import Edit
from tests.policies.swift import Addition, Change

MAP, API, POD = "core/v1:ConfigMap", "fleet/fleet-api-blue", ("spec", "template", "spec")
DEPLOYMENT, CONTAINER = ("v1:Deployment", "fleet/fleet-api-blue"), (*POD, "containers", 0)
RANDOM = "q7Xv2LmZ0pTfR4sYk9Wb"
"""Made up for the tests, as all that follows."""
FORMS = {
    "AWS": "AKIA" + "QWERTYUIOPASDFGH",
    "AWS, session": "ASIA" + "QWERTYUIOPASDFGH",
    "GitHub": "ghp_" + RANDOM + "A1b2C3d4E5f6G7h8",
    "GitHub, fine": "github_pat_" + "11" + RANDOM * 4,
    "GitLab": "glpat-" + RANDOM,
    "Slack": "xoxb-" + "123456789012-123456789012-" + RANDOM,
    "Stripe": "sk_live_" + RANDOM,
    "npm": "npm_" + RANDOM + "A1b2C3d4E5f6G7h8",
    "PyPI": "pypi-AgEI" + RANDOM * 4,
    "SendGrid": "SG." + RANDOM + "ab." + RANDOM * 2 + "abc",
    "OpenAI": "sk-proj-" + RANDOM * 3,
    "Anthropic": "sk-ant-api03-" + RANDOM * 5,
    "Azure storage": f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={RANDOM * 4}==;EndpointSuffix=core.windows.net",
    "Azure SAS": "https://a.blob.core.windows.net/c?sv=2022-11-02&sig=" + RANDOM * 2 + "abc%3D",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + RANDOM,
    "PEM": "-----BEGIN PRIVATE KEY-----\n" + RANDOM * 4,
    "Google": "AIza" + RANDOM + "A1b2C3d4E5f6G7h",
    "Google, account": json.dumps({"type": "service_account", "project_id": "p", "private_key_id": "1"}),
    "login in an address": "amqps://shop:" + "hunter22@queue.example.com:5671",
    "basic": "Authorization: Basic " + RANDOM,
    "ADO": "Server=db;Database=shop;User=shop;Password=" + "hunter2hunter2;",
    "Discord": "https://discord.com/api/webhooks/123456789012345678/" + RANDOM * 4,
    "Telegram": "123456789:AA" + RANDOM + "abcdefghijklmn",
    "Twilio": "SK" + "0123456789abcdef" * 2,
    "Databricks": "dapi" + "0123456789abcdef" * 2,
    "Vault": "hvs." + RANDOM * 5,
    "Docker Hub": "dckr_pat_" + RANDOM + "abcdefg",
}


def variable(name: str, value: str) -> Edit:
    return Edit(MAP, API, ("data", name), value)


def argument(value: str) -> Edit:
    return Edit(*DEPLOYMENT, (*CONTAINER, "args"), [value])


def function(name: str, value: str) -> Change:
    inputs = {"role": "r", "environment": {"variables": {name: value}}, **OF_AWS}
    return Addition("aws:lambda/function:Function", "new", inputs, ROLE)


CAUGHT = {
    "plain-secrets": {
        "prod": [
            *(variable("SETTING", each) for each in FORMS.values()),
            variable("ENCRYPTION_SALT_KEY", RANDOM),
            variable("config.yaml", f"database:\n  host: db\n  password: {RANDOM}\n"),
            variable("app.properties", f"db.host=db\ndb.password={RANDOM}\n"),
            variable("settings.json", json.dumps({"smtp": {"password": "hunter2hunter2"}})),
            variable("encoded", base64.b64encode(f"token={RANDOM}\nhost=db\nport=5432\nname=shop\n".encode()).decode()),
            variable(FORMS["GitHub"], "x"),
            argument("--token=" + RANDOM),
            argument("--header=Authorization: Bearer " + RANDOM),
            Edit(*DEPLOYMENT, (*CONTAINER, "command"), ["sh", "-c", "curl -u me:hunter2hunter2 https://example.com"]),
            Edit(*DEPLOYMENT, ("metadata", "annotations", "note"), FORMS["GitLab"]),
            Edit(
                *DEPLOYMENT,
                (*CONTAINER, "livenessProbe", "httpGet", "httpHeaders"),
                [{"name": "a", "value": FORMS["JWT"]}],
            ),
            Edit("s3/bucket:Bucket", "expenses/backups", ("tags", "note"), FORMS["npm"]),
            Edit("cloudwatch/logGroup:LogGroup", "main", ("tags", "note"), FORMS["Stripe"]),
            Edit("cloudfront/function:Function", "smartwallet/web-request", ("code",), f"const a = '{FORMS['AWS']}';"),
            Edit(
                "v1:PrometheusRule",
                "fleet/fleet",
                ("spec", "groups", 0, "rules", 0, "annotations"),
                {"a": FORMS["PyPI"]},
            ),
        ]
    },
    "plain-outputs": {
        "prod": [
            Edit("pulumi:Stack", "slipway-prod", ("address",), FORMS["login in an address"]),
            Edit("pulumi:Stack", "slipway-prod", ("kubeconfig",), f"users:\n- user:\n    token: {RANDOM}\n"),
        ]
    },
}

HARMLESS = {
    "MAX_TOKENS": "4096", "PASSWORD_MIN_LENGTH": "12", "CSRF_TOKEN_HEADER": "X-CSRF", "JWT_ALGORITHM": "RS256",
    "SECRET_NAME": "fleet-login", "TOKEN_URL": "https://login.example.com/token", "PASSWORD_POLICY": "strict",
    "API_KEY_HEADER": "X-Api-Key", "TOKEN_TTL": "15m", "SESSION_SECRET_ROTATION": "true", "KEY_PREFIX": "fleet-production",
    "AUTH_PROVIDER": "keycloak-production", "CACHE_KEY": "fleet:vehicles:by-id", "PARTITION_KEY": "tenantIdentifier",
    "PUBLIC_KEY_PATH": "/etc/keys/public.pem", "SECRETS_MANAGER_REGION": "us-east-1", "TOKENIZER": "cl100k_base",
    "PASSWORD_RESET_URL": "https://fleet.example.com/reset", "FEATURE_TOKEN_REFRESH": "enabled", "SORT_KEY": "createdAt",
    "COMMIT": "d670460b4b4aece5915caf5c68d12f560a9fe3e4", "SIGNING_KEY_ID": "alias/fleet-signing",
}  # fmt: skip

FINE = {
    "prod": [
        *(variable(name, value) for name, value in HARMLESS.items()),
        variable(
            "config.yaml",
            "auth:\n  tokenUrl: https://login.example.com\n  passwordMinLength: 12\n  secretName: login\n",
        ),
        argument("--token-file=/var/run/secrets/token"),
        argument("--password=$(DB_PASSWORD)"),
    ]
}
