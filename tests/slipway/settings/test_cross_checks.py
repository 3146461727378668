from __future__ import annotations

import pytest

from tests.slipway.settings.conftest import Workshop

FLEET = "systems/fleet/system.yaml"

MIGRATION = "name: a, database: fleet_db"
PAPERS = "databases: {fleet_db: {}, papers: {engine: mongodb}}\nmigrations: [{name: a, database: papers"
FOREIGN = "services: {worker: {port: 1, image: {repository: docker.io/valkey/valkey"
OF_LOGIN = "issuer: https://a.example.com, clientId: a, clientSecret: {secret: L}"
LOGIN = f"{{domain: web, login: {{{OF_LOGIN}}}}}"
OF_PORT = "services: {worker: {image: w, health: {by: tcp, port: 1}, ports: {mq: 1}, "
FILE = "services: {worker: {image: w, port: 1, files: {/etc/a: "
BROKEN = {
    "a limit of memory where keys are dropped": (
        "caches.c.alerts.memoryPercent",
        "caches: {c: {alerts: {memoryPercent: 80}}}",
        "80 has no effect with 'eviction: allkeys-lru', which drops keys before its memory is full: set 'evictions' instead",
    ),
    "a limit of drops where nothing is dropped": (
        "caches.c.alerts.evictions",
        "caches: {c: {eviction: noeviction, alerts: {evictions: 80}}}",
        "80 has no effect with 'eviction: noeviction', which never drops a key: set 'memoryPercent' instead",
    ),
    "a placeholder in a plain variable": (
        "services.worker.environment.A",
        "services: {worker: {image: w, port: 1, environment: {A: 'http://{service.worker.address}/x'}}}",
        "has {service.worker.address}, which nothing fills in: write {text: …}, or {plain: …, reason: …} if the braces are meant",
    ),
    "a placeholder in a value by version": (
        "services.worker.environment.A",
        "services: {worker: {image: w, port: 1, environment: {A: {since: {1.0.0: '{pod.ip}'}}}}}",
        "has {pod.ip}, which nothing fills in: write {text: …}, or {plain: …, reason: …} if the braces are meant",
    ),
    "a placeholder in a variable of the system": (
        "environment.A",
        "environment: {A: 'a {database.b.host}'}",
        "has {database.b.host}, which nothing fills in: write {text: …}, or {plain: …, reason: …} if the braces are meant",
    ),
    "a placeholder in an argument": (
        "services.worker.args[1]",
        "services: {worker: {image: w, port: 1, args: [--to, '{database.a.host}']}}",
        "{database.a.host} has a placeholder, which nothing fills in here: set a variable to {text: …}, and write $(NAME)",
    ),
    "a placeholder in a command at the start": (
        "services.worker.postStart[0]",
        "services: {worker: {image: w, port: 1, postStart: ['{database.a.host}']}}",
        "{database.a.host} has a placeholder, which nothing fills in here: set a variable to {text: …}, which it reads",
    ),
    "a placeholder in the command of a sidecar's check": (
        "services.worker.sidecars.s.health.command[0]",
        "services: {worker: {image: w, port: 1, sidecars: {s: {image: s, health: {by: exec, command: ['{slot.name}']}}}}}",
        "{slot.name} has a placeholder, which nothing fills in here: set a variable to {text: …}, and write $(NAME)",
    ),
    "a placeholder in plain content": (
        "services.worker.files./etc/a",
        FILE + "'to {service.worker.url}'}}}",
        "has {service.worker.url}, which nothing fills in: write {text: …}, or {content: …} if the braces are meant",
    ),
    "a secret in a filled file": (
        "services.worker.files./etc/a.text",
        FILE + "{text: 'a {secret.JWT_SECRET}'}}}}",
        "a {secret.JWT_SECRET} has {secret.JWT_SECRET}, which would be in plain text: read a variable, or supply the whole file "
        "as a secret",
    ),
    "a pod's address in a filled file": (
        "services.worker.files./etc/a.text",
        FILE + "{text: 'a {pod.ip}'}}}}",
        "a {pod.ip} has {pod.ip}, which is known to a running pod only: read a variable",
    ),
    "an unknown service in a filled file": (
        "services.worker.files./etc/a.text",
        FILE + "{text: 'a {service.wurker.url}'}}}}",
        "a {service.wurker.url} has {service.wurker.url}, which is not one of the system's services; did you mean 'worker'?",
    ),
    "a TLS route of an unknown domain": (
        "services.worker.tlsRoutes[0].domain",
        OF_PORT + "tlsRoutes: [{domain: wob, port: mq}]}}",
        "wob is not one of the system's domains; did you mean 'web'?",
    ),
    "a TCP route to a port that the service has not": (
        "services.worker.tcpRoutes[0].port",
        OF_PORT + "tcpRoutes: [{domain: web, listener: 1884, port: mqq}]}}",
        "mqq is not one of the service's ports; did you mean 'mq'?",
    ),
    "a TLS route to the port of a service without one": (
        "services.worker.tlsRoutes[0]",
        OF_PORT + "tlsRoutes: [{domain: web}]}}",
        "leads to the service's 'port', which it has not: set 'port' to a name in its 'ports', or the service's 'port'",
    ),
    "a TCP route at the port of HTTPS": (
        "services.worker.tcpRoutes[0].listener",
        OF_PORT + "tcpRoutes: [{domain: web, listener: 443, port: mq}]}}",
        "443 is the port at which the gateway reads the requests of every system: choose another one",
    ),
    "a TLS route at the port of HTTP": (
        "services.worker.tlsRoutes[0].listener",
        OF_PORT + "tlsRoutes: [{domain: web, listener: 80, port: mq}]}}",
        "80 is the port at which the gateway reads the requests of every system: choose another one",
    ),
    "a TCP route at a port of the proxies": (
        "services.worker.tcpRoutes[0].listener",
        OF_PORT + "tcpRoutes: [{domain: web, listener: 10443, port: mq}]}}",
        "10443 is a port that Envoy Gateway's proxies use themselves: choose another one",
    ),
    "a TLS route at 443 of a domain with a route of requests": (
        "services.worker.tlsRoutes[0].domain",
        OF_PORT + "port: 2, routes: [{domain: web}], tlsRoutes: [{domain: web, port: mq}]}}",
        "web is at a domain whose requests the gateway reads at 443: choose another domain or 'listener'",
    ),
    "two TCP routes at one port": (
        "services.worker.tcpRoutes[1].listener",
        OF_PORT + "tcpRoutes: [{domain: web, listener: 1884, port: mq}, {domain: web, listener: 1884, port: mq}]}}",
        "1884 is already a port of service 'worker': choose another one",
    ),
    "a TCP and a TLS route at one port": (
        "services.worker.tcpRoutes[0].listener",
        OF_PORT + "tlsRoutes: [{domain: web, listener: 1884, port: mq}], tcpRoutes: [{domain: web, listener: 1884, port: mq}]}}",
        "1884 is already a port of service 'worker': choose another one",
    ),
    "a path of a TLS route": (
        "services.worker.tlsRoutes[0].path",
        OF_PORT + "tlsRoutes: [{domain: web, port: mq, path: /a}]}}",
        "is not a known key; allowed: allow, domain, listener, port",
    ),
    "a TLS route of a system that fails over": (
        "services.worker.tlsRoutes[0]",
        OF_PORT + "tlsRoutes: [{domain: web, port: mq}]}}\nrecovery: {rto: 1h, rpo: 1h}",
        "is a route of connections, but DNS asks over HTTPS whether a domain answers before it fails over: "
        "take 'recovery' away, or serve it over HTTPS",
    ),
    "a smoke test of a wildcard": (
        "checks[0].domain",
        'domains: {web: w.example.com, all: "*.a.example.com"}\nchecks: [{name: a, domain: all, path: /}]',
        "all is a wildcard, *.a.example.com, which has no address of its own: name a domain without *",
    ),
    "an address of a wildcard": (
        "environment.URL.domain",
        'domains: {web: w.example.com, all: "*.a.example.com"}\nenvironment: {URL: {domain: all}}',
        "is a wildcard, *.a.example.com, which has no address of its own: name a domain without *",
    ),
    "a redirect to a wildcard": (
        "redirects[0].to",
        'domains: {web: w.example.com, all: "*.a.example.com"}\nredirects: [{domain: web, path: /a, to: all}]',
        "all is a wildcard, *.a.example.com, which has no address of its own: name a domain without *",
    ),
    "a load test of a wildcard": (
        "release.load[0].domain",
        'domains: {web: w.example.com, all: "*.a.example.com"}\n'
        "release: {load: [{domain: all, path: /}]}",
        "all is a wildcard, *.a.example.com, which has no address of its own: name a domain without *",
    ),
    "a site at a wildcard": (
        "sites.shop.domain",
        'domains: {web: w.example.com, all: "*.a.example.com"}\nsites: {shop: {artefact: shop, domain: all}}',
        "all is a wildcard, *.a.example.com, which has no address of its own: name a domain without *",
    ),
    "a wildcard that should fail over": (
        "domains.all",
        'domains: {web: w.example.com, all: "*.a.example.com"}\nrecovery: {rto: 1h, rpo: 1h}',
        "*.a.example.com is a wildcard, which no cloud asks whether it answers, so it would not fail over: name each host, or take "
        "'recovery' away",
    ),
    "an asterisk within a domain": (
        "domains.all",
        'domains: {web: w.example.com, all: "a.*.example.com"}',
        "a.*.example.com is not a domain name, or *. and a domain name, for example api.example.com",
    ),
    "a login at a path that another route takes": (
        "services.worker.routes[0].login",
        f"services: {{worker: {{image: w, port: 1, routes: [{LOGIN}, {{domain: web, path: /oauth2}}]}}}}",
        "is /oauth2/callback, which the route of /oauth2 takes: choose another one",
    ),
    "a login whose callback is elsewhere": (
        "services.worker.routes[0].login.callback",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, path: /a, "
        f"login: {{{OF_LOGIN}, callback: /b}}}}]}}}}",
        "/b is not a path below /a, at which the gateway logs in: choose one, or take it away",
    ),
    "a login with one path for both ways": (
        "services.worker.routes[0].login.logout",
        f"services: {{worker: {{image: w, port: 1, routes: [{{domain: web, login: {{{OF_LOGIN}, callback: /b, logout: /b}}}}]}}}}",
        "/b is the path of 'callback' too: choose another one",
    ),
    "a login of a gRPC service": (
        "services.worker.routes[0].login",
        f"services: {{worker: {{image: w, port: 1, protocol: grpc, health: {{by: grpc}}, routes: [{LOGIN}]}}}}",
        "is of a service that speaks gRPC, whose clients follow no redirect to a login: let it check tokens itself",
    ),
    "a login of a route without GET": (
        "services.worker.routes[0].login",
        f"services: {{worker: {{image: w, port: 1, routes: [{LOGIN}, {{domain: web, methods: [GET]}}]}}}}",
        "is of a route that browsers do not reach by following a link: take 'headers' away, and add the method GET",
    ),
    "a login without its secret": (
        "services.worker.routes[0].login.clientSecret.secret",
        f"services: {{worker: {{image: w, port: 1, routes: [{LOGIN.replace('secret: L', 'secret: M')}]}}}}",
        "is not one of the system's secrets; allowed: L, SIGNING_KEY",
    ),
    "a login with a secret of Slipway's": (
        "services.worker.routes[0].login.clientSecret.secret",
        f"services: {{worker: {{image: w, port: 1, routes: [{LOGIN.replace('secret: L', 'secret: SIGNING_KEY')}]}}}}",
        "is generated, but an identity provider issues its own: declare it as {supplied: who issues it}",
    ),
    "a login with a service's secret": (
        "services.worker.routes[0].login.clientSecret.secret",
        f"services: {{worker: {{image: w, port: 1, environment: {{A: {{secret: L}}}}, routes: [{LOGIN}]}}}}",
        "is used elsewhere too, but the gateway reads it in another form: declare it twice",
    ),
    "a login's secret in a file": (
        "services.worker.files./etc/a.secret",
        f"services: {{worker: {{image: w, port: 1, files: {{/etc/a: {{secret: L}}}}, routes: [{LOGIN}]}}}}",
        "is the gateway's, which reads it in another form: declare it twice",
    ),
    "a login without TLS": (
        "services.worker.routes[0].login.issuer",
        f"services: {{worker: {{image: w, port: 1, routes: [{LOGIN.replace('https', 'http')}]}}}}",
        "http://a.example.com is not the https address of an identity provider, without a query, for example "
        "https://login.example.com/realms/shop",
    ),
    "two tokens in one header": (
        "services.worker.routes[0].login.idTokenHeader",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, "
        f"login: {{{OF_LOGIN}, idTokenHeader: Authorization, forwardAccessToken: true}}}}]}}}}",
        "Authorization is the header of the access token: take 'forwardAccessToken' away, or choose another one",
    ),
    "a stream with a timeout": (
        "services.worker.routes[0].timeout",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, stream: true, timeout: 5m}]}}",
        "5m is set beside 'stream', which has no timeout: take one of them away, or set 'idleTimeout'",
    ),
    "a method twice at a path": (
        "services.worker.routes[1]",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, path: /a, methods: [GET, POST]}, "
        "{domain: web, path: /a, methods: [POST]}]}}",
        "is already the route of service 'worker'",
    ),
    "a header twice at a path": (
        "services.worker.routes[1]",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, path: /a, headers: {X-A: b}}, "
        "{domain: web, path: /a, headers: {x-a: b}}]}}",
        "is already the route of service 'worker'",
    ),
    "a route without a method left": (
        "services.worker.routes[1]",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, path: /a, methods: [GET, HEAD, POST, "
        "PUT, PATCH, DELETE, OPTIONS]}, {domain: web, path: /a}]}}",
        "has no method left: other routes of the same path have them all",
    ),
    "a header of the slots": (
        "services.worker.routes[0].headers.X-Slipway-Slot",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, headers: {X-Slipway-Slot: blue}}]}}",
        "blue begins with 'x-slipway-', which the gateway uses for slots",
    ),
    "a header of the connection": (
        "services.worker.routes[0].requestHeaders.set.Host",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, requestHeaders: {set: {Host: a.example.com}}}]}}",
        "a.example.com is a header that the gateway writes itself: 'Host' cannot be changed",
    ),
    "a cookie taken away": (
        "services.worker.routes[0].responseHeaders.remove[0]",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, responseHeaders: {remove: [Set-Cookie]}}]}}",
        "Set-Cookie is a header that the gateway writes itself: 'Set-Cookie' cannot be changed",
    ),
    "a header set and removed": (
        "services.worker.routes[0].requestHeaders.remove[0]",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, requestHeaders: {set: {X-A: b}, remove: [x-a]}}]}}",
        "x-a is set as well: take one of them away",
    ),
    "a secret in a header": (
        "services.worker.routes[0].requestHeaders.set.X-Api-Token",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, "
        "requestHeaders: {set: {X-Api-Token: sesame-open-1}}}]}}",
        "looks like a secret, and everybody can read it in the plan: let the service ask for it",
    ),
    "gRPC that is asked over HTTP": (
        "services.worker",
        "services: {worker: {image: w, port: 1, protocol: grpc}}",
        "asks over HTTP a port that speaks gRPC: set health: {by: grpc}, or the 'port' that speaks HTTP",
    ),
    "pages of an unknown domain": (
        "gateway.origins[1]",
        "gateway: {origins: [web, wbe]}",
        "wbe is not one of the system's domains; did you mean 'web'?",
    ),
    "a precondition that is not SQL": (
        "migrations[0].preconditions[0].sql",
        f"migrations: [{{{MIGRATION}, sql: a.sql, preconditions: [{{name: a, sql: SELEC 1}}]}}]",
        'SELEC 1 is not SQL that PostgreSQL reads: syntax error at or near "SELEC"',
    ),
    "a condition of two queries": (
        "migrations[0].condition.sql",
        f"migrations: [{{{MIGRATION}, sql: a.sql, condition: {{name: a, sql: SELECT 1; SELECT 2}}}}]",
        "SELECT 1; SELECT 2 contains 2 statements, and is run as one query: write one SELECT",
    ),
    "a comparison that writes": (
        "migrations[0].baseline[0].after",
        f"migrations: [{{{MIGRATION}, sql: a.sql, baseline: [{{name: a, before: SELECT 1, after: DELETE FROM a}}]}}]",
        "DELETE FROM a is no query that only reads: write a SELECT",
    ),
    "a verification of nothing": (
        "migrations[0].verification[0].sql",
        f"migrations: [{{{MIGRATION}, sql: a.sql, verification: [{{name: a, sql: -- later}}]}}]",
        "-- later contains 0 statements, and is run as one query: write one SELECT",
    ),
    "a rollback's verification of psql": (
        "migrations[0].rollbackVerification[0].sql",
        f"migrations: [{{{MIGRATION}, sql: a.sql, rollback: a.sql, rollbackVerification: [{{name: a, sql: '\\d a'}}]}}]",
        "\\d a is a command of psql's, not SQL",
    ),
    "a trigger that is tried in another transaction": (
        "migrations[0].triggers[0].statement",
        f"migrations: [{{{MIGRATION}, sql: a.sql, triggers: [{{name: a, statement: COMMIT, check: SELECT true}}]}}]",
        "COMMIT controls the transaction, which the migration script rolls back: remove that",
    ),
    "a trigger whose check is none": (
        "migrations[0].triggers[0].check",
        f"migrations: [{{{MIGRATION}, sql: a.sql, triggers: [{{name: a, statement: UPDATE a SET b = 1, check: yes it did}}]}}]",
        'yes it did is not SQL that PostgreSQL reads: syntax error at or near "yes"',
    ),
    "a redirect from nowhere": (
        "redirects[0].domain",
        "redirects: [{domain: wbe, to: web}]",
        "wbe is not one of the system's domains; did you mean 'web'?",
    ),
    "a redirect to two places": (
        "redirects[0].host",
        "redirects: [{domain: web, path: /a, to: web, toPath: /b, host: b.example.com}]",
        "b.example.com is set beside 'to': take one of them away",
    ),
    "a redirect of a route": (
        "redirects[0]",
        "services: {worker: {image: w, port: 1, routes: [{domain: web, "
        "path: /a}]}}\nredirects: [{domain: web, path: /a, host: b.example.com}]",
        "is already a route or a redirect",
    ),
    "a redirect to itself": (
        "redirects[0]",
        "redirects: [{domain: web, path: /a, toPath: /a/b}]",
        "leads back to itself: set 'to', 'host' or 'toPath' to where a route answers",
    ),
    "redirects in a ring": (
        "redirects[0]",
        "redirects: [{domain: web, path: /a, toPath: /b}, {domain: web, path: /b, host: fleet.example.com, toPath: /a/x}]",
        "leads back to itself: set 'to', 'host' or 'toPath' to where a route answers",
    ),
    "a redirect of a site's domain": (
        "redirects[0].domain",
        "domains: {web: fleet.example.com, files: files.example.com}\n"
        "sites: {files: {artefact: f, domain: files}}\nredirects: [{domain: files, path: /a, to: web}]",
        "files is the domain of site 'files', which a cloud's edge may serve: redirect another",
    ),
    "an image of others without a version": (
        "services.worker.image",
        f"{FOREIGN}}}}}}}",
        "has neither 'tag' nor 'digest': set both, for example tag: 8.1.4, digest: 'sha256:…'",
    ),
    "a worker that is asked over HTTP": (
        "services.worker",
        "services: {worker: {image: w}}",
        "has no port that could be asked whether it works: set 'port', for example 3000, or for a worker health: {by: exec, "
        "command: [bin/healthy]}, or {by: none, reason: It ends when it cannot work}",
    ),
    "a command that nobody runs": (
        "services.worker.health.command",
        "services: {worker: {image: w, port: 1, health: {command: [x]}}}",
        "is for 'by: exec', and this is asked by http: take it away",
    ),
    "no probes without a reason": (
        "services.worker.health",
        "services: {worker: {image: w, health: {by: none}}}",
        "asks nothing: set 'reason' to why, for example It ends when it cannot work",
    ),
    "a command without words": (
        "services.worker.health",
        "services: {worker: {image: w, health: {by: exec}}}",
        "runs a command, but names none: set 'command', for example [bin/healthy]",
    ),
    "no probes of what is called": (
        "services.worker.health.by",
        "services: {worker: {image: w, port: 1, health: {by: none, reason: why}}}",
        "none is for programs without a port: set tcp, which asks whether the port is open",
    ),
    "a path over gRPC": (
        "services.worker.health.path",
        "services: {worker: {image: w, port: 1, health: {by: grpc, path: /up}}}",
        "/up is for 'by: http', and this is asked by grpc: take it away",
    ),
    "a route to a worker": (
        "services.worker.routes",
        "services: {worker: {image: w, health: {by: exec, command: [x]}, routes: [{domain: web}]}}",
        "leads to a port, which the service has not: set 'port', for example 3000",
    ),
    "metrics of a worker": (
        "services.worker.metrics",
        "services: {worker: {image: w, health: {by: exec, command: [x]}, metrics: {}}}",
        "requires 'port', since the service has none, for example {port: 9464}",
    ),
    "the address of a worker": (
        "services.a.environment.B.service",
        "services: {a: {image: a, port: 1, environment: {B: {service: b}}}, b: {image: b, health: {by: exec, command: [x]}}}",
        "is a service without a port, which has no address: set its 'port', for example 3000",
    ),
    "the address of a port that is not there": (
        "services.a.environment.B.port",
        "services: {a: {image: a, port: 1, ports: {admin: 2}, environment: {B: {service: a, port: amdin}}}}",
        "is not one of the 'ports' of service 'a'; did you mean 'admin'?",
    ),
    "a port with a reserved name": (
        "services.worker.ports.http",
        "services: {worker: {image: w, port: 1, ports: {http: 2}}}",
        "2 is a reserved name: choose another than http, metrics",
    ),
    "a port of two names": (
        "services.worker.ports.admin",
        "services: {worker: {image: w, port: 1, ports: {admin: 1}}}",
        "1 is already 'port': name each port once",
    ),
    "an image with a tag": (
        "services.worker.image",
        "services: {worker: {port: 1, image: 'redis:7'}}",
        "redis:7 names a registry, a tag or a digest: write the cluster's own images without, and those of others as "
        "{repository: docker.io/valkey/valkey, tag: 8.1.4, digest: 'sha256:…'}, for example fleet-api",
    ),
    "an image with a registry": (
        "services.worker.image",
        "services: {worker: {port: 1, image: quay.io/prometheus/prometheus}}",
        "quay.io/prometheus/prometheus names a registry, a tag or a digest: write the cluster's own images without, "
        "and those of others as {repository: docker.io/valkey/valkey, tag: 8.1.4, digest: 'sha256:…'}, "
        "for example fleet-api",
    ),
    "an image of others without a registry": (
        "services.worker.image.repository",
        "services: {worker: {port: 1, image: {repository: valkey/valkey, tag: 8.1.4}}}",
        "valkey/valkey is not an image repository with its registry, without tag or digest, for example "
        "docker.io/valkey/valkey",
    ),
    "a login that is generated": (
        "services.worker.image.pullSecret",
        f"{FOREIGN}, tag: 8.1.4, pullSecret: SIGNING_KEY}}}}}}",
        "SIGNING_KEY is generated, but a registry knows its own logins only: declare it as {supplied: who issues it}",
    ),
    "domain of a route": (
        "services.worker.routes[0].domain",
        "services: {worker: {image: w, port: 1, routes: [{domain: wb}]}}",
        "wb is not one of the system's domains; did you mean 'web'?",
    ),
    "route of two services": (
        "services.b.routes[0]",
        "services: {a: {image: a, port: 1, routes: [{domain: web}]}, b: {image: b, port: 1, routes: [{domain: web}]}}",
        "is already the route of service 'a'",
    ),
    "domain of a site": (
        "sites.shop.domain",
        "sites: {shop: {artefact: shop, domain: shp}}",
        "shp is not one of the system's domains; allowed: web",
    ),
    "site named like a service": (
        "sites.worker",
        "sites: {worker: {artefact: shop, domain: web}}",
        "is already the name of a service",
    ),
    "secret in a site": (
        "sites.shop.settings.KEY",
        "sites: {shop: {artefact: shop, domain: web, settings: {KEY: {secret: SIGNING_KEY}}}}",
        "would publish a secret: a site's settings are public, so use a plain value",
    ),
    "login of an external database": (
        "environment.URL.database",
        "databases: {fleet_db: {}, papers: {engine: mongodb, hosting: external}}\nenvironment: {URL: {database: papers}}",
        "refers to an external database, whose login Slipway does not know: use a supplied secret with its address",
    ),
    "pooled documents": (
        "databases.papers.pooling",
        "databases: {fleet_db: {}, papers: {engine: mongodb, pooling: true}}",
        "true has no effect with 'engine: mongodb': it is for PostgreSQL: MongoDB drivers have their own pool",
    ),
    "documents with extensions": (
        "databases.papers.extensions",
        "databases: {fleet_db: {}, papers: {engine: mongodb, extensions: [pgcrypto]}}",
        "has no effect with 'engine: mongodb': it is for PostgreSQL",
    ),
    "a copy of nothing": (
        "databases.fleet_db.replicaInSecondRegion",
        "databases: {fleet_db: {backup: none, replicaInSecondRegion: true}}",
        "true requires a backup, from which the replica is created: set 'backup'",
    ),
    "GDPR anywhere": (
        "compliance.regulations[0]",
        "databases: {fleet_db: {dataClass: personal}}\ncompliance: {regulations: [GDPR]}",
        "GDPR requires 'regions' for personal data (Art. 44: no transfer to other countries without a legal basis)",
    ),
    "GDPR without personal data": (
        "compliance.regulations[0]",
        "compliance: {regulations: [GDPR], regions: [us-east-1]}",
        "GDPR is about personal data, but no database, bucket or volume has any: set 'dataClass: personal' where it is",
    ),
    "a standard without an audit log": (
        "compliance.regulations[0]",
        "compliance: {regulations: [SOC 2]}",
        "SOC 2 requires 'auditLog: true' (CC7.2)",
    ),
    "an audit log that is deleted too soon": (
        "logs.auditRetentionDays",
        "logs: {auditRetentionDays: 400}\ncompliance: {regulations: [PCI DSS, HIPAA], auditLog: true}",
        "400 is less than HIPAA requires (45 CFR 164.312(b), 164.316(b)(2)(i): six years): set 2190 or more",
    ),
    "a law that nobody knows": (
        "compliance.regulations[0]",
        "compliance: {regulations: [GPDR]}",
        "GPDR is not one of GDPR, UK GDPR, HIPAA, PCI DSS, SOC 2, ISO 27001; did you mean 'GDPR'?",
    ),
    "a program for PostgreSQL": (
        "migrations[0].command",
        "migrations: [{name: a, database: fleet_db, command: {service: worker, arguments: [x]}}]",
        "changes a database of PostgreSQL, which takes 'sql' only: programs change databases of documents",
    ),
    "an alert that would keep others back": (
        "alerts[0].name",
        "alerts: [{name: SystemClosed, summary: a, kind: logs, pattern: a, above: 3}]",
        "SystemClosed is the name of an alert of Slipway's: choose another than DatabaseDown, ForbiddenLinesInLogs, MigrationFailed, "
        "ServiceDown, SystemClosed, Watchdog",
    ),
    "a reserved name": (
        "buckets.backups",
        "buckets: {backups: {}}",
        "is a reserved name: choose another than backups, publisher, secrets",
    ),
    "no queue": (
        "environment.BROKER",
        "environment: {BROKER: {queue: url}}",
        "refers to the queue, but the system has none: declare 'queue'",
    ),
    "no queue of the cloud": (
        "environment.JOBS.queue",
        "environment: {JOBS: {queue: jobs, may: [send]}}",
        "is not one of the system's queues; the system has none",
    ),
    "another topic": (
        "environment.NEWS.topic",
        "environment: {NEWS: {topic: new}}\nqueues: {jobs: {}}\ntopics: {news: {subscriptions: [jobs]}}",
        "is not one of the system's topics; did you mean 'news'?",
    ),
    "a queue that a service does nothing with": (
        "services.worker",
        "services: {worker: {image: a, port: 1, environment: {JOBS: {queue: jobs}}}}\nqueues: {jobs: {}}",
        "names the queue 'jobs', and no variable says what it does with it: write {queue: jobs, may: [send]}, [receive], or both",
    ),
    "a queue called like the word for the broker": (
        "queues.url",
        "queues: {url: {}}",
        "is a reserved name: {queue: url} is the address of the broker; choose another name",
    ),
    "a queue that ends like dead letters": (
        "queues.jobs-dead",
        "queues: {jobs-dead: {}}",
        "is a name that ends with 'dead', which Slipway uses for generated names",
    ),
    "a topic called like a queue": (
        "topics.jobs",
        "queues: {jobs: {}}\ntopics: {jobs: {subscriptions: [jobs]}}",
        "is the name of a queue too: choose another name",
    ),
    "a subscription of no queue": (
        "topics.news.subscriptions[0]",
        "queues: {jobs: {}}\ntopics: {news: {subscriptions: [job]}}",
        "job is not one of the system's queues; did you mean 'jobs'?",
    ),
    "an ordered queue of a topic without order": (
        "topics.news.subscriptions[0]",
        "queues: {jobs: {ordered: true}}\ntopics: {news: {subscriptions: [jobs]}}",
        "jobs is an ordered queue, but 'news' keeps no order: set 'ordered' of the topic",
    ),
    "messages that wait too long": (
        "queues.jobs.retention",
        "queues: {jobs: {retention: 15d}}",
        "15d is not between one minute and 14 days, in whole seconds, for example 4d",
    ),
    "messages that wait no minute": (
        "queues.jobs.retention",
        "queues: {jobs: {retention: 59s, lock: 30s}}",
        "59s is not between one minute and 14 days, in whole seconds, for example 4d",
    ),
    "a lock that is too short": (
        "queues.jobs.lock",
        "queues: {jobs: {lock: 4s}}",
        "4s is not between 5 seconds and 12 hours, in whole seconds, for example 1m",
    ),
    "a lock that is too long": (
        "queues.jobs.lock",
        "queues: {jobs: {lock: 13h}}",
        "13h is not between 5 seconds and 12 hours, in whole seconds, for example 1m",
    ),
    "a lock as long as the retention": (
        "queues.jobs.lock",
        "queues: {jobs: {lock: 1h, retention: 1h}}",
        "1h is not shorter than the retention, so a message could expire while a service works on it",
    ),
    "a site with the address of a queue": (
        "sites.page.settings.JOBS",
        "sites: {page: {artefact: a, domain: web, settings: {JOBS: {queue: jobs, may: [send]}}}}\nqueues: {jobs: {}}",
        "is known to a running pod only: set it under 'environment'",
    ),
    "no cache": (
        "environment.CACHE.cache",
        "environment: {CACHE: {cache: sessions}}",
        "is not one of the system's caches; the system has none",
    ),
    "another cache": (
        "environment.CACHE.cache",
        "environment: {CACHE: {cache: sesions}}\ncaches: {sessions: {}}",
        "is not one of the system's caches; did you mean 'sessions'?",
    ),
    "a disk for several pods": (
        "services.worker.replicas",
        "services: {worker: {image: w, port: 1, replicas: {minimum: 2}, volumes: {d: {mountPath: /d, size: 1}}}}",
        "is set beside 'volumes', whose disks one pod mounts at a time: take one of them away",
    ),
    "a disk and the reason why there is one pod": (
        "services.worker.singleton",
        "services: {worker: {image: w, port: 1, singleton: Once, volumes: {d: {mountPath: /d, size: 1}}}}",
        "Once is set beside 'volumes', whose disks one pod mounts at a time: take one of them away",
    ),
    "a disk in the live slot": (
        "services.worker.liveOnly",
        "services: {worker: {image: w, port: 1, liveOnly: true, volumes: {d: {mountPath: /d, size: 1}}}}",
        "true is set beside 'volumes', whose disks one pod mounts at a time: take one of them away",
    ),
    "a schedule of a service with a disk": (
        "schedules.clean.service",
        "services: {disk: {image: w, port: 1, volumes: {d: {mountPath: /d, size: 1}}}}\n"
        "schedules: {clean: {service: disk, args: [a], schedule: 0 2 * * *}}",
        "disk is the program of service 'disk', whose volumes its pods could not mount: call the service over the network, "
        "or choose another one",
    ),
    "slots without a disk": (
        "services.worker.slots",
        "services: {worker: {image: w, port: 1, slots: shared}}",
        "shared is for services with 'volumes': all others run in each slot",
    ),
    "a reason beside a backup": (
        "services.worker.volumes.d.reason",
        "services: {worker: {image: w, port: 1, volumes: {d: {mountPath: /d, size: 1, reason: Cheap}}}}",
        "Cheap is for 'backup: none': take one of them away",
    ),
    "a test of archives that nobody makes": (
        "services.worker.volumes.d.restoreTest",
        "services: {worker: {image: w, port: 1, volumes: {d: {mountPath: /d, size: 1, backup: none, reason: Made again, "
        "restoreTest: {every: day}}}}}",
        "tests the archives of a volume without a backup",
    ),
    "a class that no cluster can have": (
        "services.worker.volumes.d.storageClass",
        "services: {worker: {image: w, port: 1, volumes: {d: {mountPath: /d, size: 1, storageClass: Fast SSD}}}}",
        "Fast SSD is not the name of a StorageClass (lower-case letters, digits, '-' and '.'), for example managed-csi-premium",
    ),
    "a disk that no night packs": (
        "services.worker.volumes.d.size",
        "services: {worker: {image: w, port: 1, volumes: {d: {mountPath: /d, size: 257}}}}",
        "257 is more than the 256 GiB that are packed in a night: put large files into a bucket, or set 'backup: none' with "
        "the 'reason', and back it up by what your cloud has",
    ),
    "two disks at one place": (
        "services.worker.volumes.e.mountPath",
        "services: {worker: {image: w, port: 1, volumes: {d: {mountPath: /d, size: 1}, e: {mountPath: /d/e, size: 1}}}}",
        "/d/e and /d are one inside of the other: choose other folders",
    ),
    "a disk in a folder that is lost": (
        "services.worker.volumes.d.mountPath",
        "services: {worker: {image: w, port: 1, volumes: {d: {mountPath: /tmp/d, size: 1}}}}",
        "/tmp/d overlaps the writable folder /tmp, which is lost with the pod: take it out of 'writable'",
    ),
    "a file on a disk": (
        "services.worker.sidecars.s.files./d/a",
        "services: {worker: {image: w, port: 1, volumes: {d: {mountPath: /d, size: 1}}, sidecars: {s: {command: [s], "
        "health: {by: tcp, port: 9}, files: {/d/a: b}}}}}",
        "is in the volume at /d: choose another path",
    ),
    "two disks of one name": (
        "services.a-shared-b.volumes.c",
        "services: {a: {image: w, port: 1, volumes: {b-shared-c: {mountPath: /d, size: 1}}}, a-shared-b: {image: w, port: 1, "
        "volumes: {c: {mountPath: /d, size: 1}}}}",
        "makes the claim 'a-shared-b-shared-c', as another volume does: choose another name",
    ),
    "a service called like what is outside the slots": (
        "services.web-shared",
        "services: {web-shared: {image: a, port: 1}}",
        "is a name that ends with 'shared', which Slipway uses for generated names",
    ),
    "an order across the slots": (
        "services.disk.needs[0]",
        "services: {worker: {image: w, port: 1}, disk: {image: w, port: 1, needs: [worker], volumes: {d: {mountPath: /d, "
        "size: 1}}}}",
        "worker is a service of the slots, and 'disk' runs outside of them: set 'slots: own', or give that service volumes of "
        "its own too",
    ),
    "a call into the slots": (
        "services.disk",
        "services: {worker: {image: w, port: 1}, disk: {image: w, port: 1, environment: {W: {service: worker}}, "
        "volumes: {d: {mountPath: /d, size: 1}}}}",
        "runs outside the slots, and calls 'worker', of which each slot has one: set 'slots: own', or give that service "
        "volumes of its own too",
    ),
    "the name of a slot outside of them": (
        "services.disk",
        "services: {disk: {image: w, port: 1, environment: {S: {slot: name}}, volumes: {d: {mountPath: /d, size: 1}}}}",
        "runs outside the slots, and a variable has the name of one: set 'slots: own'",
    ),
    "a slot's cache outside of them": (
        "services.disk",
        "services: {disk: {image: w, port: 1, environment: {C: {cache: c}}, volumes: {d: {mountPath: /d, size: 1}}}}\n"
        "caches: {c: {slots: own}}",
        "runs outside the slots, and cache 'c' has a server in each: share one of them",
    ),
    "a slot's flag outside of them": (
        "services.disk",
        "services: {disk: {image: w, port: 1, environment: {F: {flag: f}}, volumes: {d: {mountPath: /d, size: 1}}}}\n"
        "flags: {f: {enabled: true, since: 1.0.0}}",
        "runs outside the slots, and flag 'f' differs between them: set 'slots: own'",
    ),
    "a cache called like a service": (
        "caches.web",
        "services: {web-cache: {image: a, port: 1}}\ncaches: {web: {}}",
        "has a server called 'web-cache', which is the name of a service too: choose another name",
    ),
    "the cache of a slot called like a schedule": (
        "caches.web",
        "schedules: {web-blue-cache: {service: worker, args: [a], schedule: 0 2 * * *}}\ncaches: {web: {slots: own}}",
        "has a server called 'web-blue-cache', which is the name of a schedule too: choose another name",
    ),
    "a cache called like a database": (
        "caches.web",
        "databases: {fleet_db: {}, web_cache: {}}\ncaches: {web: {}}",
        "has a server called 'web-cache', which is the name of a database too: choose another name",
    ),
    "a cache that ends like a slot": (
        "caches.web-blue",
        "caches: {web-blue: {}}",
        "is a name that ends with 'blue', which Slipway uses for generated names",
    ),
    "a site with a cache's password": (
        "sites.page.settings.CACHE",
        "sites: {page: {artefact: a, domain: web, settings: {CACHE: {cache: sessions}}}}\ncaches: {sessions: {}}",
        "would publish a secret: a site's settings are public, so use a plain value",
    ),
    "unknown flag": (
        "environment.BETA.flag",
        "environment: {BETA: {flag: beta}}",
        "is not one of the system's flags; the system has none",
    ),
    "unknown service": (
        "environment.API.service",
        "environment: {API: {service: wrker}}",
        "is not one of the system's services; did you mean 'worker'?",
    ),
    "a schedule of no service": (
        "schedules.nightly.service",
        "schedules: {nightly: {service: wrker, args: [a], schedule: 0 2 * * *}}",
        "wrker is not one of the system's services; did you mean 'worker'?",
    ),
    "a schedule that is the service itself": (
        "schedules.nightly",
        "schedules: {nightly: {service: worker, schedule: 0 2 * * *}}",
        "requires 'command' or 'args': without them it would start the service 'worker' itself",
    ),
    "a schedule named like a service": (
        "schedules.worker",
        "schedules: {worker: {service: worker, args: [a], schedule: 0 2 * * *}}",
        "is already the name of a service",
    ),
    "a schedule that Kubernetes cannot read": (
        "schedules.nightly.schedule",
        "schedules: {nightly: {service: worker, args: [a], schedule: 0 2 * * 7}}",
        "0 2 * * 7 is not a schedule of five fields (minute, hour, day, month, weekday): '7' is no day of the week (0–6), "
        "for example 30 2 * * 1-5",
    ),
    "a schedule in no time zone": (
        "schedules.nightly.timeZone",
        "schedules: {nightly: {service: worker, args: [a], schedule: 0 2 * * *, timeZone: localtime}}",
        "localtime is not a time zone, for example America/New_York",
    ),
    "a run that never starts": (
        "schedules.nightly.startingDeadline",
        "schedules: {nightly: {service: worker, args: [a], schedule: 0 2 * * *, startingDeadline: 9s}}",
        "9s is shorter than 10s: no run would ever start",
    ),
    "a run that is over at once": (
        "schedules.nightly.deadline",
        "schedules: {nightly: {service: worker, args: [a], schedule: 0 2 * * *, deadline: 999ms}}",
        "999ms is shorter than 1s",
    ),
    "a schedule's requests above its limits": (
        "schedules.nightly.resources.memory",
        "schedules: {nightly: {service: worker, args: [a], schedule: 0 2 * * *, resources: {memory: 1Gi}}}",
        "1Gi is above the limit, 512Mi",
    ),
    "fixed replicas with bounds": (
        "services.worker.replicas.fixed",
        "services: {worker: {image: w, port: 1, replicas: {fixed: 3, maximum: 5}}}",
        "3 is set beside 'maximum', which are an autoscaler's: write 'replicas: 3', also in a stack",
    ),
    "a singleton with replicas": (
        "services.worker.replicas",
        "services: {worker: {image: w, port: 1, singleton: it holds a lock, replicas: {minimum: 1}}}",
        "is set beside 'singleton', of which there is one: take one of them away",
    ),
    "cpu above its limit": (
        "services.worker.resources.cpu",
        "services: {worker: {image: w, port: 1, resources: {cpu: 1500m}}}",
        "1500m is above the limit, 1",
    ),
    "memory above its limit": (
        "services.worker.resources.memory",
        "services: {worker: {image: w, port: 1, resources: {memory: 1Gi}}}",
        "1Gi is above the limit, 512Mi",
    ),
    "storage above its maximum": (
        "databases.fleet_db.storage",
        "databases: {fleet_db: {storage: 512}}",
        "512 is above maximumStorage, 256",
    ),
    "alerts of one name": (
        "alerts[1].name",
        "alerts: [{name: a, summary: s, kind: latency, above: 1}, {name: a, summary: s, kind: latency, above: 2}]",
        "a is already the name of alerts[0]",
    ),
    "a secret built into an image": (
        "services.worker.build.KEY",
        "services: {worker: {image: w, port: 1, build: {KEY: {secret: SIGNING_KEY}}}}",
        "would publish a secret: what an image is built with is public, so use a plain value",
    ),
    "a variable that reaches no browser": (
        "services.worker.environment.NEXT_PUBLIC_API",
        "services: {worker: {image: w, port: 1, environment: {NEXT_PUBLIC_API: x}}}",
        "is compiled into the frontend, and a pod's variable does not reach a browser: set it under 'build' of "
        "the service",
    ),
    "a date before that is the date itself": (
        "secrets.A.previous",
        "secrets: {A: {generated: 32, previous: '2026-01-01'}, SIGNING_KEY: {generated: 32}}",
        "is the date of the current secret: set the 'rotated' date of the previous one",
    ),
    "a secret before one that others fill in": (
        "secrets.A.previous",
        "secrets: {A: {generated: 32, existing: true, previous: '2025-01-01'}, SIGNING_KEY: {generated: 32}}",
        "is not allowed for a supplied secret: declare the previous one as a 'supplied' secret of its own",
    ),
    "an alert on what nobody scrapes": (
        "alerts[0].metric",
        "alerts: [{name: a, summary: s, kind: rate, metric: orders_failed_total, above: 1}]",
        "orders_failed_total is not scraped, so there would never be data: set 'metrics' on the service that "
        "exports it, for example services.worker.metrics: {port: 9464}, or declare a PodMonitor among 'manifests'",
    ),
    "a place of a value that would be generated": (
        "secrets.OLD.from",
        "secrets: {OLD: {generated: 32, from: {secret: legacy/env}}}",
        "is for a value in use, but a new one would be generated: set 'existing: true' too",
    ),
    "a panel on what nobody scrapes": (
        "metrics[0].metric",
        "metrics: [{name: Orders, metric: orders_total}]",
        "orders_total is not scraped, so there would never be data: set 'metrics' on the service that "
        "exports it, for example services.worker.metrics: {port: 9464}, or declare a PodMonitor among 'manifests'",
    ),
    "an alert on a broker that is not there": (
        "alerts[0].metric",
        "alerts: [{name: a, summary: s, kind: rate, metric: rabbitmq_channel_messages_total, above: 1}]",
        "rabbitmq_channel_messages_total is exported by the broker in the cluster, which the system does not have",
    ),
    "an alert on the platform's metrics": (
        "alerts[0].metric",
        "alerts: [{name: a, summary: s, kind: rate, metric: envoy_http_downstream_rq_xx, above: 1}]",
        "envoy_http_downstream_rq_xx is a metric of the platform (envoy_http_…), not of a system: remove "
        "'metric', and the gateway's counts of this system are read",
    ),
    "a rate of nothing": (
        "alerts[0]",
        "alerts: [{name: a, summary: s, kind: rate, above: 1}]",
        "counts events: set 'metric' to the counter that it reads",
    ),
    "paths that the gateway does not count by": (
        "alerts[0].paths",
        "alerts: [{name: a, summary: s, kind: error-ratio, paths: [/a], above: 1}]",
        "requires 'metric': the gateway's counts, the default, have no path",
    ),
    "a percentile of a counter": (
        "alerts[0].metric",
        "alerts: [{name: a, summary: s, kind: latency, metric: kube_seconds, above: 1}]",
        "kube_seconds is not a histogram: a percentile needs buckets, for example x_seconds_bucket",
    ),
    "a window that is not recorded": (
        "alerts[0].window",
        "alerts: [{name: a, summary: s, kind: latency, window: 10m, above: 1}]",
        "10m is not a window of the gateway's recorded counts: choose 5m",
    ),
    "lines without a pattern": (
        "alerts[0]",
        "alerts: [{name: a, summary: s, kind: logs, above: 1}]",
        "counts log lines: set 'pattern'",
    ),
    "migrations of one name": (
        "migrations[1].name",
        f"migrations: [{{{MIGRATION}, sql: a.sql}}, {{{MIGRATION}, sql: a.sql}}]",
        "a is already the name of migrations[0]",
    ),
    "database of a migration": (
        "migrations[0].database",
        "migrations: [{name: a, database: flet, sql: a.sql}]",
        "flet is not one of the system's databases; did you mean 'fleet_db'?",
    ),
    "migration without a way": ("migrations[0]", f"migrations: [{{{MIGRATION}}}]", "requires either 'sql' or 'command'"),
    "service of a migration": (
        "migrations[0].command.service",
        f"{PAPERS}, command: {{service: no, arguments: [x]}}, backedUpBy: us}}]",
        "no is not one of the system's services; allowed: worker",
    ),
    "program without a word on backups": (
        "migrations[0].command",
        f"{PAPERS}, command: {{service: worker, arguments: [x]}}}}]",
        "changes a database that Slipway does not dump before: set 'backedUpBy' to what restores it",
    ),
    "contract at once": (
        "migrations[0]",
        f"migrations: [{{{MIGRATION}, sql: a.sql, phase: contract}}]",
        "requires 'after' if and only if its phase is 'contract'",
    ),
    "incompatible migration in the open": (
        "migrations[0].compatible",
        f"migrations: [{{{MIGRATION}, sql: a.sql, compatible: false}}]",
        "false makes the migration incompatible: set 'release.maintenance' to true",
    ),
    "missing file": (
        "migrations[0].sql",
        f"migrations: [{{{MIGRATION}, sql: gone.sql}}]",
        "gone.sql names a file that does not exist in fleet/",
    ),
    "domain of a check": (
        "checks[0].domain",
        "checks: [{name: a, domain: api, path: /}]",
        "api is not one of the system's domains; allowed: web",
    ),
    "token of a check": (
        "checks[0].token",
        "checks: [{name: a, domain: web, path: /, token: TOKEN}]",
        "is not one of the system's secrets; allowed: L, SIGNING_KEY",
    ),
    "cookie of a check": (
        "checks[0].cookie.sid",
        "checks: [{name: a, domain: web, path: /, cookie: {sid: SESSION}}]",
        "is not one of the system's secrets; allowed: L, SIGNING_KEY",
    ),
    "service of a validation": (
        "validations[0].service",
        "validations: [{name: a, service: no, command: [x]}]",
        "no is not one of the system's services; allowed: worker",
    ),
    "shrinking steps": (
        "release.steps",
        "release: {steps: [{weight: 50, hold: 1m}, {weight: 10, hold: 1m}, {weight: 100, hold: 1m}]}",
        "must increase and end with weight 100",
    ),
    "steps that do not end": (
        "release.steps",
        "release: {steps: [{weight: 50, hold: 1m}]}",
        "must increase and end with weight 100",
    ),
    "a release that is as long as its window": (
        "release.expectedDuration",
        "release: {window: {days: [monday], start: '02:00', duration: 1h}, expectedDuration: 60m}",
        "60m leaves no time to begin: a release must end in its window, so it must be shorter than that",
    ),
    "token of a load": (
        "release.load[0].token",
        "release: {load: [{domain: web, path: /, token: SIGNING}]}",
        "is not one of the system's secrets; did you mean 'SIGNING_KEY'?",
    ),
    "domain of a load": (
        "release.load[0].domain",
        "release: {load: [{domain: api, path: /}]}",
        "api is not one of the system's domains; allowed: web",
    ),
}  # fmt: skip
BASE = {
    "title": "Fleet",
    "owner": "{team: fleet}",
    "domains": "{web: fleet.example.com}",
    "services": "{worker: {image: w, port: 1}}",
    "databases": "{fleet_db: {}}",
    "secrets": "{SIGNING_KEY: {generated: 32}, L: {supplied: The identity provider}}",
}


def test_a_login_is_no_variable(workshop: Workshop) -> None:
    """The Secret of a login has another key than a variable reads."""
    image = "image: {repository: docker.io/valkey/valkey, tag: 8.1.4, pullSecret: HUB}"
    workshop.edit(FLEET, "image: fleet-worker", image)
    workshop.edit(FLEET, "LEVEL: info", "HUB: {secret: HUB}")
    workshop.edit(FLEET, "secrets:", "secrets:\n  HUB: {supplied: The hub}")
    (problem,) = workshop.problems()
    assert problem.endswith(
        "pullSecret: HUB is a variable of a service too, but nodes read it in another form: declare it twice"
    )


def write(workshop: Workshop, extra: str) -> None:
    key, _, value = extra.partition(": ")
    workshop.write("systems/fleet/a.sql", "select 1")
    workshop.write(FLEET, "\n".join(f"{key}: {value}" for key, value in {**BASE, key: value}.items()))


@pytest.mark.parametrize(("path", "extra", "rule"), BROKEN.values(), ids=BROKEN)
def test_broken_relations_are_told(workshop: Workshop, path: str, extra: str, rule: str) -> None:
    """A value that does not go with the others is one problem, at the value to change."""
    write(workshop, extra)
    place, _, reported = workshop.problems()[0].partition(": ")
    assert place.startswith(f"{FLEET}:")
    assert reported == f"{path}: {rule}"
    assert len(workshop.problems()) == 1


@pytest.mark.parametrize(
    "extra",
    [
        "environment: {API: {service: worker}, DB: {database: fleet_db}, KEY: {secret: SIGNING_KEY}, W: {domain: web}}",
        "services: {a: {image: a, port: 1}, b: {image: b, port: 1, needs: [a]}, c: {image: c, port: 1, needs: [a, b]}}",
        f"migrations: [{{{MIGRATION}, sql: a.sql}}, {{name: b, database: fleet_db, sql: a.sql, phase: contract, after: 1.0.0}}]",
        "release: {steps: [{weight: 10, hold: 1m}, {weight: 100, hold: 1m}]}",
        "queue: {vhost: fleet}",
    ],
)
def test_right_relations_are_fine(workshop: Workshop, extra: str) -> None:
    """What goes together is no problem."""
    write(workshop, extra)
    assert workshop.systems()["fleet"].title == "Fleet"


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        ("maximum: 2", "maximum: two", ["services.api.replicas.maximum"]),
        ("fleet_db: {}", "fleet_db: 7", ["databases.fleet_db"]),
        ("databases: {fleet_db: {}}", "databases: 7", ["databases"]),
        ("databases: {fleet_db: {}}", "databases: {Fleet: {}}", ["databases.Fleet"]),
        ("port: 1,", "port: x, needs: [nope],", ["services.api.needs[0]", "services.api.port"]),
    ],
)
def test_nothing_is_concluded_from_stand_ins(workshop: Workshop, old: str, new: str, reported: list[str]) -> None:
    """What is only wrong because another value is, is not told; what is wrong by itself is."""
    services = "{api: {image: w, port: 1, replicas: {minimum: 2, maximum: 2}, environment: {D: {database: fleet_db}}}}"
    text = "\n".join(f"{key}: {value}" for key, value in {**BASE, "services": services}.items())
    assert old in text
    workshop.write(FLEET, text.replace(old, new).replace("minimum: 2, maximum: two", "minimum: 9, maximum: two"))
    assert sorted(problem.split(": ")[1] for problem in workshop.problems() if FLEET in problem) == reported
