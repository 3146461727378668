"""Caches that let everybody in, that speak plain text, that are public or alone."""

from __future__ import annotations

from typing import Any

from tests.policies.edits.network import NSG, OF_AZURE, aws
from tests.policies.edits.program import DIGEST, container, daemon_set
from tests.policies.swift import Addition

GROUP: dict[str, Any] = {
    "replicationGroupId": "new",
    "engine": "valkey",
    "numCacheClusters": 2,
    "automaticFailoverEnabled": True,
    "atRestEncryptionEnabled": True,
    "transitEncryptionEnabled": True,
    "transitEncryptionMode": "required",
    "userGroupIds": ["new"],
}
SERVER: dict[str, Any] = {
    "clusterName": "new",
    "location": "eastus2",
    "highAvailability": "Enabled",
    "minimumTlsVersion": "1.2",
    "publicNetworkAccess": "Disabled",
}


def group(**inputs: Any) -> Addition:
    found = {**GROUP, **inputs}
    given = {key: value for key, value in found.items() if value is not None}
    return aws("elasticache/replicationGroup:ReplicationGroup", **given)


def user(**inputs: Any) -> Addition:
    return aws("elasticache/user:User", userId="new", userName="default", engine="valkey", **inputs)


def server(**inputs: Any) -> Addition:
    return Addition(
        "azure-native:redisenterprise:RedisEnterprise", "new", {**SERVER, **inputs, **OF_AZURE}, NSG, (NSG,)
    )


def database(**inputs: Any) -> Addition:
    return Addition("azure-native:redisenterprise:Database", "new", {"databaseName": "default", **inputs}, NSG, (NSG,))


def running(*arguments: str) -> Addition:
    """A server of a cache on each node, without Slipway's label."""
    image = f"docker.io/library/redis@{DIGEST}"
    return daemon_set(containers=[container(image=image, args=[*arguments])])


TLS, PASSWORD = ("--port", "0", "--tls-port", "6379"), ("--requirepass", "$(PASSWORD)")
CAUGHT = {
    "cache-authentication": {
        "prod": [
            group(userGroupIds=None),
            group(userGroupIds=[]),
            user(noPasswordRequired=True, passwords=["p"]),
            user(authenticationMode={"type": "no-password-required"}),
            user(),
            running(*TLS),
            running(*TLS, "--protected-mode", "no"),
        ]
    },
    "cache-standby": {
        "prod": [
            group(automaticFailoverEnabled=None),
            group(automaticFailoverEnabled=False),
            server(highAvailability="Disabled"),
        ]
    },
    "encryption-at-rest": {
        "prod": [group(atRestEncryptionEnabled=None), group(atRestEncryptionEnabled=False)],
    },
    "encryption-in-transit": {
        "prod": [
            group(transitEncryptionEnabled=None),
            group(transitEncryptionEnabled=False),
            group(transitEncryptionMode="preferred"),
            server(minimumTlsVersion="1.0"),
            database(clientProtocol="Plaintext"),
            running(*PASSWORD),
            running(*PASSWORD, "--tls-port", "6380"),
        ]
    },
    "database-exposure": {"prod": [server(publicNetworkAccess="Enabled")]},
    "data-residence": {"prod": [server(location="westeurope")]},
}
FINE = {
    "prod": [
        group(),
        group(userGroupIds=None, authToken="long-and-secret"),
        user(authenticationMode={"type": "password", "passwords": ["p"]}),
        user(authenticationMode={"type": "iam"}),
        user(passwords=["p"]),
        server(),
        database(clientProtocol="Encrypted"),
        running(*TLS, *PASSWORD),
        running("--bind", "127.0.0.1"),
        running("redis-cli", "ping"),
    ]
}
