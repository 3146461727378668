"""Opens a session in an AWS account, and translates its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slipway.ops.failure import CloudFailure

if TYPE_CHECKING:
    import boto3
    from botocore.exceptions import ClientError

    from slipway.settings.clouds.aws import AwsCluster

LOG_IN = "log in, for example with `aws sso login` and AWS_PROFILE"
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
_BUSY = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}


def session(cluster: AwsCluster) -> boto3.Session:
    """Return a session in the cluster's region. Raises CloudFailure if the login belongs to another account than the
    stack's."""
    import boto3

    with translated_errors(f"account {cluster.account}"):
        opened = boto3.Session(region_name=cluster.region)
        account = opened.client("sts").get_caller_identity()["Account"]
    if account != cluster.account:
        raise CloudFailure(
            f"aws: logged in to account {account}, but the stack's is {cluster.account}: {LOG_IN} of that account"
        )
    return opened


def partition(opened: boto3.Session, region: str) -> str:
    """Return the second word of every ARN in `region`: `aws`, except for governments and China."""
    return opened.get_partition_for_region(region)


@contextmanager
def translated_errors(subject: str) -> Iterator[None]:
    """Turn an error of boto3 into a CloudFailure about `subject`."""
    from botocore import exceptions as boto

    try:
        yield
    except (boto.NoCredentialsError, boto.PartialCredentialsError, boto.ProfileNotFound):
        raise CloudFailure(f"aws: no credentials to read {subject}: {LOG_IN}") from None
    except (boto.TokenRetrievalError, boto.SSOError):
        raise CloudFailure(f"aws: the login has expired; {LOG_IN} again") from None
    except boto.ClientError as error:
        raise CloudFailure(f"aws: {_meaning(error, subject)}") from None
    except boto.BotoCoreError as error:
        reason = type(error).__name__
        raise CloudFailure(f"aws: cannot read {subject} ({reason}): check the network, proxy and region") from None


def _meaning(error: ClientError, subject: str) -> str:
    code = error.response.get("Error", {}).get("Code", "unknown")
    if code in _EXPIRED:
        return f"the login has expired or is unknown ({code}); {LOG_IN} again"
    if "AccessDenied" in code or code in {"UnauthorizedOperation", "Forbidden"}:
        return f"the login may not call {error.operation_name} on {subject}: use a role that may"
    if "NotFound" in code:
        return f"{subject} does not exist ({code}); run `pulumi up` first"
    if code in _BUSY:
        return f"too many requests about {subject}; try again in a minute"
    return f"{error.operation_name} on {subject} failed ({code})"


def verified(cluster: AwsCluster) -> str:
    """Return the account of the login, which is the stack's. Raises CloudFailure."""
    session(cluster)
    return f"account {cluster.account}"
