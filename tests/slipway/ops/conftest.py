"""A stack with a cluster on every cloud, and clouds that answer without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

ACCOUNT = "123456789012"
"""The one that moto pretends to be."""

SYSTEM = """\
title: Shop
owner: {team: shop}
domains: {web: shop.example.com}
services:
  api: {image: api, port: 3000}
sites: {web: {artefact: web, domain: web}}
databases:
  orders_db: {}
  catalogue: {engine: mongodb}
  legacy: {hosting: external}
secrets:
  PAYMENT_KEY: {supplied: "the payment vendor", rotateEvery: 30d}
  MAIL_KEY: {supplied: "the mail vendor"}
  SIGNING_KEY: {generated: 32}
"""
WITH_VOLUMES = SYSTEM.replace(
    "sites:",
    """\
  code:
    image: code
    port: 3000
    volumes:
      data: {mountPath: /data, size: 20}
      index: {mountPath: /index, size: 5, backup: none, reason: It is made again}
sites:""",
)
MANAGED = """\
      network: {cidr: 10.20.0.0/16}
      kubernetes: {authorizedNetworks: [203.0.113.0/24]}
"""
CLUSTERS = {
    "aws": f"""\
      cloud: aws
      region: us-east-1
      account: "{ACCOUNT}"
      deployers: [arn:aws:iam::{ACCOUNT}:role/deployer]
{MANAGED}""",
    "azure": f"""\
      cloud: azure
      region: eastus2
      subscription: 00000000-0000-4000-8000-000000000001
      tenant: 00000000-0000-4000-8000-000000000002
      deployers: [00000000-0000-4000-8000-000000000003]
{MANAGED}""",
    "local": "      cloud: local\n      context: test\n      postgres: operator\n",
}


def on(stack: Stack, system: str) -> tuple[Stack, StackCluster, DeployedSystem]:
    """What `store_of` asks for."""
    (cluster,) = stack.clusters.values()
    return stack, cluster, cluster.systems[system]


def stack_on(folder: Path, cloud: str, *, system: str = SYSTEM, **changed: str) -> Stack:
    """The stack `test` with the system `shop` on the cluster `main`, whose `changed` keys have other values."""
    cluster = CLUSTERS[cloud]
    for key, value in changed.items():
        cluster = re.sub(rf"(?m)^      {key}: .*$", f"      {key}: {value}", cluster)
    (folder / "systems" / "shop").mkdir(parents=True)
    (folder / "systems" / "shop" / "system.yaml").write_text(system)
    (folder / "Pulumi.yaml").write_text("name: slipway\nconfig: {systemsPath: {type: string, default: systems}}\n")
    (folder / "Pulumi.test.yaml").write_text(
        "config:\n  slipway:environment: staging\n  slipway:clusters:\n    main:\n"
        f"{cluster}      systems: {{shop: {{blue: {{version: 1.0.0}}}}}}\n"
    )
    return load_stack(find_project(folder), "test")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """moto in place of AWS, with a login of ACCOUNT."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with mock_aws():
        yield
