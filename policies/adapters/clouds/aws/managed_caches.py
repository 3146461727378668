"""Caches of Amazon ElastiCache."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.clouds.contract import Evaluation, guarded
from adapters.safeguards import PLAIN_AT_REST, PLAIN_ON_ITS_WAY, Safeguard
from framework import Property, Resource, Settings, Verdict

CACHE, USER = "aws:elasticache/replicationGroup:ReplicationGroup", "aws:elasticache/user:User"
_OPEN = "lets everybody in without a password"
_TYPE = Safeguard(path=("authenticationMode", "type"), safe=("password", "iam"), otherwise=_OPEN)
_REQUIRED = Safeguard(path=("noPasswordRequired",), safe=(False,), by_default=True, otherwise=_OPEN)

AT_REST = {CACHE: guarded(Safeguard(path=("atRestEncryptionEnabled",), safe=(True,), otherwise=PLAIN_AT_REST))}
IN_TRANSIT = {
    CACHE: guarded(
        Safeguard(path=("transitEncryptionEnabled",), safe=(True,), otherwise=PLAIN_ON_ITS_WAY),
        Safeguard(path=("transitEncryptionMode",), safe=("required",), by_default=True, otherwise=PLAIN_ON_ITS_WAY),
    )
}
STANDBY = {
    CACHE: guarded(
        Safeguard(
            path=("automaticFailoverEnabled",),
            safe=(True,),
            otherwise="has no standby: a lost node is minutes of errors",
            key="highAvailability",
            value=True,
        )
    )
}


def _evaluate_cache(cache: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check that a group of users, or a token, is set."""
    groups, token = cache["userGroupIds"], cache["authToken"]
    if groups.missing and token.missing:
        verdict.violated(cache, f"{_OPEN}: neither {groups.path} nor {token.path} is set")
    elif groups.unknown and token.missing:
        verdict.undecided(cache, groups)
    elif groups.present and not any(groups.elements()) and token.missing:
        verdict.violated(cache, f"{_OPEN}: {groups.path} is empty")


def _evaluate_user(user: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check how a user proves who he is; passwords may be set without a mode."""
    _REQUIRED.evaluate(user, verdict)
    passwords: Property = user["passwords"]
    if user["authenticationMode"].present or passwords.missing:
        _TYPE.evaluate(user, verdict)


AUTHENTICATION: Mapping[str, Evaluation] = {CACHE: _evaluate_cache, USER: _evaluate_user}
