"""A document database as a system sees it: asked of the cloud, its login in a Secret."""

from __future__ import annotations

import pulumi

from builders.environment import login_secret
from builders.network_policy import Target
from components.system.database import DatabaseArgs, login


class Documents(pulumi.ComponentResource):
    """A database that speaks MongoDB's protocol."""

    server: str
    """The cloud's name of it."""
    target: Target
    """What network policies open for the services that use it."""

    def __init__(self, name: str, args: DatabaseArgs, parent: pulumi.Resource) -> None:
        super().__init__(
            "slipway:system:Documents", args.scope.logical(name), opts=pulumi.ResourceOptions(parent=parent)
        )
        endpoint = args.cloud.documents(args.wanted(name), self)
        values = login("mongodb", endpoint.app, endpoint.address, endpoint.database, endpoint.options)
        args.store.keep(login_secret(endpoint.database, "app"), args.settings.source, values, self)
        self.server = endpoint.server
        self.target = Target(endpoint.address.port, networks=endpoint.reach.networks, pods=endpoint.reach.pods)
        self.register_outputs({})
