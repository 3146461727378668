"""Routes from outside to services, and redirects: what the gateway does with a request or a connection before a service
has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from typing import Literal as OneOf

from pydantic import AfterValidator, Field

from slipway.settings.fields import (
    Cidr,
    ClientId,
    Domain,
    Duration,
    HeaderName,
    HeaderValue,
    Issuer,
    Memory,
    Name,
    Port,
    PortName,
    Positive,
    RoutePath,
    Scope,
    distinct,
)
from slipway.settings.references import FromSecret
from slipway.settings.setting import OVERRIDABLE, Setting

HTTPS = 443
"""Port of the gateway at which it serves HTTP over TLS. Source: RFC 9110, section 4.2.2."""

Method = OneOf["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
METHODS: tuple[Method, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Methods that a route may name. CONNECT and TRACE lead to no service: Envoy answers them itself."""


class RateLimit(Setting):
    """Rate limit per client and service; static sites have no limit. Each proxy remembers the 20 clients that it saw last
    (envoyproxy/gateway#9973), so it stops a few loud ones."""

    requests: Positive = Field(default=100, json_schema_extra=OVERRIDABLE)
    """Requests per `window`; more get status 429. 100 by default, more than a person causes."""
    window: Duration = "60s"
    """Time after which the count is reset. A minute by default, so that whoever is limited is served soon again."""
    header: HeaderName | None = None
    """Header whose values are counted one by one, such as `X-Api-Key`, and requests without it together. By default
    client addresses are counted."""


class Headers(Setting):
    """Changes of the headers of a request or a response."""

    set: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    """Headers that are set, in place of any that are there; none by default."""
    remove: Annotated[list[HeaderName], AfterValidator(distinct)] = Field(default_factory=list)
    """Headers that are removed; none by default."""


class Login(Setting):
    """A login of visitors with an identity provider, by OpenID Connect, before a request reaches the service."""

    issuer: Issuer
    """Issuer of the identity provider, over TLS. The gateway asks it for its addresses below
    `/.well-known/openid-configuration`."""
    client_id: ClientId
    """Name that the identity provider gave to this client."""
    client_secret: FromSecret = Field(examples=[{"secret": "LOGIN_SECRET"}])
    """The supplied secret with the client's own secret, which nothing but the gateway reads."""
    scopes: Annotated[list[Scope], AfterValidator(distinct)] = Field(default_factory=list)
    """Scopes to ask for beside `openid`; none by default."""
    callback: RoutePath | None = None
    """Path to which the identity provider sends visitors back, as registered there; by default `oauth2/callback` below the
    route's path."""
    logout: RoutePath | None = None
    """Path that ends the login; by default `logout` below the route's path."""
    forward_access_token: bool = False
    """Whether the service gets the access token, as `Authorization: Bearer`. By default it does not, because whoever has
    the token may use it."""
    id_token_header: HeaderName | None = None
    """Header in which the service gets the ID token, which says who the visitor is; by default it does not."""

    def at(self, path: str) -> Login:
        """Return the login of a route with this path, whose own paths are known."""
        folder = path.rstrip("/")
        paths = {"callback": self.callback or f"{folder}/oauth2/callback", "logout": self.logout or f"{folder}/logout"}
        return self.model_copy(update=paths)


class Route(Setting):
    """A route from outside to a service."""

    domain: Name
    """A key of the system's `domains`."""
    path: RoutePath = "/"
    """Path prefix of the requests. All paths by default."""
    methods: Annotated[list[Method], AfterValidator(distinct)] = Field(default_factory=list)
    """Methods of the requests; all by default. Browsers ask other domains with OPTIONS first."""
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    """Headers that a request must have, each with exactly this value; none by default. A route with more headers
    precedes one of the same path with fewer."""
    stream: bool = False
    """Whether requests and responses may be long: WebSockets, server-sent events, gRPC, large files. Only
    `idleTimeout` applies, and there are no retries."""
    timeout: Duration | None = None
    """Timeout for the response; by default `gateway.timeout`. A `stream` has none."""
    idle_timeout: Duration | None = None
    """Idle time after which a request, a stream or a WebSocket is closed; by default `gateway.idleTimeout`."""
    maximum_body: Memory | None = None
    """Maximum size of a request; by default `gateway.maximumBody`."""
    rewrite: RoutePath | None = None
    """Path prefix that the service gets in place of `path`, such as `/`; by default the same."""
    request_headers: Headers = Field(default_factory=Headers)
    """Changes of the request's headers before the service has it; none by default."""
    response_headers: Headers = Field(default_factory=Headers)
    """Changes of the response's headers; none by default."""
    allow: Annotated[list[Cidr], AfterValidator(distinct)] = Field(default_factory=list)
    """Networks whose clients may call it; others get 403. Everybody by default. Smoke tests with the bypass token and
    the maintenance page are open to all."""
    login: Login | None = None
    """Login before a request reaches the service; none by default. Smoke tests with the bypass token have none."""
    rate_limit: RateLimit | None = None
    """Rate limit of its requests; by default the system's `rateLimit`."""

    @property
    def for_everybody(self) -> bool:
        """Return whether a prober's GET without special headers reaches the service."""
        readable = not self.methods or "GET" in self.methods
        return readable and not self.headers and not self.allow and self.login is None


class TlsRoute(Setting):
    """A route for TLS connections that the service itself decrypts. The gateway reads the host's name in their beginning
    (SNI) and nothing else."""

    domain: Name
    """A key of the system's `domains`, whose host clients ask for when TLS begins."""
    listener: Port = HTTPS
    """Port of the gateway. 443 by default, beside the domains that the gateway serves over HTTPS; other ports are open to
    the internet too unless `allow` names networks, which `open-ingress-together` has to allow."""
    port: PortName | None = None
    """A name in the service's `ports`, to which connections lead; by default its `port`."""
    allow: Annotated[list[Cidr], AfterValidator(distinct)] = Field(default_factory=list)
    """IPv4 networks whose clients may connect; Envoy closes connections of others at once. Everybody by default."""


class TcpRoute(Setting):
    """A route for TCP connections at a port of the gateway, of which it reads nothing."""

    domain: Name
    """A key of the system's `domains`, whose DNS record leads clients to the gateway. The port answers at every other
    host of the gateway too."""
    listener: Port = Field(examples=[1883])
    """Port of the gateway, which no other system of the cluster can have. It is open to the internet unless `allow` names
    networks, which `open-ingress-together` has to allow."""
    port: PortName | None = None
    """A name in the service's `ports`, to which connections lead; by default its `port`."""
    allow: Annotated[list[Cidr], AfterValidator(distinct)] = Field(default_factory=list)
    """IPv4 networks whose clients may connect; Envoy closes connections of others at once. Everybody by default."""


class Redirect(Setting):
    """A redirect from one of the system's domains, or from a path there. What follows `path` is kept."""

    domain: Name
    """A key of the system's `domains`, which no static site has."""
    path: RoutePath = "/"
    """Path prefix of the requests; by default the whole domain, except the paths of routes."""
    to: Name | None = None
    """Key of the domain to which it leads; by default its own."""
    host: Domain | None = None
    """Host name of others to which it leads, in place of `to`."""
    to_path: RoutePath | None = None
    """Path prefix in place of `path`; by default the same."""
    status: OneOf[301, 302, 303, 307, 308] = 301
    """301 and 308 are permanent, and browsers remember them; 307 and 308 keep the method. By default 301."""


def same_headers(headers: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return headers in a form that is equal for the same conditions: names are compared without case."""
    return frozenset((name.lower(), value) for name, value in headers.items())


def left_methods(route: Route, others: list[Route]) -> list[Method]:
    """Return the methods of a route: its own, or those that no other route with the same domain, path and headers has.
    Empty means all."""
    taken = {method for other in others if _is_beside(route, other) for method in other.methods}
    return list(route.methods) if route.methods or not taken else [each for each in METHODS if each not in taken]


def _is_beside(route: Route, other: Route) -> bool:
    same = (route.domain, route.path) == (other.domain, other.path)
    return other is not route and same and same_headers(route.headers) == same_headers(other.headers)
