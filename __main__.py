"""Slipway's program: load, build, export. Pulumi's engine runs it, and `slipway preview` without one."""

from __future__ import annotations

import sys
from pathlib import Path

import pulumi

from components.stack import build, export
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project


def main() -> None:
    config = pulumi.Config()
    stack = load_stack(
        find_project(Path(pulumi.get_root_directory())),
        pulumi.get_stack(),
        config={
            "environment": config.get("environment"),
            "systemsPath": config.get("systemsPath"),
            "extensions": config.get("extensions"),
            "namePrefix": config.get("namePrefix"),
            "foundation": config.get("foundation"),
            "clusters": config.get_object("clusters"),
        },
    )
    export(build(stack))


try:
    main()
except InvalidSettings as error:
    for problem in error.problems:
        pulumi.log.error(str(problem))
    sys.exit(1)
