"""Generated secrets have a minimum length, and node pools have a limit."""

from __future__ import annotations

from pulumi_policy import Severity

from adapters import clouds
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule

PASSWORD, BYTES = "random:index/randomPassword:RandomPassword", "random:index/randomBytes:RandomBytes"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
POOLS = clouds.alone("node-limits")


@resource_rule(
    Declaration(
        name="secret-strength",
        description="Every generated secret is too long to be guessed.",
        why="A short secret can be found by brute force",
        clauses=("NIST SP 800-63B 5.1.1", "OWASP ASVS 2.9"),
        types=(PASSWORD, BYTES),
        severity=Severity.HIGH,
        schema={
            "minimumLength": {
                "type": "integer",
                "minimum": 16,
                "default": 20,
                "description": "Minimum characters of a password, or bytes of a key.",
            }
        },
    )
)
def secret_strength(secret: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the length of one secret and, for a password, its character classes."""
    length, needed = secret["length"], int(settings["minimumLength"])
    if length.unknown:
        verdict.undecided(secret, length)
    elif (length.whole_number or 0) < needed:
        verdict.violated(secret, f"is shorter than {needed}: length")
    elif secret.type == PASSWORD and _letters(secret) < 2:
        verdict.violated(secret, "has few characters to choose from: two of lower, upper and numeric must not be false")


def _letters(password: Resource) -> int:
    return sum(password[each].value is not False for each in ("lower", "upper", "numeric"))


@resource_rule(
    Declaration(
        name="node-limits",
        description="Every node pool has a CPU limit and replaces its nodes regularly.",
        why="Without a limit, one runaway workload adds nodes without end; a node that is never replaced misses its updates",
        clauses=("Karpenter: limits, expireAfter", *clouds.clauses("node-limits")),
        types=(NODE_POOL, *POOLS),
        schema={
            "maximumCpu": {
                "type": "integer",
                "minimum": 1,
                "default": 500,
                "description": "Maximum cores of one node pool.",
            }
        },
    )
)
def node_limits(pool: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check one pool of nodes."""
    if pool.type != NODE_POOL:
        POOLS[pool.type](pool, settings, verdict)
        return
    cpu, most = pool["spec"]["limits"]["cpu"], int(settings["maximumCpu"])
    cores = _cores(cpu)
    if cpu.unknown:
        verdict.undecided(pool, cpu, "kubernetes.nodes.maximum")
    elif cores is None or not 0 < cores <= most:
        verdict.violated(pool, f"has no limit of at most {most} cores: {cpu.path}", "kubernetes.nodes.maximum")
    expiry = pool["spec"]["template"]["spec"]["expireAfter"]
    if expiry.text == "Never" or (not expiry.unknown and expiry.missing):
        verdict.violated(pool, f"never replaces its nodes: {expiry.path} is not set, or is Never")


def _cores(amount: Property) -> float | None:
    try:
        text = str(amount.value)
        return float(text.removesuffix("m")) / (1000 if text.endswith("m") else 1)
    except ValueError:
        return None
