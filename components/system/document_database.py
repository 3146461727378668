"""A document database of a system: the server, and its login as a Secret."""

from __future__ import annotations

import pulumi

from components.manifests.environment import login_secret
from components.manifests.network_policy import NetworkPeer
from components.system.database.component import DatabaseArgs, login


class DocumentDatabase(pulumi.ComponentResource):
    """A database with MongoDB's protocol."""

    server: str
    """Name of the server in the cloud."""
    peer: NetworkPeer
    """Peer in the network policies of the services that use the database."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:DocumentDatabase", name, opts=opts)
        endpoint = args.cloud.document_database(args.wanted, args.resource_options(self))
        values = login("mongodb", endpoint.app, endpoint.address, endpoint.database, endpoint.options)
        args.store.put(login_secret(endpoint.database, "app"), args.settings.source, values, self)
        self.server, self.address = endpoint.server, endpoint.address
        self.peer = NetworkPeer(endpoint.address.port, networks=endpoint.peers.networks, pods=endpoint.peers.pods)
        self.register_outputs({})
