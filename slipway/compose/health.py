"""Health checks of Compose as probes of Kubernetes."""

from __future__ import annotations

import math
import re
from typing import Any

from slipway.compose.confidential import Confidential, comes_from_secret
from slipway.compose.remarks import Remarks, mark_of
from slipway.compose.service_facts import Facts, own_hosts
from slipway.compose.variables import missing_in
from slipway.settings.document import LocatedDict

DEFAULT_STARTUP = 120
"""Seconds of `startupSeconds` that nobody has to write. Source: `Health` in slipway/settings/services.py."""
_PODS_OWN = "127.0.0.1"
"""The address by which a program in a pod asks itself, whatever the service is called."""
_BETWEEN = "\x1f"
"""What is between arguments in one text: white space for regular expressions, and in no argument. Source: ASCII, unit separator."""
_OWN = r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])"
_WEB = re.compile(rf"\b(?:curl|wget)\b.*?(?P<scheme>https?)://{_OWN}(?::(?P<port>\d+))?(?P<path>/[^\s\"'|&;?#]*)?")
_BARE = re.compile(rf"\b(?:curl|wget)\b.*?\s{_OWN}(?=[:/])(?::(?P<port>\d+))?(?P<path>/[^\s\"'|&;?#]*)?")
"""Without a scheme, but with a port or a path: a name alone may be the value of an option."""
_ALONE = re.compile(rf"\b(?:curl|wget)\b.*\s{_OWN}(?P<port>)(?P<path>)(?![\w.-])")
_GRPC = re.compile(r"grpc[_-]health[_-]probe\b.*?addr[= ]\S*?:(?P<port>\d+)")
_OPEN = re.compile(rf"\bnc\b.*?\s(?:{_OWN})\s+(?P<port>\d+)")
_READ = re.compile(r"""(-X|--request)[ =]?["']?GET\b["']?|(?<!\|)\|\|(?!\|)""")
"""What a probe does as well."""
_MORE = re.compile(
    r"\bcurl\b.*?\s(-[A-Za-z]*(X|[HdubAF]\b)|--(request|header|data[\w-]*|user|user-agent|cookie|form|json)\b)"
    r"|\bwget\b.*?\s(-U\b|--(method|header|post-\w+|body-\w+|user|password|user-agent)\b)"
    rf"|[|]|&&|{_OWN}[^\s\"']*\?",
    re.DOTALL,
)
MORE = "does more than ask for a path, which is all that a probe does: look whether 'health' is enough"
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?(?:\d+(?:us|µs|ns))?")
_UNITS = (3600, 60, 1, 0.001)
"""Seconds of an hour, a minute, a second and a millisecond."""


def seconds(text: Any) -> int | None:
    """Return a duration of Compose in whole seconds, at least one: `1m30s` is 90. None if it is none."""
    found = _DURATION.fullmatch(str(text))
    if found is None or not str(text):
        return None
    total = sum(float(each or 0) * unit for each, unit in zip(found.groups(), _UNITS, strict=True))
    return max(1, math.ceil(total))


def test_of(facts: Facts) -> str:
    """Return the command of a health check as one text; empty if there is none."""
    return " ".join(_words(facts))


def _words(facts: Facts) -> list[str]:
    """Return the arguments of a health check, in which the service asks itself by an address that a pod has."""
    test = (facts.declared.get("healthcheck") or {}).get("test")
    if not isinstance(test, list):
        words = [str(test)] if test else []
    else:
        words = [str(each) for each in test[1:]] if test and test[0] in ("CMD", "CMD-SHELL") else []
    own = own_hosts(facts)
    itself = re.compile(
        rf"(?:(?<=://)|(?<=@)|(?<![\w./-])(?=(?:{own}):\d)|(?<=\s)(?=(?:{own})\s\d)|(?<=-h\s)|(?<=--host[=\s]))(?:{own})(?![\w.-])"
    )
    return itself.sub(_PODS_OWN, _BETWEEN.join(words)).split(_BETWEEN) if words else []


def asked_port(facts: Facts) -> int | None:
    """Return the port that a health check asks, for a service of which no other port is known."""
    text = "" if missing_in(facts.declared.get("healthcheck")) else test_of(facts)
    for pattern in (_WEB, _BARE, _GRPC, _OPEN):
        if (found := pattern.search(text)) is not None:
            return int(found["port"]) if found["port"] else 80
    return None


def translated(facts: Facts, confidential: Confidential, remarks: Remarks) -> dict[str, Any]:
    """Return the `health` of a service; what had to be guessed is remarked."""
    check = facts.declared.get("healthcheck")
    path = ("services", facts.original, "healthcheck")
    text = test_of(facts)
    if not isinstance(check, LocatedDict) or check.get("disable") or not text:
        mark = facts.declared.marks.get("healthcheck", facts.mark)
        if facts.port is None:
            remarks.add(
                mark,
                path,
                "is not there, and no port is known: {by: none} needs a reason, such as that the program ends when it cannot work",
            )
            return {"by": "none"}
        hint = "set {path: /…} if it answers HTTP, or {by: grpc}"
        remarks.add(mark, path, f"is not there: 'health' asks only whether port {facts.port} is open; {hint}")
        return {"by": "tcp"}
    if missing := missing_in(check.get("test")):
        reported = f"has {', '.join(missing)} in it, without a value here, and was not copied: set 'health'"
        remarks.add(mark_of(check, "test"), (*path, "test"), reported)
        return {"by": "exec", **_times(facts, check, remarks)}
    return {**_way(facts, text, check, confidential, remarks), **_times(facts, check, remarks)}


def _way(facts: Facts, text: str, check: LocatedDict, confidential: Confidential, remarks: Remarks) -> dict[str, Any]:
    web = _WEB.search(text) or _BARE.search(text) or _ALONE.search(text)
    if web is not None:
        if _MORE.search(_READ.sub(" ", text)):
            remarks.add(mark_of(check, "test"), ("services", facts.original, "healthcheck", "test"), MORE)
        if web.groupdict().get("scheme") == "https":
            remarks.add(
                check.mark,
                ("services", facts.original, "healthcheck"),
                "asks by TLS, a probe does not: 'health' asks for the port",
            )
            return {"by": "tcp", **_port(facts, web["port"] or "443")}
        return {"path": web["path"] or "/", **_port(facts, web["port"] or "80")}
    if (grpc := _GRPC.search(text)) is not None:
        return {"by": "grpc", **_port(facts, grpc["port"])}
    if (opened := _OPEN.search(text)) is not None:
        return {"by": "tcp", **_port(facts, opened["port"])}
    if comes_from_secret(check["test"]) or confidential.is_known(text):
        where = ("services", facts.original, "healthcheck", "test")
        remarks.add(mark_of(check, "test"), where, "has a secret in it and was not copied: set 'health.command'")
        return {"by": "exec"}
    test = check["test"]
    if isinstance(test, list) and test[0] == "CMD":
        return {"by": "exec", "command": _words(facts)}
    return {"by": "exec", "command": ["sh", "-c", text]}


def _port(facts: Facts, port: str) -> dict[str, int]:
    return {} if int(port) == facts.port else {"port": int(port)}


def _times(facts: Facts, check: LocatedDict, remarks: Remarks) -> dict[str, Any]:
    keys = {"periodSeconds": "interval", "timeoutSeconds": "timeout"}
    times: dict[str, Any] = {key: seconds(check[its]) for key, its in keys.items() if its in check}
    times = {key: each for key, each in times.items() if each is not None}
    if str(check.get("retries", "")).isdigit() and int(check["retries"]) > 0:
        times["failures"] = int(check["retries"])
    start = seconds(check["start_period"]) if "start_period" in check else None
    found: dict[str, Any] = {"startupSeconds": start} if start and start > DEFAULT_STARTUP else {}
    interval = seconds(check["start_interval"]) if "start_interval" in check else None
    found |= {"startup": {"periodSeconds": interval}} if interval else {}
    return found | ({"readiness": times, "liveness": dict(times)} if times else {})
