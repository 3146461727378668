"""Kubernetes' pod security standards, as its admission controller evaluates them in v1.36
(k8s.io/pod-security-admission).

Kubernetes relaxes some checks for Windows and user namespaces (`hostUsers: false`); this module does not. Rendered Helm
charts are checked by the same functions (`slipway/scanners/charts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from framework.reading import Property

PRIVILEGED, BASELINE, RESTRICTED = "privileged", "baseline", "restricted"

Problem = tuple[Property, str]
"""A property and its problem; the text is empty if the property is unknown and decides."""
Check = Callable[[Property], Iterator[Problem]]

GROUPS = ("initContainers", "containers", "ephemeralContainers")
CONFINED = ("RuntimeDefault", "Localhost")
DEFAULT_CAPABILITIES = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
    "SETPCAP", "SETUID", "SYS_CHROOT",
)  # fmt: skip
SYSCTLS = (
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
)  # fmt: skip
SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
VOLUMES = (
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
)  # fmt: skip
OTHER_VOLUMES = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "fc", "flexVolume", "flocker",
    "gcePersistentDisk", "gitRepo", "glusterfs", "iscsi", "nfs", "photonPersistentDisk", "portworxVolume", "quobyte", "rbd",
    "scaleIO", "storageos", "vsphereVolume",
)  # fmt: skip
"""Volume types that `restricted` rejects in addition to `hostPath`, which `baseline` rejects."""
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


@dataclass(frozen=True)
class Part:
    """A pod's specification or one of its containers, and its problems."""

    where: Property
    problems: Sequence[Problem]


def evaluate(pod: Property, level: str = RESTRICTED) -> Iterator[Part]:
    """Return why a namespace of `level` rejects a pod with `metadata` and `spec`; empty if it admits the pod."""
    if level == PRIVILEGED:
        return
    checks = {BASELINE: (_baseline, _container_baseline), RESTRICTED: (_restricted, _container_restricted)}[level]
    spec = pod["spec"]
    yield from _part(spec, [*_annotations(pod["metadata"]["annotations"]), *checks[0](spec)])
    for container in containers(spec):
        own = list(checks[1](container))
        if level == RESTRICTED:
            own += _inherited(spec, container)
        yield from _part(container, own)


def context_loosened(context: Property) -> Iterator[Problem]:
    """Return the loosening settings of a security context alone."""
    yield from _set(_context(context))
    yield from _set(_restricted_context(context))
    if context["allowPrivilegeEscalation"].present:
        yield from must_be(context["allowPrivilegeEscalation"], (False,), "must be false")
    yield from _set(_added(context["capabilities"], ("NET_BIND_SERVICE",)))


def containers(spec: Property) -> Iterator[Property]:
    """Return all containers of a pod, including init and ephemeral containers."""
    for group in GROUPS:
        yield from spec[group].elements()


def must_be(setting: Property, allowed: tuple[object, ...], otherwise: str) -> Iterator[Problem]:
    """Report a value that is not one of `allowed`, with the same type."""
    if setting.unknown:
        yield setting, ""
    elif setting.missing or not isinstance(setting.value, type(allowed[0])) or setting.value not in allowed:
        yield setting, otherwise


def without(listed: Property, key: str, otherwise: str) -> Iterator[Problem]:
    """Report elements of a list that have `key` with a value other than zero."""
    yield from _list(listed)
    for each in listed.elements():
        if each[key].unknown:
            yield each[key], ""
        elif each[key].present and each[key].value != 0:
            yield each[key], otherwise


def _part(where: Property, problems: Sequence[Problem]) -> Iterator[Part]:
    if problems:
        yield Part(where, problems)


def _set(problems: Iterator[Problem]) -> Iterator[Problem]:
    """Return the problems of explicit values; the operator sets the missing ones."""
    return (each for each in problems if each[0].present)


def _list(listed: Property) -> Iterator[Problem]:
    if listed.unknown:
        yield listed, ""
    elif listed.present and not listed.listing:
        yield listed, "is not a list"


def _baseline(spec: Property) -> Iterator[Problem]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if spec[name].present:
            yield from must_be(spec[name], (False,), "must be false")
    yield from _list(spec["volumes"])
    yield from _host_paths(spec["volumes"])
    context = spec["securityContext"]
    yield from _context(context)
    yield from _list(context["sysctls"])
    for sysctl in context["sysctls"].elements():
        yield from must_be(sysctl["name"], SYSCTLS, "is not a safe sysctl")


def _restricted(spec: Property) -> Iterator[Problem]:
    yield from _baseline(spec)
    yield from _kinds(spec["volumes"])
    yield from _restricted_context(spec["securityContext"])


def _container_baseline(container: Property) -> Iterator[Problem]:
    context = container["securityContext"]
    yield from _context(context)
    yield from _added(context["capabilities"], DEFAULT_CAPABILITIES)
    yield from without(container["ports"], "hostPort", "must not be set")
    for handler in _handlers(container):
        for action in ("httpGet", "tcpSocket"):
            host = handler[action]["host"]
            if host.unknown and not handler.unknown and not handler[action].unknown:
                yield host, ""
            elif host.present and not host.unknown and host.value != "":
                yield host, "must not be set"


def _container_restricted(container: Property) -> Iterator[Problem]:
    yield from _container_baseline(container)
    context = container["securityContext"]
    yield from must_be(context["allowPrivilegeEscalation"], (False,), "must be false")
    yield from _dropped(context["capabilities"])
    yield from _restricted_context(context)


def _handlers(container: Property) -> Iterator[Property]:
    yield from (container[each] for each in _PROBES)
    yield from (container["lifecycle"][each] for each in ("postStart", "preStop"))


def _host_paths(volumes: Property) -> Iterator[Problem]:
    yield from ((each["hostPath"], "is a hostPath") for each in volumes.elements() if each["hostPath"].present)


def _kinds(volumes: Property) -> Iterator[Problem]:
    """Report volumes whose type `restricted` does not allow."""
    for each in volumes.elements():
        refused = [each[kind] for kind in OTHER_VOLUMES if each[kind].present and not each.unknown]
        yield from ((kind, "is a kind of volume that `restricted` refuses") for kind in refused)
        if each.unknown:
            yield each, ""
        elif not refused and each["hostPath"].missing and not any(each[kind].present for kind in VOLUMES):
            yield each, f"is of none of the kinds {', '.join(VOLUMES)}"


def _context(context: Property) -> Iterator[Problem]:
    """Report violations of `baseline` in a security context of a pod or a container."""
    if context["privileged"].present:
        yield from must_be(context["privileged"], (False,), "must be false")
    options = context["seLinuxOptions"]
    if options["type"].present:
        yield from must_be(options["type"], SELINUX_TYPES, "is not an SELinux type for containers")
    for name in ("user", "role"):
        if options[name].present:
            yield from must_be(options[name], ("",), "must not be set")
    if context["procMount"].present:
        yield from must_be(context["procMount"], ("Default",), "must be Default")
    for profile in (context["seccompProfile"], context["appArmorProfile"]):
        if profile.present:
            yield from must_be(profile["type"], CONFINED, f"must be {' or '.join(CONFINED)}")
    if context["windowsOptions"]["hostProcess"].present:
        yield from must_be(context["windowsOptions"]["hostProcess"], (False,), "must be false")


def _restricted_context(context: Property) -> Iterator[Problem]:
    if context["runAsNonRoot"].present:
        yield from must_be(context["runAsNonRoot"], (True,), "must be true")
    user = context["runAsUser"]
    if user.present and not user.unknown and not user.whole_number:
        yield user, "must be the id of a user other than root"


def _inherited(spec: Property, container: Property) -> Iterator[Problem]:
    """Report settings that neither the container nor its pod has; a wrong value of the pod is reported on the pod."""
    for path, otherwise in (
        (("runAsNonRoot",), "must be true, of the container or its pod"),
        (("seccompProfile", "type"), f"must be {' or '.join(CONFINED)}, of the container or its pod"),
    ):
        own, shared = container["securityContext"], spec["securityContext"]
        for key in path:
            own, shared = own[key], shared[key]
        if own.missing and shared.missing and spec["securityContext"][path[0]].missing:
            yield own, otherwise


def _dropped(capabilities: Property) -> Iterator[Problem]:
    drop = capabilities["drop"]
    elements = list(drop.elements())
    if drop.unknown:
        yield drop, ""
    elif not any(each.text == "ALL" for each in elements):
        unknown = next((each for each in elements if each.unknown), None)
        yield (unknown, "") if unknown else (drop, "must have ALL")
    yield from _added(capabilities, ("NET_BIND_SERVICE",))


def _added(capabilities: Property, allowed: tuple[str, ...]) -> Iterator[Problem]:
    add = capabilities["add"]
    few = " other than NET_BIND_SERVICE" if len(allowed) == 1 else ""
    for added in add.elements() if add.listing or add.missing else [add]:
        yield from must_be(
            added, allowed, f"must not be added: it is a capability{few or ' beyond those of containers'}"
        )


def _annotations(annotations: Property) -> Iterator[Problem]:
    for key in annotations.keys:
        if key.startswith(_APPARMOR):
            profile = annotations[key]
            if profile.unknown:
                yield profile, ""
            elif profile.text not in ("", "runtime/default") and not (profile.text or "").startswith("localhost/"):
                yield profile, "must be runtime/default or localhost/…"
