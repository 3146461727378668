"""The logins of a database, which are the same on every cloud."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_random as random

from components.clouds.contract import DatabaseArgs, Role
from components.system.database.manifests import roles as database_roles


@dataclass(frozen=True, kw_only=True)
class Roles:
    admin: Role
    owner: Role
    app: Role
    backup: Role
    monitor: Role


def make_roles(args: DatabaseArgs, administrator: str, parent: pulumi.Resource) -> Roles:
    """Creates five roles with random passwords of 32 letters and digits, which need no quoting in URLs and shells."""

    def role(part: str, name: str) -> Role:
        password = random.RandomPassword(
            f"{args.system}/{args.name}-{part}", length=32, special=False, opts=pulumi.ResourceOptions(parent=parent)
        )
        return Role(name=name, password=password.result)

    names = database_roles.role_names(args.name, args.settings.owner)
    return Roles(admin=role("admin", administrator), **{part: role(part, name) for part, name in names.items()})
