"""Services of Compose as services of a system."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any, get_args

from slipway.compose import health, sizes
from slipway.compose.application import mapping
from slipway.compose.confidential import Confidential, comes_from_secret, is_confidential, names_a_secret
from slipway.compose.environment import Environments, Translated
from slipway.compose.mounts import Folders
from slipway.compose.remarks import Remarks, inner, listed, mark_of
from slipway.compose.replaced_images import own_repository
from slipway.compose.service_facts import Facts, names_itself
from slipway.compose.stores import Stores
from slipway.compose.variables import missing_in
from slipway.settings.cross_checks import BUILT_IN
from slipway.settings.document import LocatedDict, Mark
from slipway.settings.placement import USUAL, Architecture
from slipway.settings.secret_forms import is_secret

TRANSLATED = {
    "image", "build", "environment", "env_file", "ports", "expose", "depends_on", "healthcheck", "command", "entrypoint",
    "deploy", "stop_grace_period", "user", "volumes", "tmpfs", "secrets", "configs", "restart", "mem_limit", "cpus",
    "mem_reservation", "scale", "extends", "profiles", "platform", "post_start", "pre_stop", "gpus",
}  # fmt: skip
UNNEEDED = {
    "container_name", "hostname", "networks", "links", "logging", "init", "tty", "stdin_open", "pull_policy", "attach",
    "develop", "read_only", 
}  # fmt: skip
"""Keys that have no counterpart because pods need none: names, networks, logs and restarts are Kubernetes' own."""
BY_HAND = {
    "labels": "are for other programs, such as a proxy: write its routes as 'routes'",
    "annotations": "are for other programs: Slipway has annotations of its own",
    "shm_size": "cannot be set: /dev/shm has what the nodes give, usually 64 MiB",
    "working_dir": "cannot be set: put it into the image",
    "privileged": "is refused: pods run without privileges",
    "cap_add": "is refused: pods have no capabilities",
    "devices": "is refused: pods have no devices of their node",
    "network_mode": "is not possible: services of a system call each other by name",
    "pid": "is refused: pods do not share what is the node's",
    "ipc": "is refused: pods do not share what is the node's",
    "extra_hosts": "cannot be set: names come from DNS",
    "dns": "cannot be set: names come from the cluster's DNS",
    "stop_signal": "cannot be set: pods get SIGTERM, after 'preStop' if there is one",
    "pre_start": "cannot be set: let the program do it at its start",
    "sysctls": "cannot be set",
    "ulimits": "cannot be set",
    "security_opt": "cannot be set: pods run under the restricted standard of Kubernetes",
    "external_links": "is not possible: the address of another system is a variable, with 'egress'",
    "provider": "is not a container: use what the cloud has",
    "models": "cannot be set",
    "volumes_from": "mounts disks of another service, and a disk has one pod: let one service have it and the others call it",
}
"""What to do about keys that are not translated."""
ENDS_WELL = "starts it again here also when it ends without a failure: if it ends, it is a migration or a schedule"
HTTP, GRPC = ("", "http", "http1", "http/1.1"), ("grpc", "h2c", "http2", "kubernetes.io/h2c")
"""Values of `app_protocol` that a port has here by default, and of one that speaks HTTP/2 without TLS. Source: Compose
Specification, services, ports; Kubernetes, Services, application protocol."""
OTHER_PROTOCOL = "is {}: the gateway speaks HTTP with 'port' alone, so write 'tcpRoutes' or 'tlsRoutes' if visitors come to this port"
UNROUTED = "has no route to {}: write one under 'routes' if it speaks HTTP, and under 'tcpRoutes' if not"
LAST_PRIVILEGED = 1023
"""The last port that Linux keeps for root. Source: ip(7), ip_unprivileged_port_start; containerd lifts it from version 2 on."""
_OPTION = re.compile(r"-{1,2}(?P<name>[\w-]+)(?:=(?P<value>.*))?", re.DOTALL)


class Services:
    """Translates services; all of them share what is known of the application."""

    def __init__(
        self,
        system: str,
        everyone: Mapping[str, Facts],
        stores: Stores,
        environments: Environments,
        confidential: Confidential,
        folders: Folders,
        remarks: Remarks,
    ) -> None:
        self._folders = folders
        self._system, self._everyone, self._stores = system, everyone, stores
        self._environments, self._confidential, self._remarks = environments, confidential, remarks

    def translated(self, facts: Facts) -> dict[str, Any]:
        """Return the definition of a service, in the order in which people write them."""
        self._remark_keys(facts)
        variables = self._environments.of(facts)
        found: dict[str, Any] = {"image": self._image(facts)}
        if facts.port is not None:
            found["port"] = facts.port
            found |= self._protocol(facts)
            self._remark_low_port(facts)
            self._remark_unrouted(facts)
        found["ports"] = {str(facts.port_name(each)): each for each in facts.ports[1:]}
        found["health"] = health.translated(facts, self._confidential, self._remarks)
        if (host := self._environments.address_in(facts, health.test_of(facts))) is not None:
            self._remark(
                facts, "healthcheck", f"asks '{host}', whose address differs here: let it ask the program itself"
            )
        found |= sizes.translated(facts, self._remarks)
        found["needs"] = list(self._needs(facts, variables))
        found["routes"] = self._routes(facts)
        found |= self._commands(facts, variables)
        found["environment"] = variables.values
        found["build"] = {**self._build_arguments(facts), **variables.build}
        found["egress"] = [each.egress() for each in variables.egress]
        found |= self._folders.of(facts, variables)
        if found["volumes"]:
            found.pop("replicas", None)
            found.pop("singleton", None)
        found |= self._hooks(facts)
        found |= self._end_and_user(facts)
        found |= self._placement(facts)
        return {key: each for key, each in found.items() if each not in ({}, [])}

    def _remark(self, facts: Facts, key: str, text: str, mark: Mark | None = None) -> None:
        self._remarks.add(mark or mark_of(facts.declared, key), ("services", facts.original, *key.split(".")), text)

    def _remark_keys(self, facts: Facts) -> None:
        policy = inner(inner(facts.declared, "deploy"), "restart_policy")
        ends = str(facts.declared.get("restart") or policy.get("condition") or "").startswith("on-failure")
        if ends and not facts.ports:
            self._remark(facts, "restart" if "restart" in facts.declared else "deploy.restart_policy", ENDS_WELL)
        for key in facts.declared:
            if key in BY_HAND:
                self._remark(facts, key, BY_HAND[key])
            elif key not in TRANSLATED | UNNEEDED and not key.startswith("x-"):
                self._remark(facts, key, "has no counterpart in a system")

    def _image(self, facts: Facts) -> Any:
        declared = facts.declared
        if "build" in declared or facts.image is None:
            name = own_repository(str(declared["image"])) if "image" in declared else f"{self._system}/{facts.name}"
            what = "is built here" if "build" in declared else "names no image that can be read"
            key = "build" if "build" in declared else "image"
            text = f"{what}: push it as '{name}' to the cluster's registry, with the slot's version as its tag"
            self._remark(facts, key, text)
            return name
        if facts.image.digest is None:
            tag = f":{facts.image.tag}" if facts.image.tag else ""
            moves = "" if facts.image.tag else "moves with its tag: set 'image.tag' and 'image.digest'; "
            text = f"{moves}the policy pack asks for 'image.digest': docker buildx imagetools inspect {facts.image.repository}{tag}"
            self._remark(facts, "image", text)
        if missing_in(declared["image"]):
            return {"repository": facts.image.repository}
        return facts.image.declared()

    def _protocol(self, facts: Facts) -> dict[str, str]:
        """Return what the main port speaks, where that is not HTTP; another protocol of a port is remarked."""
        spoken = ""
        for index, (each, mark) in enumerate(listed(facts.declared, "ports")):
            said = str(each.get("app_protocol") or "").lower() if isinstance(each, dict) else ""
            if said in GRPC and str(each["target"]) == str(facts.port):
                spoken = "grpc"
            elif said not in HTTP:
                self._remark(facts, f"ports.{index}.app_protocol", OTHER_PROTOCOL.format(said), mark)
        return {"protocol": spoken} if spoken else {}

    def _remark_low_port(self, facts: Facts) -> None:
        if facts.port is not None and facts.port <= LAST_PRIVILEGED:
            text = f"is {facts.port}, which some nodes keep for root, and pods are never root: let it listen on a higher one"
            self._remark(facts, "ports", text)

    def _remark_unrouted(self, facts: Facts) -> None:
        """Remark published ports that the route of the main port does not lead to."""
        routed = facts.port if facts.original in self._environments.domains else None
        for each in facts.published:
            if each.target != routed:
                self._remark(facts, each.key, UNROUTED.format(each.target), each.mark)

    def _needs(self, facts: Facts, variables: Translated) -> Iterator[str]:
        for original, mark in _waits(facts.declared):
            other, store = self._everyone.get(original), self._stores.by_host.get(original)
            key = f"depends_on.{original}"
            known = (other is not None and original in variables.calls) or (
                store is not None and store.name in variables.stores
            )
            if not known and (store is not None or (other is not None and other.role == "service")):
                text = "is not in a variable: if the program has the address in its code, let it read a variable"
                self._remark(facts, key, text, mark)
            if other is not None and other.role == "service":
                yield other.name

    def _routes(self, facts: Facts) -> list[dict[str, Any]]:
        domain = self._environments.domains.get(facts.original)
        return [{"domain": domain, "path": "/"}] if domain else []

    def _commands(self, facts: Facts, variables: Translated) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key, its in (("command", "entrypoint"), ("args", "command")):
            words = self._copied(facts, its, key, facts.declared.get(its))
            if words:
                found[key] = words
                self._environments.call_outside(
                    facts, "", " ".join(words), variables, mark_of(facts.declared, its), its
                )
        return found

    def _hooks(self, facts: Facts) -> dict[str, list[str]]:
        """Return the commands at the start and the end of a container: each is one, with what the container has."""
        found: dict[str, list[str]] = {}
        for key, its in (("postStart", "post_start"), ("preStop", "pre_stop")):
            hooks = [each for each, _ in listed(facts.declared, its)]
            if len(hooks) > 1 or any(set(each) != {"command"} for each in hooks):
                self._remark(facts, its, f"is '{key}', one command with the user and the variables of the service")
            elif hooks and (words := self._copied(facts, its, key, hooks[0]["command"])):
                found[key] = words
        return found

    def _copied(self, facts: Facts, its: str, key: str, value: Any) -> list[str]:
        """Return the words of a command that can be copied as they are; none with a remark otherwise."""
        try:
            words = [str(each) for each in value] if isinstance(value, list) else shlex.split(str(value or ""))
        except ValueError:
            self._remark(facts, its, "has quotes that do not end: write it as a list")
            return []
        if missing := missing_in(value):
            text = f"has {', '.join(missing)} in it, without a value here, and was not copied: set '{key}'"
        elif comes_from_secret(value) or self._has_secret(words):
            text = f"has a secret in it and was not copied: set '{key}', and let the program read a variable"
        elif self._has_address(words, facts) or names_itself(facts, "\n".join(words)):
            text = f"has an address that differs here: set '{key}', and let the program read a variable"
        else:
            return words
        self._remark(facts, its, text)
        return []

    def _has_address(self, words: list[str], facts: Facts) -> bool:
        called = self._environments.services_called_by(facts).items()
        stores = {name for name, each in called if each is not facts and each.role not in ("service", "omitted")}
        text = " ".join(words)
        return bool(stores & set(re.split(r"[^\w.-]+", text))) or self._environments.address_in(facts, text) is not None

    def _has_secret(self, words: list[str]) -> bool:
        for word, following in zip_longest(words, words[1:], fillvalue=""):
            option = _OPTION.fullmatch(word)
            value = (option["value"] or following) if option is not None else ""
            if self._confidential.is_known(word) or is_secret("", word):
                return True
            if option is not None and value and names_a_secret(option["name"].replace("-", "_")):
                return True
            name, equals, text = word.partition("=")
            if equals and is_confidential(name, text):
                return True
        return False

    def _build_arguments(self, facts: Facts) -> dict[str, Any]:
        arguments = mapping(inner(facts.declared, "build").get("args"))
        found: dict[str, Any] = {}
        for name, value in arguments.items():
            if value is None or getattr(value, "missing", ()):
                text = "has no value here: write it under 'build' if it is public"
            elif (
                is_confidential(name, str(value)) or comes_from_secret(value) or self._confidential.is_known(str(value))
            ):
                text = "is a secret and was not copied: an image must contain none"
            elif BUILT_IN.match(name):
                found[name] = str(value)
                continue
            else:
                text = "belongs to the build of the image: pass it in its pipeline"
            self._remark(facts, f"build.args.{name}", text, arguments.marks[name])
        return found

    def _end_and_user(self, facts: Facts) -> dict[str, Any]:
        found: dict[str, Any] = {}
        grace = health.seconds(facts.declared["stop_grace_period"]) if "stop_grace_period" in facts.declared else None
        if grace:
            found["drainSeconds"] = grace
        user, _, group = str(facts.declared.get("user", "")).partition(":")
        if group and group != user:
            text = f"has the group {group}, and programs run with a group that has the number of their user: give its files to that"
            self._remark(facts, "user", text)
        if user.isdigit() and int(user) > 0:
            found["user"] = int(user)
        elif user:
            self._remark(
                facts, "user", "is no number above 0: programs run as 'user', 10001 by default, and never as root"
            )
        return found

    def _placement(self, facts: Facts) -> dict[str, Any]:
        """Return the architecture that an image is for, where it is not the usual one, and its GPUs."""
        found: dict[str, Any] = {}
        if wanted := sizes.gpus(facts, self._remarks):
            found["gpus"] = wanted
        system, _, architecture = str(facts.declared.get("platform") or "").partition("/")
        architecture = architecture.partition("/")[0]
        if system not in ("", "linux") or architecture not in ("", *get_args(Architecture)):
            self._remark(facts, "platform", "is one that no node has: build the image for linux/amd64 or linux/arm64")
        elif architecture not in ("", USUAL):
            found["architecture"] = architecture
        return {"placement": found} if found else {}


def _waits(declared: LocatedDict) -> list[tuple[str, Mark]]:
    """Return the services that a service waits for, with their positions."""
    details = inner(declared, "depends_on")
    return [(name, details.marks[name]) for name in details] or [
        (str(each), mark) for each, mark in listed(declared, "depends_on") if isinstance(each, str)
    ]
