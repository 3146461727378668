"""`slipway release approve` and `attest`: somebody's word, as an object whose author the API server vouches for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slipway.cli.lookup import refused
from slipway.cli.release.lookup import Found, Request, find
from slipway.ops.cluster import release_client
from slipway.ops.cluster.release_client import Approval
from slipway.release.objects import RECOVERY, ApprovalSpec, ReleaseSpec, RequiredApproval, RequiredAttestation
from slipway.reports.release_status import minute, target
from slipway.settings.exit_statuses import OK
from slipway.settings.problems import nearest

LINK = re.compile(r"https?://\S+")
RELEASED_ON = "released on {stack}"
"""Name of the attestation that another stack's release of the same version succeeded."""


def approve(request: Request, system: str, role: str, when: str | None, comment: str | None) -> int:
    """Approve the wanted release in a role and return the exit status. Raises InvalidSettings and CloudFailure."""
    found = find(request, system)
    required = _required_approval(found.release.spec, role, when)
    return _record(found, kind="approval", role=role, when=required.when, comment=comment)


def attest(request: Request, system: str, name: str, role: str | None, link: str, comment: str | None) -> int:
    """Record a manual check with a link to its evidence and return the exit status. Raises InvalidSettings and
    CloudFailure."""
    if not LINK.fullmatch(link):
        raise refused(f"--link {link} is not the address of the evidence, for example https://wiki.example.com/walk-1")
    found = find(request, system)
    required = _required_attestation(found, name, role)
    return _record(
        found,
        kind="attestation",
        role=required.role,
        when=required.when,
        name=required.name,
        link=link,
        comment=comment,
    )


def _required_approval(spec: ReleaseSpec, role: str, when: str | None) -> RequiredApproval:
    """Return the approval that `role` can give: the one of `when`, the one before the release, or the only one."""
    own = [each for each in spec.approvals if role in _roles(each)]
    if not own:
        known = sorted({name for each in spec.approvals for name in _roles(each)})
        if not known:
            raise refused(f"the release of {spec.system} needs no approvals")
        raise refused(
            f"--role {role} approves nothing in the release of {spec.system}"
            f"{nearest(role, known)} (roles: {', '.join(known)})"
        )
    moments = [each.when for each in own]
    picked = when or ("before" if "before" in moments else moments[0] if len(own) == 1 else None)
    chosen = next((each for each in own if each.when == picked), None)
    if chosen is None:
        wrong = f"--when {when} is not an approval of {role}" if when else f"{role} approves several things"
        raise refused(f"{wrong}: pass --when ({', '.join(moments)})")
    return chosen


def _roles(required: RequiredApproval) -> tuple[str, ...]:
    return (required.role, *required.any_of)


def _required_attestation(found: Found, name: str, role: str | None) -> RequiredAttestation:
    spec = found.release.spec
    known = {each.name: each for each in _attestations(found)}
    if name not in known:
        if not known:
            raise refused(f"the release of {spec.system} needs no attestations")
        listed = "; ".join(known)
        raise refused(f"--name {name} is not an attestation of {spec.system}{nearest(name, known)} (known: {listed})")
    required = known[name]
    if role is not None and required.role and role != required.role:
        raise refused(f"--role {role} does not attest '{name}': {required.role} does")
    return required.model_copy(update={"role": required.role or role or spec.owner})


def _attestations(found: Found) -> Iterator[RequiredAttestation]:
    """Yield what can be attested; declared ones come last, so that they count."""
    spec = found.release.spec
    free = [RELEASED_ON.format(stack=spec.evidence.after)] if spec.evidence.after else []
    free += [RECOVERY] if found.deployed.definition.recovery else []
    # Any role may pass on what another cluster says of itself, or report a drill.
    yield from (RequiredAttestation(name=each, role="", when="after", maximum_age_seconds=0) for each in free)
    yield from spec.attestations


def _record(found: Found, **said: str | None) -> int:
    by = release_client.whoami(found.api)
    release = found.release
    spec = ApprovalSpec.model_validate({"release": release.name, "id": release.spec.id, "by": by, **said})
    print(_sentence(release_client.approve(found.api, release, spec), release.spec))
    return OK


def _sentence(made: Approval, spec: ReleaseSpec) -> str:
    what = f"{spec.system} {target(spec)}"
    at = minute(made.at)
    if made.spec.kind == "attestation":
        return f"{what}: '{made.spec.name}' attested by {made.spec.by} as {made.spec.role}, {at}"
    return f"{what}: approved by {made.spec.by} as {made.spec.role} ({made.spec.when}), {at}"
