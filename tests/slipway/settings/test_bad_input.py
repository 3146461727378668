"""Wrong input of every kind: each is one clear error, told with its file and line."""

from __future__ import annotations

import pytest

from slipway.settings.clouds import aws as aws_settings
from tests.slipway.settings.conftest import STACK, SYSTEM, Workshop

FLEET = "systems/fleet/system.yaml"
TEST = "Pulumi.test.yaml"

PLAIN_SECRET = "looks like a secret in plain text: declare it under 'secrets' and refer to it with {secret: NAME}"
PLAIN_VARIABLE = f"{PLAIN_SECRET}; if it is public, give a reason: {{plain: …, reason: …}}"
RESPELLED = "is a number that YAML has rewritten: put it in quotes"

IN_SYSTEM = {
    "typo": ("port: 3000", "prot: 3000", "7: services.api.prot: is not a known key; did you mean 'port'?"),
    "typo at the root": ("title:", "titel:", "1: titel: is not a known key; did you mean 'title'?"),
    "port out of range": (
        "port: 3000",
        "port: 70000",
        "7: services.api.port: 70000 is not a port (1–65535), for example 3000",
    ),
    "quoted number": (
        "port: 3000",
        'port: "3000"',
        "7: services.api.port: '3000' is not a port (1–65535), for example 3000",
    ),
    "huge number": (
        "port: 3000",
        "port: " + "9" * 50,
        "7: services.api.port: 1e+50 is not a port (1–65535), for example 3000",
    ),
    "no value": ("image: fleet-api", "image:", "6: services.api.image: has no value, for example fleet-api"),
    "number for text": (
        "title: Fleet",
        "title: 2024",
        "1: title: 2024 is not a string: put it in quotes, for example Fleet management",
    ),
    "text for a mapping": (
        "owner: {team: fleet}",
        "owner: fleet",
        "2: owner: fleet is not a mapping of keys, for example {team: fleet}",
    ),
    "missing key": ("owner: {team: fleet}\n", "", "1: owner: is required, for example {team: fleet}"),
    "text for a list": ("needs: [worker]", "needs: worker", "9: services.api.needs: worker is not a list"),
    "text for a boolean": (
        "size: medium",
        "highAvailability: yes",
        "20: databases.fleet_db.highAvailability: yes is not true or false",
    ),
    "unknown word": (
        "size: medium",
        "size: midium",
        "20: databases.fleet_db.size: midium is not one of small, medium, large, xlarge; did you mean 'medium'?",
    ),
    "unknown service": (
        "needs: [worker]",
        "needs: [wroker]",
        "9: services.api.needs[0]: wroker is not one of the system's services; did you mean 'worker'?",
    ),
    "needs itself": ("needs: [worker]", "needs: [api]", "9: services.api.needs[0]: api needs itself"),
    "call of an unknown service": (
        "needs: [worker]",
        "calls: [wroker]",
        "9: services.api.calls[0]: wroker is not one of the system's services; did you mean 'worker'?",
    ),
    "call of a service without a port": (
        "    port: 4000",
        "    health: {by: exec, command: [x]}\n    calls: [worker]",
        "18: services.worker.calls[0]: worker is a service without a port, which nothing can call: set its 'port', for "
        "example 3000",
    ),
    "address of the cluster for browsers": (
        "databases:",
        "sites:\n  page: {artefact: page, domain: web, settings: {API: {service: api}}}\ndatabases:",
        "19: sites.page.settings.API: is an address inside the cluster, which no browser reaches: use the {domain: …} of "
        "a route",
    ),
    "dependency cycle": (
        "port: 4000",
        "port: 4000\n    needs: [api]",
        "9: services.api.needs: is a cycle: api needs worker needs api",
    ),
    "key given twice": ("  worker:\n", "  api:\n", "15: services.api: is set twice, first on line 5"),
    "key of a wrong form": (
        "  worker:\n",
        "  Worker:\n",
        "15: services.Worker: is a key that is not a name (lower-case letters, digits, hyphens; 40 at most), "
        "for example fleet-api",
    ),
    "unknown reference": (
        "{secret: SIGNING_KEY}",
        "{secrt: SIGNING_KEY}",
        "14: services.api.environment.KEY: is not a reference: use one of plain, secret, database, queue, topic, cache, bucket, "
        "domain, service, slot, flag, since, pod, text; did you mean 'secret'?",
    ),
    "key too many in a reference": (
        "{secret: SIGNING_KEY}",
        "{secret: SIGNING_KEY, field: url}",
        "14: services.api.environment.KEY.field: is not a known key; allowed: secret",
    ),
    "unknown part of a reference": (
        "{database: fleet_db}",
        "{database: fleet_db, field: hots}",
        "13: services.api.environment.DATABASE_URL.field: is not one of url, host, port, name, user, password; "
        "did you mean 'host'?",
    ),
    "reference to nothing": (
        "{database: fleet_db}",
        "{database: flet_db}",
        "13: services.api.environment.DATABASE_URL.database: is not one of the system's databases; "
        "did you mean 'fleet_db'?",
    ),
    "list for a variable": (
        "LEVEL: info",
        "LEVEL: [info]",
        "12: services.api.environment.LEVEL: is not a string or a reference such as {secret: JWT_SECRET}",
    ),
    "unknown placeholder": (
        "LEVEL: info",
        'LEVEL: {text: "at {databse.fleet_db.host}"}',
        "12: services.api.environment.LEVEL.text: has {databse.fleet_db.host}, which is no reference: use one of "
        "{secret.NAME}, {database.NAME.host}, {queue.url}, {topic.NAME.name}, {cache.NAME.host}, {bucket.NAME.name}, "
        "{domain.NAME}, {service.NAME.address}, "
        "{slot.version}, {flag.NAME}, {pod.ip}, or '{{' for a brace; did you mean 'database'?, "
        "for example http://{pod.ip}:8080",
    ),
    "placeholder of an unknown part": (
        "LEVEL: info",
        'LEVEL: {text: "at {database.fleet_db.hots}"}',
        "12: services.api.environment.LEVEL.text: has {database.fleet_db.hots}, which is not of the form "
        "{database.NAME.host}, where the last word is one of 'url', 'host', 'port', 'name', 'user' or 'password', "
        "for example http://{pod.ip}:8080",
    ),
    "placeholder with a word too many": (
        "LEVEL: info",
        'LEVEL: {text: "at {slot.name.long}"}',
        "12: services.api.environment.LEVEL.text: has {slot.name.long}, which is not of the form {slot.version}, "
        "for example http://{pod.ip}:8080",
    ),
    "a database of MySQL": (
        "size: medium",
        "engine: mysql",
        "20: databases.fleet_db.engine: mysql is an engine that Slipway neither creates, migrates nor dumps: run it "
        "elsewhere, declare its address as a secret such as MYSQL_URL: {supplied: The owner of the server}, and its host in "
        "'egress' of the services",
    ),
    "secret as a placeholder": (
        "LEVEL: info",
        'LEVEL: {text: "at {0123456789abcdef0123456789abcdef}"}',
        "12: services.api.environment.LEVEL.text: has a placeholder, which is no reference: use one of "
        "{secret.NAME}, {database.NAME.host}, {queue.url}, {topic.NAME.name}, {cache.NAME.host}, {bucket.NAME.name}, "
        "{domain.NAME}, {service.NAME.address}, "
        "{slot.version}, {flag.NAME}, {pod.ip}, or '{{' for a brace, for example http://{pod.ip}:8080",
    ),
    "stray brace": (
        "LEVEL: info",
        'LEVEL: {text: "{pod.ip} }"}',
        "12: services.api.environment.LEVEL.text: has a single '}': write '}}' for a brace, or a placeholder like "
        "{pod.ip}, for example http://{pod.ip}:8080",
    ),
    "text without a placeholder": (
        "LEVEL: info",
        "LEVEL: {text: info}",
        "12: services.api.environment.LEVEL.text: has no placeholder: write the text itself, without 'text', "
        "for example http://{pod.ip}:8080",
    ),
    "placeholder for nothing": (
        "LEVEL: info",
        'LEVEL: {text: "at {database.flet_db.host}"}',
        "12: services.api.environment.LEVEL.text: has {database.flet_db.host}, which is not one of the system's "
        "databases; did you mean 'fleet_db'?",
    ),
    "secret beside placeholders": (
        "LEVEL: info",
        'LEVEL: {text: "postgres://u:hunter2@{database.fleet_db.host}/x"}',
        f"12: services.api.environment.LEVEL.text: {PLAIN_VARIABLE}",
    ),
    "plain text under the name of a secret": (
        "LEVEL: info",
        'API_KEY: {text: "hunter2{slot.name}"}',
        f"12: services.api.environment.API_KEY.text: {PLAIN_SECRET}",
    ),
    "secret of base64 in an address": (
        "LEVEL: info",
        'LEVEL: {text: "redis://:{secret.SIGNING_KEY}@host"}',
        "12: services.api.environment.LEVEL.text: has {secret.SIGNING_KEY} in an address, in which characters of base64 "
        "have a meaning: set its encoding to hex",
    ),
    "pod in a build": (
        "    environment:\n      LEVEL",
        "    build: {NODE: {pod: node}}\n    environment:\n      LEVEL",
        "11: services.api.build.NODE: is known to a running pod only: set it under 'environment'",
    ),
    "secret in a build": (
        "    environment:\n      LEVEL",
        '    build: {KEY: {text: "{secret.SIGNING_KEY}"}}\n    environment:\n      LEVEL',
        "11: services.api.build.KEY: would publish a secret: what an image is built with is public, so use a plain value",
    ),
    "sidecar that nobody asks": (
        "    port: 4000",
        "    port: 4000\n    sidecars: {proxy: {image: a/proxy}}",
        "18: services.worker.sidecars.proxy.health: is required, for example {by: tcp, port: 9000}",
    ),
    "sidecar asked at the service's port": (
        "    port: 4000",
        "    port: 4000\n    sidecars: {proxy: {image: a/proxy, health: {by: tcp}}}",
        "18: services.worker.sidecars.proxy.health: asks a sidecar: set 'port' to one of its own, for example 9000",
    ),
    "sidecar that cannot be asked": (
        "    port: 4000",
        "    port: 4000\n    sidecars: {proxy: {image: a/proxy, health: {by: none, reason: It ends}}}",
        "18: services.worker.sidecars.proxy.health.by: none leaves a pod without an answer of its sidecar: set exec, with a "
        "command in its container",
    ),
    "container with the service's name": (
        "    port: 4000",
        "    port: 4000\n    init: {worker: {}}",
        "18: services.worker.init.worker: is already the name of another container of its pods",
    ),
    "container with a sidecar's name": (
        "    port: 4000",
        "    port: 4000\n    sidecars: {one: {health: {by: exec, command: [x]}}}\n    init: {one: {}}",
        "19: services.worker.init.one: is already the name of another container of its pods",
    ),
    "secret of an init container": (
        "    port: 4000",
        "    port: 4000\n    init: {one: {environment: {API_KEY: hunter2}}}",
        f"18: services.worker.init.one.environment.API_KEY: {PLAIN_VARIABLE}",
    ),
    "reason of an init container": (
        "    port: 4000",
        "    port: 4000\n    init: {one: {environment: {API_KEY: {plain: hunter2, reason: None}}}}",
        "18: services.worker.init.one.environment.API_KEY.plain: is for the container of a service: here give it a name and "
        "a form that no secret has",
    ),
    "foreign image of an init container": (
        "    port: 4000",
        "    port: 4000\n    init: {one: {image: {repository: quay.io/a/b}}}",
        "18: services.worker.init.one.image: has neither 'tag' nor 'digest': set both, for example tag: 8.1.4, digest: "
        "'sha256:…'",
    ),
    "limit of an init container": (
        "    port: 4000",
        "    port: 4000\n    init: {one: {resources: {cpu: '2'}}}",
        "18: services.worker.init.one.resources.cpu: '2' is above the limit, 1",
    ),
    "file that is not there": (
        "    port: 4000",
        "    port: 4000\n    files: {/etc/a: {file: files/gone}}",
        "18: services.worker.files./etc/a.file: files/gone names a file that does not exist in fleet/",
    ),
    "file of an unknown secret": (
        "    port: 4000",
        "    port: 4000\n    files: {/etc/a: {secret: SIGNING_KEEY}}",
        "18: services.worker.files./etc/a.secret: is not one of the system's secrets; did you mean "
        "'SIGNING_KEY'?",
    ),
    "file in a writable folder": (
        "    port: 4000",
        "    port: 4000\n    files: {/tmp/app/a: a}",
        '18: services.worker.files./tmp/app/a: is in the writable folder /tmp, which is empty when a pod starts: choose '
        "another path, for example /etc/app/app.toml",
    ),
    "file above a writable folder": (
        "    port: 4000",
        "    port: 4000\n    writable: [/var/cache]\n    files: {/var: a}",
        '19: services.worker.files./var: is a file, but /var/cache is a writable folder below it: choose another path',
    ),
    "file below a file": (
        "    port: 4000",
        "    port: 4000\n    files: {/etc/a: a, /etc/b/c: c}\n    sidecars: {one: {health: {by: exec, command: [x]}, files: "
        "{/a: a, /a/b: {content: b}}}}",
        '19: services.worker.sidecars.one.files./a/b: is below /a, which is a file: choose another path',
    ),
    "two files at one path": (
        "    port: 4000",
        "    port: 4000\n    files: {/etc/a: a, /etc/a: b}",
        "18: services.worker.files./etc/a: is set twice, first on line 18",
    ),
    "file by a relative path": (
        "    port: 4000",
        "    port: 4000\n    files: {etc/a: a}",
        "18: services.worker.files.etc/a: is a key that is not a file by its whole path, not one of the system's own, for "
        "example /etc/app/app.toml",
    ),
    "file by a path that leaves its folder": (
        "    port: 4000",
        "    port: 4000\n    files: {/etc/a/../b: a}",
        '18: services.worker.files["/etc/a/../b"]:'
        ' is a key that is not a file by its whole path, not one of the system\'s own, for example /etc/app/app.toml',
    ),
    "file where certificates are": (
        "    port: 4000",
        "    port: 4000\n    files: {/etc/slipway/queue/ca.crt: a}",
        '18: services.worker.files["/etc/slipway/queue/ca.crt"]:'
        ' is a key that is not a file by its whole path, not one of the system\'s own, for example /etc/app/app.toml',
    ),
    "file outside the system's folder": (
        "    port: 4000",
        "    port: 4000\n    files: {/etc/a: {file: ../other/a}}",
        "18: services.worker.files./etc/a.file: ../other/a is not a file below the system's folder, for example pages/maintenance.html",
    ),
    "file with a secret": (
        "    port: 4000",
        f"    port: 4000\n    files: {{/etc/a: 'token: ghp_{'a1B2' * 9}'}}",
        f'18: services.worker.files./etc/a: {PLAIN_SECRET}',
    ),
    "content with a control character": (
        "    port: 4000",
        '    port: 4000\n    files: {/etc/a: {content: "hush\\x01"}}',
        '18: services.worker.files./etc/a.content: contains a control character or half of a surrogate pair',
    ),
    "content that is a list": (
        "    port: 4000",
        "    port: 4000\n    files: {/etc/a: [hush]}",
        "18: services.worker.files./etc/a: is neither content nor one of {file: files/app.toml}, {secret: TLS_KEY}, for "
        "example {file: files/app.toml}",
    ),
    "unknown kind of a file": (
        "    port: 4000",
        "    port: 4000\n    files: {/etc/a: {fil: x}}",
        "18: services.worker.files./etc/a: is not a file: use one of content, text, file, secret; did you mean 'file'?, "
        "for example {file: files/app.toml}",
    ),
    "mode that lets somebody write": (
        "    port: 4000",
        "    port: 4000\n    files: {/etc/a: {content: a, mode: '0644'}}",
        "18: services.worker.files./etc/a.mode: '0644' is not a mode in quotes that lets nobody write (three octal "
        "digits after 0), for example '0444'",
    ),
    "unknown field of a pod": (
        "LEVEL: info",
        "LEVEL: {pod: adress}",
        "12: services.api.environment.LEVEL.pod: is not one of name, namespace, uid, ip, node, nodeIp, cpuLimit, "
        "memoryLimit",
    ),
    "number that YAML changes": ("LEVEL: info", "LEVEL: 1.10", f"12: services.api.environment.LEVEL: {RESPELLED}"),
    "secret by its name": ("LEVEL: info", "API_KEY: hunter2", f"12: services.api.environment.API_KEY: {PLAIN_VARIABLE}"),
    "secret by its form": (
        "LEVEL: info",
        "LEVEL: sk_live_51HxYzAbCd",
        f"12: services.api.environment.LEVEL: {PLAIN_VARIABLE}",
    ),
    "secret elsewhere": ("title: Fleet", "title: AKIAIOSFODNN7EXAMPLE", f"1: title: {PLAIN_SECRET}"),
    "secret as a secret": (
        "{generated: 32}",
        "hunter2",
        "23: secrets.SIGNING_KEY: is not a mapping: never put a secret's value here, for example {generated: 32}",
    ),
    "unknown kind of secret": (
        "{generated: 32}",
        "{made: 32}",
        "23: secrets.SIGNING_KEY: is not a secret: use one of generated, supplied, "
        "for example {generated: 32}",
    ),
    "wrong key of a kind of secret": (
        "{generated: 32}",
        "{generated: 32, rotateEvery: 9d}",
        "23: secrets.SIGNING_KEY.rotateEvery: is not a known key; allowed: encoding, existing, from, generated, previous, rotated",
    ),
    "number for a backup": (
        "backup: {retentionDays: 14}",
        "backup: 7",
        "21: databases.fleet_db.backup: 7 is neither none nor a mapping of keys, for example {retentionDays: 14}",
    ),
    "word for a backup": (
        "backup: {retentionDays: 14}",
        "backup: nnone",
        "21: databases.fleet_db.backup: nnone is neither none nor a mapping of keys; did you mean 'none'?, "
        "for example {retentionDays: 14}",
    ),
    "value in a backup": (
        "retentionDays: 14",
        "retentionDays: 0",
        "21: databases.fleet_db.backup.retentionDays: 0 is not a number of days (1–3650), for example 14",
    ),
    "snake case": (
        "retentionDays: 14",
        "retention_days: 14",
        "21: databases.fleet_db.backup.retention_days: is not a known key; did you mean 'retentionDays'?",
    ),
    "snake case in a database": (
        "size: medium",
        "read_replicas: 1",
        "20: databases.fleet_db.read_replicas: is not a known key; did you mean 'readReplicas'?",
    ),
    "bounds the wrong way round": (
        "{minimum: 3}",
        "{minimum: 9}",
        "8: services.api.replicas.minimum: 9 is above the maximum, 6",
    ),
    "missing page": (
        "title: Fleet",
        "title: Fleet\nmaintenancePage: {page: pages/gone.html}",
        "2: maintenancePage.page: pages/gone.html names a file that does not exist in fleet/",
    ),
    "tab": (
        "title: Fleet",
        "\ttitle: Fleet",
        "1: is not valid YAML: found character that cannot start any token; indent with spaces, not with tabs",
    ),
    "open bracket": ("title: Fleet", "title: [Fleet", "2: is not valid YAML: did not find expected ',' or ']'"),
    "alias": (
        "title: Fleet",
        "title: &t Fleet\ndescription: *t",
        "2: description: is a YAML alias (*name); write the value out",
    ),
    "tag": (
        "title: Fleet",
        "title: !!python/name:os.system Fleet",
        "1: title: has a YAML tag (!name); write a plain value",
    ),
    "key that is a list": ("title: Fleet", "? [a]\n: b\ntitle: Fleet", "1: has a key that is not a string"),
    "number as a key": ("title: Fleet", "1: b\ntitle: Fleet", "1: 1: is not a known key"),
    "two documents": (
        SYSTEM,
        f"{SYSTEM}---\n{SYSTEM}",
        "24: begins a second document: a settings file contains one",
    ),
    "list of systems": (SYSTEM, "- title: Fleet\n", "1: is not a mapping of keys"),
    "deep nesting": (SYSTEM, "a: " + "[" * 100_000, "1: is nested too deeply for a settings file"),
    "empty": (SYSTEM, "", "1: is empty"),
    "only a comment": (SYSTEM, "# nothing\n", "1: is empty"),
    "binary": (SYSTEM, "\x7fELF\x02\x01", "1: is binary: it has a control character"),
}  # fmt: skip

IN_STACK = {
    "unknown system": (
        "        fleet:\n",
        "        flete:\n",
        "12: clusters.main.systems.flete: is not a system in systems/; did you mean 'fleet'?",
    ),
    "instance of an unknown system": (
        "        fleet:\n",
        "        acme:\n          definition: flete\n        fleet:\n",
        "13: clusters.main.systems.acme.definition: flete is not a system in systems/; did you mean 'fleet'?",
    ),
    "instance of a list": (
        "        fleet:\n",
        "        acme:\n          definition: [fleet]\n        fleet:\n",
        "13: clusters.main.systems.acme.definition: is not a system in systems/; allowed: fleet",
    ),
    "instance without a definition": (
        "        fleet:\n",
        "        acme: {}\n        fleet:\n",
        "12: clusters.main.systems.acme: is not a system in systems/; allowed: fleet; for an instance of one set 'definition' to its name",
    ),
    "instance with a reserved name": (
        "        fleet:\n",
        "        cluster: {definition: fleet}\n        fleet:\n",
        "12: clusters.main.systems.cluster: is reserved: choose another than cluster, dead-man, gateway, logging, monitoring, nobody",
    ),
    "instance with an impossible name": (
        "        fleet:\n",
        "        Acme_1: {definition: fleet}\n        fleet:\n",
        "12: clusters.main.systems.Acme_1: is not a name (lower-case letters, digits, hyphens; 40 at most)",
    ),
    "instance with the domains of its system": (
        "        fleet:\n",
        "        acme: {definition: fleet}\n        fleet:\n",
        "13: clusters.main.systems.fleet: uses domain fleet.example.com, which system 'acme' uses too",
    ),
    "system that is a list": (
        "        fleet:\n",
        "        fleet: [1]\n        flet:\n",
        [
            "12: clusters.main.systems.fleet: is not a mapping of keys",
            "13: clusters.main.systems.flet: is not a system in systems/; did you mean 'fleet'?",
        ],
    ),
    "systems as a number": (
        "      systems:\n",
        "      systems: 7\n    other:\n",
        [
            "11: clusters.main.systems: 7 is not a mapping of systems by name",
            "12: clusters.other: needs 'cloud': aws, azure or local",
        ],
    ),
    "unknown environment": (
        "environment: staging",
        "environment: prod",
        "2: environment: prod is not one of production, staging, local; did you mean 'production'?",
    ),
    "unknown cloud": (
        "cloud: aws",
        "cloud: azurre",
        "5: clusters.main.cloud: azurre is not supported; did you mean 'azure'?",
    ),
    "no cloud": ("cloud: aws", "clud: aws", "5: clusters.main.clud: is not a known key; did you mean 'cloud'?"),
    "unknown region": (
        "us-east-1",
        "us-est-1",
        "6: clusters.main.region: us-est-1 is not a region of AWS; did you mean 'us-east-1'? "
        f"Allowed: {', '.join(sorted(aws_settings.REGIONS))}, for example us-east-1",
    ),
    "short account": (
        "account: 111122223333",
        "account: 11112222333",
        "7: clusters.main.account: 11112222333 is not an AWS account (12 digits), for example '111122223333'",
    ),
    "account with a leading zero": (
        "account: 111122223333",
        "account: 011122223333",
        "7: clusters.main.account: '011122223333' without quotes is an octal number to Pulumi because of the "
        "leading 0: put it in quotes or remove the 0",
    ),
    "bad CIDR": (
        "10.20.0.0/16",
        "10.20.0.1/16",
        "8: clusters.main.network.cidr: 10.20.0.1/16 is not an IPv4 network in CIDR form, for example 10.20.0.0/16",
    ),
    "small network": (
        "10.20.0.0/16",
        "10.20.0.0/24",
        "8: clusters.main.network.cidr: 10.20.0.0/24 is not between /16 and /20",
    ),
    "network of the Services": (
        "10.20.0.0/16",
        "172.20.0.0/16",
        "8: clusters.main.network.cidr: 172.20.0.0/16 overlaps the addresses of Services, 172.20.0.0/16",
    ),
    "empty list": (
        "[203.0.113.0/24]",
        "[]",
        "9: clusters.main.kubernetes.authorizedNetworks: [] needs at least 1 of them",
    ),
    "moving version": (
        "version: 2.4.0",
        "version: latest",
        "13: clusters.main.systems.fleet.blue.version: latest is not a version, that is an immutable image tag "
        "('latest' is mutable), for example 2.4.0",
    ),
    "version that YAML changes": (
        "version: 2.4.0",
        "version: 2.40",
        f"13: clusters.main.systems.fleet.blue.version: 2.4 {RESPELLED}, for example 2.4.0",
    ),
    "weight without a version": (
        "version: 2.4.0",
        "weight: 50",
        "13: clusters.main.systems.fleet.blue.weight: 50 is the weight of a slot without a version: set 'version'",
    ),
    "unknown slot": (
        "blue:",
        "bleu:",
        "13: clusters.main.systems.fleet.bleu: is not a known key; did you mean 'blue'?",
    ),
    "encrypted value": (
        "region: us-east-1",
        "region: {secure: v1:abc}",
        "6: clusters.main.region: cannot be encrypted here: declare it under 'secrets' of the system",
    ),
    "unknown key of Pulumi's": ("config:", "confg:", "1: confg: is not a key of a stack file; did you mean 'config'?"),
    "unknown configuration key": (
        "slipway:environment:",
        "slipway:enviroment:",
        "2: enviroment: is not a known key; did you mean 'environment'?",
    ),
    "no systems there": (
        "  slipway:clusters:",
        "  slipway:systemsPath: nowhere\n  slipway:clusters:",
        "3: systemsPath: 'nowhere' has no folder with a system.yaml",
    ),
    "configuration as a number": (STACK, "config: 7\n", "1: config: is not a mapping of keys"),
    "no clusters": (
        STACK,
        "config:\n  slipway:environment: staging\n  slipway:clusters: {}\n",
        "3: clusters: {} needs at least 1 of them",
    ),
    "clusters without a value": (
        STACK,
        "config:\n  slipway:environment: staging\n  slipway:clusters:\n",
        "3: clusters: has no value",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), IN_SYSTEM.values(), ids=IN_SYSTEM)
def test_a_wrong_system_is_reported(workshop: Workshop, old: str, new: str, expected: str) -> None:
    """A mistake in a system is exactly one problem, with file, line, path, rule and a way out."""
    workshop.edit(FLEET, old, new)
    assert workshop.problems() == [f"{FLEET}:{expected}"]


@pytest.mark.parametrize(("old", "new", "expected"), IN_STACK.values(), ids=IN_STACK)
def test_a_wrong_stack_is_reported(workshop: Workshop, old: str, new: str, expected: str | list[str]) -> None:
    """A mistake in a stack is told with file, line, path, rule and a way out, and nothing else is."""
    workshop.edit(TEST, old, new)
    lines = [expected] if isinstance(expected, str) else expected
    assert workshop.problems() == [f"{TEST}:{line}" for line in lines]


def test_a_missing_file_is_reported(workshop: Workshop) -> None:
    """A stack without a file names the stacks that have one."""
    workshop.stack_file.rename(workshop.root / "Pulumi.prod.yaml")
    assert workshop.problems() == ["Pulumi.test.yaml: does not exist; allowed: prod"]


def test_a_very_long_file_is_reported(workshop: Workshop) -> None:
    """A file beyond any settings' size is refused before it is parsed."""
    workshop.write(FLEET, "# " + "x" * 1024 * 1024)
    assert workshop.problems() == [f"{FLEET}: is larger than 1 MiB, too large for a settings file"]


def test_text_that_is_not_utf_8_is_reported(workshop: Workshop) -> None:
    """Another encoding is named with the first line that shows it."""
    workshop.write(FLEET, "title: a\nowner: é".encode("latin-1"))
    assert workshop.problems() == [f"{FLEET}:2: is not UTF-8 text"]


def test_a_folder_in_place_of_a_file_is_reported(workshop: Workshop) -> None:
    """What cannot be opened says why."""
    workshop.stack_file.unlink()
    workshop.stack_file.mkdir()
    assert workshop.problems() == ["Pulumi.test.yaml: cannot be read: Is a directory"]


def test_overlapping_networks_are_reported(workshop: Workshop) -> None:
    """Two clusters of a stack may not share addresses."""
    other = STACK[STACK.index("    main:") :].replace("main:", "second:").replace("10.20.0.0", "10.20.128.0")
    workshop.write(TEST, STACK + other[: other.index("      systems:")].replace("/16", "/17"))
    assert workshop.problems() == [
        f"{TEST}:21: clusters.second.network.cidr: 10.20.128.0/17 overlaps the network of cluster 'main', 10.20.0.0/16"
    ]


def test_all_problems_come_together(workshop: Workshop) -> None:
    """Wrong forms do not hide broken relations, nor the stack's mistakes those of its systems."""
    workshop.edit(FLEET, "port: 3000", "port: 70000")
    workshop.edit(FLEET, "databases:\n", "databses:\n")
    workshop.edit(FLEET, "needs: [worker]", "needs: [wroker]")
    workshop.edit(TEST, "us-east-1", "us-east-9")
    workshop.edit(TEST, "10.20.0.0/16", "172.20.0.0/16")
    workshop.edit(TEST, "size: large", "syze: large")
    problems = [text.split(": ", 2)[:2] for text in workshop.problems()]
    assert problems == [
        [f"{TEST}:6", "clusters.main.region"],
        [f"{TEST}:8", "clusters.main.network.cidr"],
        [f"{TEST}:16", "clusters.main.systems.fleet.databases.fleet_db.syze"],
        [f"{FLEET}:7", "services.api.port"],
        [f"{FLEET}:9", "services.api.needs[0]"],
        [f"{FLEET}:18", "databses"],
    ]


CANARIES = [
    ("LEVEL: info", "LEVEL: [CANARY]"),
    ("LEVEL: info", "LEVEL: {x: CANARY}"),
    ("LEVEL: info", "PASSWORD: CANARY"),
    ("{secret: SIGNING_KEY}", "{secret: CANARY-1}"),
    ("{secret: SIGNING_KEY}", "{secret: [CANARY]}"),
    ("{generated: 32}", "CANARY"),
    ("{generated: 32}", "{generated: CANARY}"),
    ("{generated: 32}", "{supplied: ok, rotateEvery: CANARY}"),
    ("title: Fleet", "title: postgres://fleet:CANARY@db/fleet"),
    ("port: 3000", "port: sk_live_CANARY"),
    ("port: 3000", "port: [sk_live_CANARY]"),
    ("size: medium", "sk_live_CANARY: medium"),
    ("size: medium", "size: Zx9CANARY7fQ2kLm8Rt4Vw1Yb"),
    ("title: Fleet", "title: Fleet\nchecks: [{name: a, domain: web, path: /, token: CANARY}]"),
    ("title: Fleet", "title: Fleet\nchecks: [{name: a, domain: web, path: /, body: {x: [CANARY]}}]"),
    ("title: Fleet", "title: *CANARY"),
    ("title: Fleet", 'title: "CANARY\\q"'),
    ("title: Fleet", "title: !CANARY Fleet"),
]


@pytest.mark.parametrize(("old", "new"), CANARIES)
def test_no_secret_is_shown(workshop: Workshop, old: str, new: str) -> None:
    """A value that may be a secret is in no message, wherever and however it was written."""
    workshop.edit(FLEET, old, new)
    assert "CANARY" not in "\n".join(workshop.problems())
