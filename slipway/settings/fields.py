"""Leaf types, each with a description and an example for error messages.

An invalid value reads `services.api.port: 70000 is not a port (1–65535), for example 3000`.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    StringConstraints,
)
from pydantic.json_schema import WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from slipway.settings import cron, expressions
from slipway.settings.limits import most
from slipway.settings.problems import nearest_word
from slipway.settings.scalars import RespelledFloat, RespelledInt


def number_as_text(value: Any) -> Any:
    """Convert a number or a boolean that YAML read back to text; raises ValueError if its spelling is lost."""
    if isinstance(value, RespelledInt | RespelledFloat):
        raise ValueError("is a number that YAML has rewritten: put it in quotes")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


@dataclass(frozen=True)
class _Leaf:
    """The base of leaf types: a check of the raw value, and a JSON Schema."""

    rule: str
    example: Any

    def checked(self, value: Any) -> Any:
        raise NotImplementedError

    def keywords(self) -> dict[str, Any]:
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core), **self.keywords(), "title": self.rule, "examples": [self.example]}


@dataclass(frozen=True)
class Matching(_Leaf):
    """Text that matches `pattern` as a whole; `numbers` may be unquoted."""

    pattern: str
    maximum: int = 253
    numbers: bool = False

    def checked(self, value: Any) -> Any:
        value = number_as_text(value) if self.numbers else value
        if not isinstance(value, str) or len(value) > self.maximum or not self._compiled.fullmatch(value):
            raise ValueError(f"is not {self.rule}")
        return value

    def keywords(self) -> dict[str, Any]:
        kinds = ["string", "number"] if self.numbers else "string"
        return {"type": kinds, "pattern": f"^(?:{self.pattern})$", "maxLength": self.maximum}

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


@dataclass(frozen=True)
class Between(_Leaf):
    """A number from `low` to `high`, whole unless the bounds are floats."""

    low: float
    high: float

    def checked(self, value: Any) -> Any:
        kinds = int | float if self._fractional else int
        if isinstance(value, bool) or not isinstance(value, kinds) or not self.low <= value <= self.high:
            raise ValueError(f"is not {self.rule} ({self.low:.10g}–{self.high:.10g})")
        return float(value) if self._fractional else int(value)

    def keywords(self) -> dict[str, Any]:
        return {"minimum": self.low, "maximum": self.high}

    @property
    def _fractional(self) -> bool:
        return isinstance(self.low, float)


@dataclass(frozen=True)
class Parsed(_Leaf):
    """Text that `parse` accepts."""

    parse: Callable[[str], object]

    def checked(self, value: Any) -> Any:
        try:
            if not isinstance(value, str):
                raise ValueError
            self.parse(value)
        except (ValueError, KeyError, OSError):
            raise ValueError(f"is not {self.rule}") from None
        return value

    def keywords(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class Compiled(_Leaf):
    """Text that another program compiles; `fault` returns why it would not."""

    fault: Callable[[str], str | None]

    def checked(self, value: Any) -> Any:
        if not isinstance(value, str) or not value or len(value) > LONGEST_PATTERN:
            raise ValueError(f"is not {self.rule}")
        fault = self.fault(value)
        if fault is not None:
            raise ValueError(f"is not {self.rule}: {fault}")
        return value

    def keywords(self) -> dict[str, Any]:
        return {"minLength": 1, "maxLength": LONGEST_PATTERN}


@dataclass(frozen=True)
class Spanning(Matching):
    """A duration within the maximum of the programs that use it."""

    def checked(self, value: Any) -> Any:
        value = super().checked(value)
        if seconds(value) > LONGEST_DURATION:
            raise ValueError(f"is not {self.rule}")
        return value


@dataclass(frozen=True)
class Known(_Leaf):
    """One of many words; an error suggests the nearest and lists all."""

    words: frozenset[str]

    def checked(self, value: Any) -> Any:
        if not isinstance(value, str) or value not in self.words:
            near = nearest_word(value, self.words)
            hint = f"; did you mean '{near}'?" if near else "."
            raise ValueError(f"is not {self.rule}{hint} Allowed: {', '.join(sorted(self.words))}")
        return value

    def keywords(self) -> dict[str, Any]:
        return {"enum": sorted(self.words)}


def _day(value: Any) -> Any:
    """Return a date; YAML readers that support timestamps return a date with a time."""
    return value.removesuffix("T00:00:00Z") if isinstance(value, str) else value


def _zone(name: str) -> zoneinfo.ZoneInfo:
    """Return the zone of an IANA name; raises for names that only some machines know."""
    if name.startswith(("posix/", "right/")) or name in ("Factory", "localtime", "posixrules"):
        raise ValueError
    return zoneinfo.ZoneInfo(name)


LONGEST_PATTERN = 1000
"""Characters of an expression. Chosen: some programs compile all systems' expressions together."""
LONGEST_DURATION = 3650 * 86400
"""Seconds of the longest duration: ten years. Source: Go counts nanoseconds in 64 bits, 292 years."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FIRST_LABEL = r"[a-z0-9]([a-z0-9-]{0,55}[a-z0-9])?"
"""A first label that leaves room for external-dns' prefix `cname-`."""
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_IDENTIFIER = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def printable(value: str) -> str:
    """Return `value`, or raise for characters that no program can read: they end strings in C and break JSON and
    SQL."""
    if _CONTROL.search(value):
        raise ValueError("contains a control character or half of a surrogate pair")
    return value


def distinct(values: Sequence[Any]) -> Sequence[Any]:
    if len(set(values)) != len(values):
        raise ValueError("contains a duplicate")
    return values


def _scalar(value: Any) -> Any:
    if isinstance(value, RespelledInt | RespelledFloat):
        return int(value) if isinstance(value, int) else float(value)
    if not isinstance(value, str | int | float):
        raise ValueError("is not a string, a number, true or false")
    return value


def _scalar_or_list(value: Any) -> Any:
    return [_scalar(item) for item in value] if isinstance(value, list) else _scalar(value)


_SCALAR_SCHEMA = {"type": ["string", "number", "boolean"]}

Scalar = Annotated[str | int | float | bool, PlainValidator(_scalar), WithJsonSchema(_SCALAR_SCHEMA)]
"""A JSON value that is not an object or a list."""
ScalarOrList = Annotated[
    str | int | float | bool | list[str | int | float | bool],
    PlainValidator(_scalar_or_list),
    WithJsonSchema({"anyOf": [_SCALAR_SCHEMA, {"type": "array", "items": _SCALAR_SCHEMA}]}),
]
AsText = BeforeValidator(number_as_text)
"""Marks text that may be written as a number."""

Name = Annotated[
    str,
    Matching(
        "a name (lower-case letters, digits, hyphens; 40 at most)", "fleet-api", r"[a-z]([a-z0-9-]*[a-z0-9])?", 40
    ),
]
# A CronJob's name has a slot after it, and at most 52 characters.
ScheduleName = Annotated[
    str,
    Matching(
        "a name of a schedule (lower-case letters, digits, hyphens; 46 at most, because a CronJob's name has 52)",
        "nightly-invoices",
        r"[a-z]([a-z0-9-]*[a-z0-9])?",
        most("kubernetes cron job") - len("-green"),
    ),
]
MigrationName = Annotated[
    str,
    Matching(
        "a name (lower-case letters, digits, hyphens; 60 at most)",
        "005-personal-business-use",
        r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
        60,
    ),
]
DatabaseName = Annotated[
    str, Matching("a database name (lower-case letters, digits, underscores)", "fleet_db", r"[a-z][a-z0-9_]*", 40)
]
ExtensionName = Annotated[
    str, Matching("an extension (lower-case letters, digits, _ and -)", "uuid-ossp", r"[a-z][a-z0-9_-]*", 60)
]
RoleName = Annotated[
    str, Matching("a database role (lower-case letters, digits, underscores)", "fleet_user", r"[a-z][a-z0-9_]*", 40)
]
Variable = Annotated[
    str, Matching("the name of an environment variable", "JWT_EXPIRES_IN", r"[A-Za-z_][A-Za-z0-9_]*", 128)
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(printable)]
Literal = Annotated[str, AsText, WithJsonSchema(_SCALAR_SCHEMA)]
Port = Annotated[int, Between("a port", 3000, 1, 65535)]
Count = Annotated[int, Between("a count", 3, 0, 1000)]
RandomBytes = Annotated[int, Between("a number of random bytes", 32, 1, 1024)]
Positive = Annotated[int, Between("a whole number", 100, 1, 1_000_000_000)]
Seconds = Annotated[int, Between("a number of seconds", 30, 1, 1_000_000_000)]
Milliseconds = Annotated[int, Between("a number of milliseconds", 500, 1, 1_000_000_000)]
Cores = Annotated[int, Between("a number of cores", 8, 1, 1_000_000_000)]
MemoryGibibytes = Annotated[int, Between("a size of memory in GiB", 32, 1, 1_000_000_000)]
Dollars = Annotated[int, Between("an amount in US dollars", 900, 1, 1_000_000_000)]
LogDays = Annotated[int, Between("a number of days", 180, 1, 1_000_000_000)]
UserId = Annotated[int, Between("a user id other than root's", 10002, 1, 1_000_000_000)]
Copies = Annotated[int, Between("a number of copies", 3, 1, 1000)]
FewestCopies = Annotated[int, Between("a number of copies", 3, 0, 1000)]
Gpus = Annotated[int, Between("a number of GPUs", 1, 0, 16)]
Retries = Annotated[int, Between("a number of retries", 1, 0, 10)]
History = Annotated[int, Between("a number of kept runs", 3, 1, 100)]
Share = Annotated[int, Between("a percentage above 0", 70, 1, 100)]
Percent = Annotated[int, Between("a percentage", 50, 0, 100)]
ErrorPercent = Annotated[float, Between("a percentage", 0.1, 0.0, 100.0)]
Gibibytes = Annotated[int, Between("a size in GiB", 64, 1, 65536)]
Days = Annotated[int, Between("a number of days", 14, 1, 3650)]
Zones = Annotated[int, Between("a number of zones", 3, 2, 3)]
Duration = Annotated[
    str,
    Spanning("a duration (a number and ms, s, m, h or d; ten years at most)", "15m", r"[1-9][0-9]*(ms|s|m|h|d)", 12),
]
Cpu = Annotated[
    str,
    Matching(
        "an amount of CPU (cores, 999 at most, or thousandths with m)",
        "250m",
        r"[1-9][0-9]{0,2}|[1-9][0-9]{0,5}m",
        12,
        numbers=True,
    ),
]
Memory = Annotated[str, Matching("an amount of memory (Mi or Gi)", "512Mi", r"[1-9][0-9]{0,7}Mi|[1-9][0-9]{0,4}Gi", 12)]
UrlPath = Annotated[str, Matching("a path that begins with /", "/api/health", r"/[^\s?#]*")]
RoutePath = Annotated[
    str,
    Matching(
        "the beginning of a path (from / on, no two slashes together, no . or .. between slashes, no placeholder)",
        "/api/tenants",
        r"(?!.*//)(?!.*/\.\.?(/|$))(?!.*%2[fF])/([A-Za-z0-9/._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*",
        1024,
    ),
]
Folder = Annotated[
    str,
    Matching(
        "a folder by its whole path, not one of the system's own",
        "/var/cache/app",
        r"(?!/(proc|sys|dev|etc/slipway)(/|$))(?!.*/\.\.?(/|$))(/[A-Za-z0-9._@+-]+)+",
    ),
]
# `_acme-challenge.origin.` must fit in front of it.
Domain = Annotated[
    str,
    Matching(
        "a domain name",
        "api.example.com",
        rf"{_FIRST_LABEL}\.({_LABEL}\.)*[a-z]{{2,63}}",
        230,
    ),
]
Host = Annotated[
    str,
    Matching(
        "a domain name, or *. and a domain name",
        "api.example.com",
        rf"(\*\.{_LABEL}|{_FIRST_LABEL})\.({_LABEL}\.)*[a-z]{{2,63}}",
        230,
    ),
]
Email = Annotated[
    str,
    Matching(
        "an email address",
        "ops@example.com",
        r"[A-Za-z0-9.!#$%&'*+/=?^_`|~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[a-z]{2,63}",
        254,
    ),
]
Channel = Annotated[
    str, Matching("a channel or a person, by name or id", "#deployments", r"[#@]?[^\s{}#@\x00-\x1f]{1,80}", 81)
]
PathPattern = Annotated[
    str,
    Compiled("a regular expression of Prometheus (RE2)", "/api/orders/.*", expressions.fault_in_re2),
]
LinePattern = Annotated[
    str,
    Compiled("a regular expression of Vector (Rust)", "payment .* failed", expressions.fault_in_rust),
]
Summary = Annotated[
    str,
    Compiled(
        "a sentence in which only {{ $value }}, {{ $value | humanizePercentage }} and {{ $labels.NAME }} are filled in",
        "{{ $labels.service }} refuses {{ $value | humanizePercentage }} of orders",
        expressions.fault_in_template,
    ),
    AfterValidator(printable),
]
Tag = Annotated[
    str,
    Matching(
        "the value of a tag (letters, digits, spaces and _ . : / = + - @; 256 at most)",
        "platform",
        r"[A-Za-z0-9_.:/=+@-]([A-Za-z0-9_.:/=+@ -]*[A-Za-z0-9_.:/=+@-])?",
        256,
        numbers=True,
    ),
]
TagKey = Annotated[
    str,
    Matching(
        "the key of a tag (letters, digits and _ . : = + - @; 100 at most; aws:, azure and microsoft begin none)",
        "cost-center",
        r"(?![Aa][Ww][Ss]:|azure|microsoft|windows)[A-Za-z0-9_.:=+@-]+",
        100,
    ),
]
HostPort = Annotated[
    str,
    Matching("a host and a port", "smtp.example.com:587", r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[1-9][0-9]{0,4}"),
]
SecretPath = Annotated[
    str,
    Matching(
        "the namespace and the name of a Secret",
        "legacy/shop-env",
        r"[a-z0-9]([a-z0-9-]*[a-z0-9])?/[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
    ),
]
RegistryPath = Annotated[
    str,
    Matching(
        "a registry, with a path or without",
        "registry.example.com/mirror",
        r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._/-][a-z0-9]+)*)?",
        200,
    ),
]
Url = Annotated[str, Matching("an http(s) address", "https://status.example.com", r"https?://[^\s]+", 2000)]
Issuer = Annotated[
    str,
    Matching(
        "the https address of an identity provider, without a query",
        "https://login.example.com/realms/shop",
        r"https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[^\s/?#@][^\s?#@]*)?/?",
        500,
    ),
]
Scope = Annotated[str, Matching("a scope of OpenID Connect", "email", r"[!#-\[\]-~]+", 200)]
ClientId = Annotated[str, Matching("a client id of OpenID Connect", "shop", r"[!-~]+", 500)]
Version = Annotated[
    str,
    Matching(
        "a version, that is an immutable image tag ('latest' is mutable)",
        "2.4.0",
        r"(?!latest$)[A-Za-z0-9_][A-Za-z0-9._-]*",
        128,
        numbers=True,
    ),
]
PortName = Annotated[
    str,
    Matching(
        "the name of a port (lower-case letters, digits and single hyphens, with a letter; 15 at most)",
        "admin",
        r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*",
        15,
    ),
]
OwnRepository = Matching(
    "an image repository, without registry, tag or digest",
    "rent-to-own/api-gateway",
    r"[a-z0-9]+([._/-][a-z0-9]+)*",
    200,
)
"""The rule of `Repository`, for values that may be something else too."""
Repository = Annotated[str, OwnRepository]
ForeignRepository = Annotated[
    str,
    Matching(
        "an image repository with its registry, without tag or digest",
        "docker.io/valkey/valkey",
        r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+(:[0-9]{1,5})?"
        r"|localhost(:[0-9]{1,5})?)(/[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*)+",
        400,
    ),
]
ImageReference = Annotated[
    str,
    Matching(
        "an image with registry and tag ('latest' is mutable)",
        "registry.example.com/platform/slipway:1.4.0",
        r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._/-][a-z0-9]+)*)"
        r":(?!latest(@|$))[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(@sha256:[0-9a-f]{64})?",
        500,
    ),
]
HeaderName = Annotated[str, Matching("the name of an HTTP header", "X-Tenant", r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", 100)]
LabelValue = Annotated[
    str,
    Matching(
        "the value of a label (letters, digits and _ . -; 63 at most)",
        "postgres",
        r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?",
        most("kubernetes label"),
        numbers=True,
    ),
]
LabelKey = Annotated[
    str,
    Matching(
        "the key of a label (a domain and '/' may be before it)",
        "example.com/disk",
        r"([a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?",
        317,
    ),
]
StorageClass = Annotated[
    str,
    Matching(
        "the name of a StorageClass (lower-case letters, digits, '-' and '.')",
        "managed-csi-premium",
        r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
        253,
    ),
]
PoolName = Annotated[
    str,
    Matching("the name of a node pool (lower-case letters and digits; 12 at most)", "arm", r"[a-z][a-z0-9]{0,11}", 12),
]
HeaderValue = Annotated[
    str,
    Matching(
        "the value of an HTTP header (visible ASCII characters, with single spaces between)",
        "nosniff",
        r"[!-~]+([\t ]?[!-~]+)*",
        1000,
        numbers=True,
    ),
]
Digest = Annotated[str, Matching("an image digest", "sha256:" + "0" * 64, r"sha256:[0-9a-f]{64}")]
Sha256 = Annotated[str, Matching("a SHA-256 digest (64 hexadecimal digits)", "0" * 64, r"[0-9a-f]{64}", 64)]
BucketName = Annotated[
    str, Matching("the name of an S3 bucket", "slipway-state", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", 63)
]
StorageContainer = Annotated[
    str,
    Matching(
        "the id of a blob container",
        "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/state/providers"
        "/Microsoft.Storage/storageAccounts/slipwaystate/blobServices/default/containers/state",
        r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Storage/storageAccounts/[a-z0-9]{3,24}"
        r"/blobServices/default/containers/[a-z0-9-]+",
        400,
    ),
]
Cidr = Annotated[str, Parsed("an IPv4 network in CIDR form", "10.20.0.0/16", ipaddress.IPv4Network)]
CronExpression = Annotated[
    str,
    Compiled("a schedule of five fields (minute, hour, day, month, weekday)", "30 2 * * 1-5", cron.fault),
]
TimeZone = Annotated[str, Parsed("a time zone", "America/New_York", _zone)]
TimeOfDay = Annotated[str, Matching("a time of day (HH:MM)", "02:00", r"([01][0-9]|2[0-3]):[0-5][0-9]", 5)]
Date = Annotated[
    str,
    Parsed("a day of the calendar", "2026-11-01", datetime.date.fromisoformat),
    Matching("a date (YYYY-MM-DD)", "2026-11-01", r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", 10),
    BeforeValidator(_day),
]
FILE_PATH = r"(?!/(proc|sys|dev|etc/slipway|var/run/secrets)(/|$))(?!.*/\.\.?(/|$))(/[A-Za-z0-9._@+-]+)+"
"""The form of `FilePath`."""
FilePath = Annotated[
    str,
    Matching("a file by its whole path, not one of the system's own", "/etc/app/app.toml", FILE_PATH),
]
FileMode = Annotated[
    str,
    Matching("a mode in quotes that lets nobody write (three octal digits after 0)", "0444", r"0[0145][0145][0145]"),
]
RelativeFile = Annotated[
    str, Matching("a file below the system's folder", "pages/maintenance.html", r"(?!/)(?!.*\.\.)[A-Za-z0-9_./-]+")
]
ManifestPath = Annotated[
    str,
    Matching(
        "a YAML file or a folder of such files below the system's folder",
        "manifests",
        r"(?!/)(?!.*\.\.)[A-Za-z0-9_./-]+",
    ),
]
StackName = Annotated[
    str,
    Matching(
        "a stack with its organization and project",
        "acme/slipway/prod",
        r"[\w.-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+",
        200,
    ),
]
PythonFile = Annotated[
    str,
    Matching(
        "a Python file below the project's folder",
        "extensions.py",
        r"(?!/)(?!.*\.\.)([A-Za-z0-9_.-]+/)*[A-Za-z_][A-Za-z0-9_]*\.py",
    ),
]
KindName = Annotated[str, Matching("a kind of Kubernetes", "ClusterRole", r"[A-Z][A-Za-z0-9]*", 63)]
KubernetesVersion = Annotated[
    str, Known("a Kubernetes version that both clouds offer", "1.36", frozenset({"1.35", "1.36"})), AsText
]
AwsAccount = Annotated[str, Matching("an AWS account (12 digits)", "111122223333", r"[0-9]{12}", 12, numbers=True)]
AwsRole = Annotated[
    str,
    Matching(
        "the ARN of an IAM role",
        "arn:aws:iam::111122223333:role/deployer",
        r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+",
    ),
]
CloudResource = Annotated[
    str,
    Matching(
        "the whole id of one resource of a cloud, without wildcards",
        "arn:aws:sqs:us-east-1:111122223333:orders",
        r"[A-Za-z0-9/][!-)+->@-~]{7,}",
        800,
    ),
]
Identifier = Annotated[
    str, Matching("an Azure id (a lower-case UUID)", "00000000-0000-4000-8000-000000000001", _IDENTIFIER)
]


def seconds(duration: str) -> float:
    """Return the seconds of a duration: `15m` is 900.0."""
    number, unit = re.fullmatch(r"([0-9]+)([a-z]+)", duration).groups()  # type: ignore[union-attr]
    return int(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
