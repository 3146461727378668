"""A small project in a temporary folder, with one system and one stack that are right."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.settings.load import load_stack, load_systems
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import Project, find_project
from slipway.settings.stacks import Stack
from slipway.settings.system import System

PROJECT = """\
name: slipway
config:
  systemsPath:
    type: string
    default: systems
"""

SYSTEM = """\
title: Fleet
owner: {team: fleet}
domains: {web: fleet.example.com}
services:
  api:
    image: fleet-api
    port: 3000
    replicas: {minimum: 3}
    needs: [worker]
    routes: [{domain: web, path: /api}]
    environment:
      LEVEL: info
      DATABASE_URL: {database: fleet_db}
      KEY: {secret: SIGNING_KEY}
  worker:
    image: fleet-worker
    port: 4000
databases:
  fleet_db:
    size: medium
    backup: {retentionDays: 14}
secrets:
  SIGNING_KEY: {generated: 32}
"""

STACK = """\
config:
  slipway:environment: staging
  slipway:clusters:
    main:
      cloud: aws
      region: us-east-1
      account: 111122223333
      network: {cidr: 10.20.0.0/16}
      kubernetes: {authorizedNetworks: [203.0.113.0/24]}
      deployers: [arn:aws:iam::111122223333:role/deployer]
      systems:
        fleet:
          blue: {version: 2.4.0}
          databases:
            fleet_db:
              size: large
"""


class Workshop:
    """A project to write files into and to load."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("Pulumi.yaml", PROJECT)
        self.write("systems/fleet/system.yaml", SYSTEM)
        self.write("Pulumi.test.yaml", STACK)

    def write(self, file: str, content: str | bytes) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        self.write(file, text.replace(old, new))

    @property
    def project(self) -> Project:
        return find_project(self.root)

    @property
    def stack_file(self) -> Path:
        return self.root / "Pulumi.test.yaml"

    def stack(self) -> Stack:
        return load_stack(self.project, "test")

    def system(self) -> System:
        """The fleet as the stack has it."""
        return self.stack().clusters["main"].systems["fleet"].definition

    def problems(self) -> list[str]:
        """What the stack's reader says is wrong."""
        with pytest.raises(InvalidSettings) as caught:
            self.stack()
        return [str(problem) for problem in caught.value.problems]

    def systems(self) -> dict[str, System]:
        return load_systems(self.project)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)
