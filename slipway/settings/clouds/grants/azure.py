"""Azure: the built-in role of each right, the narrowest that contains it."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.settings.clouds.grants.granted_kinds import Kind, kind_of
from slipway.settings.grants import Grant

_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_GROUP = rf"/subscriptions/{_UUID}/resourceGroups/[\w.()-]{{1,90}}/providers/"
_EXAMPLE = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/shared/providers/"
_STORAGE = r"Microsoft\.Storage/storageAccounts/[a-z0-9]{3,24}/"
_BUS = r"Microsoft\.ServiceBus/namespaces/[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]/"
_ENTITY = r"[A-Za-z0-9]([\w.-]{0,258}[A-Za-z0-9])?"

KINDS = (
    Kind(
        name="bucket",
        form=rf"{_GROUP}{_STORAGE}blobServices/default/containers/[a-z0-9](-?[a-z0-9]){{2,62}}",
        example=f"{_EXAMPLE}Microsoft.Storage/storageAccounts/catalogue/blobServices/default/containers/files",
        rights={"read": ("Storage Blob Data Reader",), "write": ("Storage Blob Data Contributor",)},
    ),
    Kind(
        name="queue",
        form=rf"{_GROUP}{_BUS}queues/{_ENTITY}",
        example=f"{_EXAMPLE}Microsoft.ServiceBus/namespaces/trading/queues/orders",
        rights={"send": ("Azure Service Bus Data Sender",), "receive": ("Azure Service Bus Data Receiver",)},
    ),
    Kind(
        name="topic",
        form=rf"{_GROUP}{_BUS}topics/{_ENTITY}",
        example=f"{_EXAMPLE}Microsoft.ServiceBus/namespaces/trading/topics/prices",
        rights={"send": ("Azure Service Bus Data Sender",)},
    ),
    Kind(
        name="subscription of a topic",
        form=rf"{_GROUP}{_BUS}topics/{_ENTITY}/subscriptions/[A-Za-z0-9]([\w.-]{{0,48}}[A-Za-z0-9])?",
        example=f"{_EXAMPLE}Microsoft.ServiceBus/namespaces/trading/topics/prices/subscriptions/shop",
        rights={"receive": ("Azure Service Bus Data Receiver",)},
    ),
    Kind(
        name="storage queue",
        form=rf"{_GROUP}{_STORAGE}queueServices/default/queues/[a-z0-9](-?[a-z0-9]){{2,62}}",
        example=f"{_EXAMPLE}Microsoft.Storage/storageAccounts/trading/queueServices/default/queues/orders",
        rights={
            "send": ("Storage Queue Data Message Sender",),
            "receive": ("Storage Queue Data Message Processor",),
        },
    ),
    Kind(
        name="key",
        form=rf"{_GROUP}Microsoft\.KeyVault/vaults/[A-Za-z][A-Za-z0-9-]{{1,22}}[A-Za-z0-9]/keys/[A-Za-z0-9-]{{1,127}}",
        example=f"{_EXAMPLE}Microsoft.KeyVault/vaults/trading/keys/orders",
        rights={
            "encrypt": ("Key Vault Crypto Service Encryption User",),
            "decrypt": ("Key Vault Crypto Service Encryption User",),
        },
    ),
    Kind(
        name="model",
        form=rf"{_GROUP}Microsoft\.CognitiveServices/accounts/[A-Za-z0-9][\w.-]{{1,63}}",
        example=f"{_EXAMPLE}Microsoft.CognitiveServices/accounts/models",
        rights={"invoke": ("Cognitive Services OpenAI User",)},
    ),
    Kind(
        name="mail service",
        form=rf"{_GROUP}Microsoft\.Communication/(communicationServices|emailServices)/[\w-]{{1,63}}(/.*)?",
        example=f"{_EXAMPLE}Microsoft.Communication/communicationServices/mail",
        refused="its only role that sends also reads keys and deletes the service; supply its SMTP password as a "
        "secret, such as SMTP_PASSWORD: {supplied: The owner of the mail service}",
    ),
)


def roles(grant: Grant) -> Iterator[tuple[str, str]]:
    """Yield the roles that a grant assigns, each with the first right that asks for it."""
    assert grant.resource is not None
    kind = kind_of(KINDS, grant.resource)
    assert kind is not None, "settings refuse other resources"
    wanted: dict[str, str] = {}
    for right in grant.may:
        for role in kind.rights[right]:
            wanted.setdefault(role, right)
    yield from wanted.items()
