"""The logins of a database, the same on every cloud."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_random as random

from components.cloud.contract import DatabaseArgs, Role


@dataclass(frozen=True, kw_only=True)
class Roles:
    admin: Role
    owner: Role
    app: Role
    backup: Role
    monitor: Role


def make_roles(args: DatabaseArgs, administrator: str, parent: pulumi.Resource) -> Roles:
    """Five roles with random passwords of 32 letters and digits, which no URL and no shell need to quote."""

    def role(part: str, name: str) -> Role:
        password = random.RandomPassword(
            f"{args.system}/{args.name}-{part}", length=32, special=False, opts=pulumi.ResourceOptions(parent=parent)
        )
        return Role(name=name, password=password.result)

    return Roles(
        admin=role("admin", administrator),
        owner=role("owner", args.settings.owner or f"{args.name}_owner"),
        app=role("app", f"{args.name}_app"),
        backup=role("backup", f"{args.name}_backup"),
        monitor=role("monitor", f"{args.name}_monitor"),
    )
