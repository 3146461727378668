"""Values that are already in AWS Secrets Manager, under names that are not Slipway's."""

from __future__ import annotations

from slipway.ops.aws.access import session, translated_errors
from slipway.ops.failure import CloudFailure, MissingEntry
from slipway.settings.clouds.aws import AwsCluster


def value_of(cluster: AwsCluster, entry: str) -> str:
    """Return the current value of an entry. Raises CloudFailure, which never quotes it."""
    client = session(cluster).client("secretsmanager")
    with translated_errors(entry):
        try:
            found = client.get_secret_value(SecretId=entry)
        except client.exceptions.ResourceNotFoundException:
            raise MissingEntry(f"aws: {entry} does not exist, or has no value") from None
    if "SecretString" not in found:
        raise CloudFailure(
            f"aws: {entry} is binary, which no variable can be: pass it to `slipway secrets set`, encoded"
        )
    return found["SecretString"]
