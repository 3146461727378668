"""A file of Compose as a system."""

from __future__ import annotations

import shutil
import string
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slipway.settings.problems import InvalidSettings
from tests.slipway.compose.translating import FIXTURES, Result, result, service, translate


@cache
def shop() -> Result:
    """The fixture, which has a bit of everything."""
    with tempfile.TemporaryDirectory() as folder:
        for file in FIXTURES.iterdir():
            shutil.copy(file, folder)
        (Path(folder) / ".env").write_text("LOG_LEVEL=warning\nMAIL_PASSWORD=canary-env-2d2d\n")
        return result(Path(folder) / "compose.yaml", Path(folder))


def test_a_whole_application_is_a_valid_system() -> None:
    """`slipway check` has nothing against it."""
    assert shop().problems == []
    assert list(shop().definition["services"]) == ["web", "api", "prices", "worker"]


def test_no_secret_is_copied_or_printed() -> None:
    """From variables, files, addresses, arguments of programs and of builds, `.env`, whatever their role."""
    assert "canary" in (FIXTURES / "compose.yaml").read_text()
    assert "canary" not in shop().everything
    assert set(shop().definition["secrets"]) == {
        "SESSION_SECRET", "SENTRY_DSN", "SMTP_URL", "STRIPE_SECRET_KEY", "SIGNING_KEY", "UPLOAD_TOKEN",
    }  # fmt: skip
    assert all(set(each) == {"supplied"} for each in shop().definition["secrets"].values())


def test_addresses_become_references() -> None:
    """Of databases as a whole and in parts, of the broker, of services by URL, address and further port, of domains."""
    definition = shop().definition
    api, web = definition["services"]["api"], definition["services"]["web"]
    assert {name: each for name, each in api["environment"].items() if isinstance(each, dict) and "secret" not in each} == {
        "DATABASE_URL": {"database": "shop"},
        "JDBC": {"text": "jdbc:postgresql://{database.shop.host}:{database.shop.port}/{database.shop.name}"},
        "DOCUMENTATION": {"text": "see http://{service.prices.address}/docs"},
        **{f"DB_{part.upper()}": {"database": "shop", "field": part} for part in ("host", "port", "user", "password", "name")},
        "AMQP_URL": {"queue": "url"},
        "CACHE": {"cache": "cache"},
        "REDIS_HOST": {"cache": "cache", "as": "host"},
        "REDIS_PASSWORD": {"cache": "cache", "as": "password"},
        "PRICES": {"service": "prices", "as": "address"},
        "WEB_ORIGIN": {"domain": "web", "path": "/shop"},
    }  # fmt: skip
    assert web["environment"]["API_URL"] == {"service": "api"}
    assert web["environment"]["ADMIN_URL"] == {"service": "api", "port": "port-9000"}
    assert web["environment"]["SELF"] == {"domain": "web"}
    assert definition["caches"] == {"cache": {}}
    assert (definition["databases"], definition["queue"]) == ({"shop": {"version": "16"}}, {"vhost": "shop"})
    assert (web["needs"], api.get("needs")) == (["api"], None)


def test_an_address_that_no_reference_can_be_is_left_out_and_named() -> None:
    """Never copied: it would point nowhere."""
    api = shop().definition["services"]["api"]["environment"]
    assert "CACHE_ADDRESS" not in api
    remark = shop().remark("services.api.environment.CACHE_ADDRESS")
    assert remark.startswith("61: has the address of 'cache', which differs here: refer to it with {cache: cache}")


def test_a_store_that_a_variable_names_is_not_remarked() -> None:
    """Of the service that waits for a database, the broker and a cache, and has the addresses of all."""
    assert not [each for each in shop().remarks if "services.api.depends_on" in each]


def test_hosts_outside_are_let_out() -> None:
    """By host and port, also where the address is a secret."""
    assert shop().definition["services"]["api"]["egress"] == [
        {"host": "o1.ingest.example.io"},
        {"host": "api.stripe.com"},
        {"host": "smtp.example.net", "port": 587},
    ]


def test_probes_sizes_and_ends_are_translated() -> None:
    services = shop().definition["services"]
    times = {"periodSeconds": 15, "timeoutSeconds": 5, "failures": 4}
    assert services["web"]["health"] == {
        "path": "/healthz",
        "startupSeconds": 180,
        "readiness": times,
        "liveness": times,
    }
    assert services["web"]["replicas"] == {"minimum": 3, "maximum": 6}
    assert services["web"]["resources"] == {"cpuLimit": "500m", "memory": "128Mi", "memoryLimit": "128Mi"}
    assert services["prices"]["health"] == {"by": "grpc"}
    assert services["worker"]["health"] == {"by": "exec", "command": ["sh", "-c", "bin/alive || exit 1"]}
    assert services["api"]["health"] == {"by": "tcp"}
    assert {key: services["api"][key] for key in ("drainSeconds", "user", "writable", "args")} == {
        "drainSeconds": 90,
        "user": 1001,
        "writable": ["/tmp", "/run"],
        "args": ["serve", "--workers", "4"],
    }


def test_images_are_own_or_those_of_others() -> None:
    services = shop().definition["services"]
    assert (services["web"]["image"], services["api"]["image"]) == ("example/shop-web", "shop/api")
    assert services["prices"]["image"]["repository"] == "ghcr.io/example/prices"
    assert services["prices"]["image"]["digest"].startswith("sha256:8f2c")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("services.web.build", "11: is built here: push it as 'example/shop-web'"),
        ("services.web.build.args.NPM_TOKEN", "15: is a secret and was not copied"),
        ("services.web.build.args.NODE_VERSION", "16: belongs to the build of the image"),
        ("services.web.ports.1", "17: is published to the own machine only"),
        ("services.web.environment.REGION", "24: comes from REGION, which has no value here"),
        ("services.api.healthcheck", "39: is not there: 'health' asks only whether port 8000 is open"),
        ("services.api.volumes.0", "71: is a disk that worker mounts too, and a disk has one pod"),
        ("services.api.volumes.1", "72: mounts files of the own machine at /app"),
        ("services.api.volumes.2", "73: is the socket of Docker"),
        ("services.api.secrets.1", "65: is a file there and the variable UPLOAD_TOKEN here"),
        ("services.prices.cap_add", "77: is refused: pods have no capabilities"),
        ("services.worker.command", "80: has a secret in it and was not copied"),
        ("services.migrate", "84: ends when it is done"),
        ("services.debug.profiles", "91: runs with a profile only"),
        ("services.db.volumes.1", "95: are scripts of an empty database"),
        ("services.files", "102: was not translated: files belong into 'buckets'"),
    ],
)
def test_what_is_not_translated_is_named_with_its_line_and_what_to_do(path: str, message: str) -> None:
    assert shop().remark(path).startswith(message)


def test_every_remark_is_of_a_file_and_a_line() -> None:
    assert shop().remarks
    for each in shop().translation.remarks:
        lines = (FIXTURES / each.file).read_text().splitlines()
        assert 1 <= each.line <= len(lines)
        assert (
            each.path.split(".")[-1].split("_")[0].lower() in " ".join(lines).lower()
            or each.path.split(".")[-1].isdigit()
        )


APP = "services:\n  app: {image: 'e.io/a:1', expose: [80], "
PLACES = {
    "a variable": APP + "environment: {API_TOKEN: QUOTED}}\n",
    "a listed variable": APP + "environment: [LISTED]}\n",
    "a database's own": APP + "}\n  db: {image: 'postgres:17', environment: {POSTGRES_PASSWORD: QUOTED}}\n",
    "a variable with the same value": APP + "environment: {POSTGRES_PASSWORD: QUOTED, GREETING: QUOTED}}\n",
    "a default": APP + "environment: {GREETING: DEFAULT}}\n",
    "an argument": APP + "command: [serve, --password, QUOTED]}\n",
    "an argument with the same value": APP + "environment: {API_TOKEN: QUOTED}, command: [serve, -x, QUOTED]}\n",
    "a health check": APP + "environment: {API_TOKEN: QUOTED}, healthcheck: {test: [CMD, ask, QUOTED]}}\n",
    "an argument of the build": APP + "build: {context: ., args: {NPM_TOKEN: QUOTED}}}\n",
    "a label": APP + "labels: {secret: QUOTED}}\n",
    "a key of nobody": APP + "pass: QUOTED}\n",
}
PASSWORDS = st.text(string.ascii_letters + string.digits + "!#%&*+,-./:;<=>?@[]^_`{|}~'\" ", min_size=8, max_size=40)


@pytest.mark.parametrize("place", PLACES)
@given(password=PASSWORDS)
@example(password="hunter2!hunter2")
@example(password="12345678901")
@example(password="on: {a}, [b] #c")
def test_a_password_is_never_written_or_printed_wherever_it_is(place: str, password: str) -> None:
    """In the definition, in what is said about it, or in an error."""
    password = f"q7{password.strip()}7q"  # a text that nothing else has in it
    if place == "a default":
        password = password.replace("{", "").replace("}", "")
    quoted = password.replace("'", "''")
    words = {"QUOTED": f"'{quoted}'", "LISTED": f"'API_TOKEN={quoted}'", "DEFAULT": f"'${{APP_SECRET:-{quoted}}}'"}
    text = PLACES[place]
    for word, value in words.items():
        text = text.replace(word, value)
    with tempfile.TemporaryDirectory() as folder:
        try:
            printed = translate(Path(folder), text).everything
        except InvalidSettings as error:
            printed = str(error)
    assert password not in printed


def test_a_value_of_dotenv_is_used_unless_it_is_a_secret(tmp_path: Path) -> None:
    """Which it is by the variable's name."""
    text = "    environment: {LEVEL: '${LEVEL}', GREETING: '${ROOT_PASSWORD}'}\n    expose: ['80']\n"
    found = service(tmp_path, text, _env="LEVEL=debug\nROOT_PASSWORD=canary-11\n")
    assert found.definition["services"]["app"]["environment"] == {"LEVEL": "debug", "GREETING": {"secret": "GREETING"}}
    assert "canary-11" not in found.everything


def test_services_with_other_values_have_secrets_of_their_own(tmp_path: Path) -> None:
    """And the same one where the value is the same."""
    app = "image: 'e.io/a:1', expose: [80]"
    text = "\n".join(
        f"  {name}: {{{app}, environment: {{API_KEY: {key}}}}}" for name, key in (("a", "k1"), ("b", "k2"), ("c", "k1"))
    )
    services = translate(tmp_path, f"services:\n{text}\n").definition["services"]
    assert [each["environment"]["API_KEY"]["secret"] for each in services.values()] == [
        "API_KEY",
        "B_API_KEY",
        "API_KEY",
    ]


def test_a_tag_that_moves_is_left_to_people(tmp_path: Path) -> None:
    """`slipway check` names it, so nothing is green that changes by itself."""
    for tag in ("", ":latest"):
        found = translate(tmp_path, f"services:\n  app: {{image: 'nginx{tag}', ports: ['80:80']}}\n")
        assert found.definition["services"]["app"]["image"] == {"repository": "docker.io/library/nginx"}
        assert "moves with its tag" in found.remark("services.app.image")
        assert len(found.problems) == 1
        assert "has neither 'tag' nor 'digest'" in found.problems[0]
        assert "which some nodes keep for root" in found.remark("services.app.ports")


def test_a_worker_without_a_health_check_is_refused_until_somebody_says_why(tmp_path: Path) -> None:
    """Nobody else knows whether it ends when it cannot work."""
    found = service(tmp_path, "    command: work\n")
    assert found.definition["services"]["app"]["health"] == {"by": "none"}
    assert "set 'reason' to why" in found.problems[0]


def test_a_service_of_another_file_is_extended(tmp_path: Path) -> None:
    """Mappings are merged and lists appended; a file that is missing is refused with its line."""
    base = "services:\n  base:\n    image: e.io/base:1\n    environment: [A=1, B=1]\n    expose: ['80']\n    command: [one]\n"
    (tmp_path / "base.yaml").write_text(base)
    own = "    environment: {B: '2'}\n    expose: ['81']\n    command: [two]\n"
    text = f"services:\n  app:\n    extends: {{file: FILE, service: base}}\n{own}"
    app = translate(tmp_path, text.replace("FILE", "base.yaml")).definition["services"]["app"]
    assert app["environment"] == {"A": "1", "B": "2"}
    assert (app["port"], app["ports"], app["args"]) == (80, {"port-81": 81}, ["two"])
    with pytest.raises(
        InvalidSettings, match=r"compose\.yaml:3: services\.app\.extends: names a file that does not exist"
    ):
        translate(tmp_path, text.replace("FILE", "other.yaml"))
    with pytest.raises(InvalidSettings, match="extends itself"):
        translate(tmp_path, "services:\n  a: {extends: b}\n  b: {extends: a}\n")
    with pytest.raises(InvalidSettings, match=r"names no service of compose\.yaml; did you mean 'base'"):
        translate(tmp_path, "services:\n  app: {extends: bass}\n  base: {image: 'e.io/b:1'}\n")


def test_what_cannot_be_a_system_is_refused(tmp_path: Path) -> None:
    """A database alone runs nothing."""
    with pytest.raises(InvalidSettings, match=r"compose\.yaml:1: services: has no program of its own to run"):
        translate(tmp_path, "services:\n  db: {image: 'postgres:17'}\n")


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        ("[CMD-SHELL, 'wget -qO- http://127.0.0.1:3000/ready || exit 1']", {"path": "/ready"}),
        ("curl -f http://localhost:9000", {"path": "/", "port": 9000}),
        ('[CMD-SHELL, "curl -s --noproxy localhost localhost:3000/live | grep -q OK"]', {"path": "/live"}),
        ("curl -f localhost", {"path": "/", "port": 80}),
        ("curl -fk https://localhost:3000/x", {"by": "tcp"}),
        ("[CMD, nc, -z, localhost, '3000']", {"by": "tcp"}),
        ("[CMD, /bin/grpc_health_probe, '-addr=:3001']", {"by": "grpc", "port": 3001}),
        ("[CMD, bin/ok, --all]", {"by": "exec", "command": ["bin/ok", "--all"]}),
        ("[NONE]", {"by": "tcp"}),
    ],
)
def test_a_health_check_becomes_the_probe_that_asks_the_same(tmp_path: Path, test: str, wanted: dict) -> None:  # type: ignore[type-arg]
    found = service(tmp_path, f"    expose: ['3000']\n    healthcheck: {{test: {test}}}\n")
    assert found.definition["services"]["app"]["health"] == wanted
    assert found.problems == []


def test_a_check_that_was_not_copied_is_refused_until_there_is_another(tmp_path: Path) -> None:
    """A command in its place would be one that no image has."""
    found = service(
        tmp_path, "    environment: {API_TOKEN: canary-9c}\n    healthcheck: {test: ask --token canary-9c}\n"
    )
    assert found.definition["services"]["app"]["health"] == {"by": "exec"}
    (problem,) = found.problems
    assert "runs a command, but names none" in problem


@pytest.mark.parametrize(
    ("lines", "ports", "said"),
    [
        ("ports: ['127.0.0.1:3000:3000']", {"port": 3000}, "for a proxy there or for debugging: it got no domain"),
        ("ports: ['127.0.0.1:9229:9229']\n    expose: ['3000']", {"port": 3000}, "for debugging, and was left out"),
        ("ports: ['[::1]:9229:9229', '80:3000']", {"port": 3000}, "for debugging, and was left out"),
    ],
)
def test_a_port_for_the_own_machine_is_the_only_one_or_none(
    tmp_path: Path, lines: str, ports: dict[str, int], said: str
) -> None:
    """A program behind a proxy of its machine listens there; a debugger beside another port is left out."""
    found = service(tmp_path, f"    {lines}\n")
    app = found.definition["services"]["app"]
    assert {key: app[key] for key in ("port", "ports") if key in app} == ports
    assert said in found.remark("services.app.ports.0")
    assert ("routes" in app) == ("80:3000" in lines)


def test_services_that_share_lines_are_remarked_once(tmp_path: Path) -> None:
    """By an anchor, as many projects write them."""
    common = "x-common: &common\n  image: ghcr.io/example/app:1.0.0\n  expose: ['80']\n"
    found = translate(
        tmp_path, f"{common}services:\n  web: {{<<: *common}}\n  api: {{<<: *common}}\n  jobs: {{<<: *common}}\n"
    )
    (said,) = [each for each in found.remarks if "image.digest" in each]
    assert said.startswith("compose.yaml:2: services.api.image: ")
    assert said.endswith("; the same for jobs, web")


def test_a_service_may_know_its_own_address(tmp_path: Path) -> None:
    """As all that share variables do; it differs here."""
    found = service(tmp_path, "    expose: ['80']\n    environment: {SELF: 'http://app/x', API: 'http://app:80'}\n")
    own = found.definition["services"]["app"]["environment"]
    assert own == {"SELF": {"text": "http://{service.app.address}/x"}, "API": {"service": "app"}}
    assert found.problems == []


def test_an_empty_secret_is_named(tmp_path: Path) -> None:
    """A file of examples leaves values out that the program may need."""
    found = service(tmp_path, "    expose: ['80']\n    environment: {SECRET_KEY_BASE: '', OTHER: ''}\n")
    assert "is empty: if the program needs it" in found.remark("services.app.environment.SECRET_KEY_BASE")
    assert [each for each in found.remarks if "OTHER" in each] == []


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("postgres:17.2-alpine", {"version": "17"}),
        ("pgvector/pgvector:pg16", {"version": "16", "extensions": ["vector"]}),
        ("postgis/postgis:15-3.4", {"version": "15", "extensions": ["postgis"]}),
        ("postgres:12", {}),
        ("postgres", {}),
        ("mongo:8", {"engine": "mongodb"}),
    ],
)
def test_a_server_of_databases_becomes_one(tmp_path: Path, image: str, wanted: dict) -> None:  # type: ignore[type-arg]
    """With a version that the system can have, or its default and a remark; `postgres` is no name of one."""
    found = translate(
        tmp_path,
        f"services:\n  app: {{image: 'e.io/a:1', expose: [80]}}\n  db: {{image: '{image}', environment: {{POSTGRES_DB: postgres}}}}\n",
    )
    assert list(found.definition["databases"].values()) == [wanted]
    assert found.problems == []
    assert any("PostgreSQL 12 gets no fixes" in each for each in found.remarks) == (image == "postgres:12")


def test_services_may_call_each_other(tmp_path: Path) -> None:
    """By their references; `needs` is what one waits for, and nothing else."""
    found = translate(
        tmp_path,
        "services:\n"
        "  a: {image: 'e.io/a:1', expose: [80], environment: {B: 'http://b:81'}, depends_on: [b]}\n"
        "  b: {image: 'e.io/b:1', expose: [81], environment: {A: 'http://a'}, depends_on: [c]}\n"
        "  c: {image: 'e.io/c:1', expose: [82]}\n",
    )
    services = found.definition["services"]
    assert [each.get("needs") for each in services.values()] == [["b"], ["c"], None]
    assert found.problems == []
    assert "is not in a variable" in found.remark("services.b.depends_on.c")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("http://web:80/api/v1?x={y}", "http://{service.web.address}/api/v1?x={{y}}"),
        (
            "http://web:80/a,http://web:9090/b",
            "http://{service.web.address}/a,http://{service.web.address.port-9090}/b",
        ),
        (
            "postgresql+asyncpg://shop:canary-pw-1@db:5432/shop?sslmode=disable",
            "postgresql+asyncpg://{database.shop.user}:{database.shop.password}@{database.shop.host}:{database.shop.port}"
            "/{database.shop.name}?sslmode=require",
        ),
        (
            "jdbc:postgresql://db/shop",
            "jdbc:postgresql://{database.shop.host}:{database.shop.port}/{database.shop.name}",
        ),
        ("Server=db;Database=shop;Password=canary-pw-1", None),
        ("redis://cache:6379/3", None),
        ("http://shop:canary-pw-1@web:80", None),
    ],
)
def test_addresses_in_a_text_become_placeholders(tmp_path: Path, text: str, wanted: str | None) -> None:
    """Or the whole is left out and named: nothing of it is copied half."""
    login = "environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD: canary-pw-1, POSTGRES_DB: shop}"
    others = f"  web: {{image: 'e.io/w:1', expose: [80, 9090]}}\n  db: {{image: 'postgres:17', {login}}}\n  cache: {{image: 'redis:8'}}\n"
    found = translate(
        tmp_path,
        f"services:\n  app: {{image: 'e.io/a:1', expose: [3000], environment: {{ADDRESS: '{text}'}}}}\n{others}",
    )
    value = found.definition["services"]["app"].get("environment", {}).get("ADDRESS")
    assert value == (wanted and {"text": wanted})
    assert any("environment.ADDRESS: has the address of" in each for each in found.remarks) == (wanted is None)
    assert found.problems == []
    assert "canary" not in found.everything


def test_keys_on_one_line_are_remarked_each(tmp_path: Path) -> None:
    """Only the same key of several services is one remark."""
    found = service(
        tmp_path,
        "    expose: [80]\n    environment: [AAA, BBB, CCC]\n"
        "    deploy: {endpoint_mode: vip, labels: {a: b}, placement: {constraints: []}}\n",
    )
    assert [each.path for each in found.translation.remarks if each.line in (5, 6)] == [
        *(f"services.app.environment.{name}" for name in ("AAA", "BBB", "CCC")),
        *(f"services.app.deploy.{name}" for name in ("endpoint_mode", "labels", "placement")),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        "deploy: {mode: replicated-job}",
        "deploy: {mode: global-job}",
        "deploy: {restart_policy: {condition: none}}",
        "restart: 'no'",
    ],
)
def test_a_program_that_ends_is_no_service(tmp_path: Path, lines: str) -> None:
    """In all ways that Compose has to say so; a database is one however it is started."""
    found = service(
        tmp_path,
        f"    expose: [80]\n  job:\n    image: e.io/b:1\n    {lines}\n  db: {{image: 'postgres:17', restart: 'no'}}\n",
    )
    assert list(found.definition["services"]) == ["app"]
    assert list(found.definition["databases"]) == ["db"]
    assert "ends when it is done" in found.remark("services.job")


@pytest.mark.parametrize(
    ("lines", "path", "text"),
    [
        ("platform: windows/amd64", "platform", "is one that no node has"),
        ("shm_size: 1g", "shm_size", "cannot be set: /dev/shm"),
        ("annotations: {a: b}", "annotations", "are for other programs"),
        ("post_start: [{command: bin/a}, {command: bin/b}]", "post_start", "is 'postStart', one command with the user"),
        ("pre_stop: [{command: bin/a, user: root}]", "pre_stop", "is 'preStop', one command with the user"),
        ("pre_stop: [{command: 'bin/a --password hunter22x'}]", "pre_stop", "has a secret in it and was not copied"),
        ("post_start: [{command: 'bin/a ${UNKNOWN}'}]", "post_start", "has UNKNOWN in it, without a value here"),
        ("cpu_shares: 100", "cpu_shares", "has no counterpart in a system"),
        (
            "deploy: {placement: {constraints: [node.role == worker]}}",
            "deploy.placement",
            "chooses nodes by their names",
        ),
        ("deploy: {endpoint_mode: vip}", "deploy.endpoint_mode", "has no counterpart in a system"),
        ("deploy: {resources: {limits: {pids: 100}}}", "deploy.resources.limits.pids", "cannot be set"),
        (
            "deploy: {resources: {reservations: {devices: [{capabilities: [tpu]}]}}}",
            "deploy.resources.reservations.devices",
            "cannot be",
        ),
    ],
)
def test_keys_without_a_counterpart_are_named(tmp_path: Path, lines: str, path: str, text: str) -> None:
    found = service(tmp_path, f"    expose: [80]\n    {lines}\n")
    assert found.remark(f"services.app.{path}").startswith(f"5: {text}")


def test_commands_at_the_start_and_the_end_are_translated(tmp_path: Path) -> None:
    """As words, whichever way they are written."""
    found = service(
        tmp_path,
        "    expose: [80]\n    post_start: [{command: bin/warm --all}]\n    pre_stop: [{command: [bin/drain, '1 2']}]\n",
    )
    app = found.definition["services"]["app"]
    assert (app["postStart"], app["preStop"]) == (["bin/warm", "--all"], ["bin/drain", "1 2"])
    assert not [each for each in found.remarks if "post_start" in each or "pre_stop" in each]
    assert found.problems == []


def test_a_program_that_may_end_without_a_failure_is_named(tmp_path: Path) -> None:
    """Kubernetes starts it again; one with a port does not end."""
    found = service(
        tmp_path, "    restart: on-failure\n  web: {image: 'e.io/b:1', expose: [80], restart: on-failure}\n"
    )
    assert "starts it again here also when it ends" in found.remark("services.app.restart")
    assert not [each for each in found.remarks if "web.restart" in each]


def test_an_image_for_another_architecture_is_placed_on_nodes_of_it(tmp_path: Path) -> None:
    """The usual one needs no word."""
    found = service(
        tmp_path,
        "    expose: [80]\n    platform: linux/arm64/v8\n  b: {image: 'e.io/b:1', expose: [80], platform: linux/amd64}\n",
    )
    services = found.definition["services"]
    assert services["app"]["placement"] == {"architecture": "arm64"}
    assert "placement" not in services["b"]
    assert found.problems == []


def test_paths_of_a_service_in_another_folder_lead_from_there(tmp_path: Path) -> None:
    """Its files of variables, and what it mounts, as Compose reads them."""
    folder = tmp_path / "common"
    folder.mkdir()
    (folder / "base.yaml").write_text(
        "services:\n  base:\n    image: e.io/b:1\n    expose: [80]\n    env_file: [base.env]\n"
        "    volumes: ['./words.txt:/etc/words:ro', {type: bind, source: more.txt, target: /etc/more}]\n"
    )
    (folder / "base.env").write_text("A=1\n")
    (folder / "words.txt").write_text("umbrella\n")
    (folder / "more.txt").write_text("rain\n")
    found = translate(
        tmp_path,
        "services:\n  app: {extends: {file: common/base.yaml, service: base}, env_file: own.env}\n",
        own_env="B=2\n",
    )
    app = found.definition["services"]["app"]
    assert app["environment"] == {"A": "1", "B": "2"}
    assert app["files"] == {"/etc/words": "umbrella\n", "/etc/more": "rain\n"}
    assert not [each for each in found.remarks if "env_file" in each]


def test_lists_and_mappings_are_merged_whatever_form_they_have(tmp_path: Path) -> None:
    """One name without a list, and a list of names where the other one is a mapping."""
    found = translate(
        tmp_path,
        "services:\n  app: {extends: base, depends_on: {b: {condition: service_started}}, env_file: own.env}\n"
        "  base: {image: 'e.io/c:1', expose: [80], depends_on: [a], env_file: [base.env]}\n"
        "  a: {image: 'e.io/a:1', expose: [80]}\n  b: {image: 'e.io/b:1', expose: [80]}\n",
        own_env="B=2\n",
        base_env="A=1\n",
    )
    app = found.definition["services"]["app"]
    assert app["environment"] == {"A": "1", "B": "2"}
    assert app["needs"] == ["a", "b"]


@pytest.mark.parametrize(
    ("original", "name"),
    [
        ("flagd", "flagd-app"),
        ("pdf-exporter", "pdf-exporter-app"),
        ("migrate-all", "app-migrate-all"),
        ("web-http", "web-http-app"),
    ],
)
def test_a_name_that_slipway_uses_is_another_one_in_the_system(tmp_path: Path, original: str, name: str) -> None:
    """Of a service, whose references have it too; `slipway check` would refuse the first one."""
    text = (
        f"services:\n  {original}: {{image: 'e.io/a:1', ports: ['80:8080'], environment: {{WHERE: 'http://other'}}}}\n"
        f"  other: {{image: 'e.io/b:1', ports: ['81:80'], environment: {{WHERE: 'http://{original}:8080'}}}}\n"
    )
    found = translate(tmp_path, text)
    assert list(found.definition["services"]) == [name, "other"]
    assert found.definition["services"]["other"]["environment"] == {"WHERE": {"service": name}}
    assert (
        found.remark(f"services.{original}")
        == f"2: is '{name}' in the system, because Slipway gives such names to objects of its own"
    )
    assert found.problems == []


def test_names_of_stores_that_slipway_uses_are_others_too(tmp_path: Path) -> None:
    text = (
        "services:\n  app: {image: 'e.io/a:1', expose: [80], environment: {DB_URL: 'postgres://u:p@db/user_roles', C: 'redis://cache-blue'}}\n"
        "  db: {image: 'postgres:17', environment: {POSTGRES_DB: user_roles, POSTGRES_PASSWORD: p}}\n  cache-blue: {image: 'redis:7'}\n"
    )
    found = translate(tmp_path, text)
    assert (list(found.definition["databases"]), list(found.definition["caches"])) == (
        ["user_roles_db"],
        ["cache-blue-app"],
    )
    assert found.definition["services"]["app"]["environment"] == {
        "DB_URL": {"database": "user_roles_db"},
        "C": {"cache": "cache-blue-app"},
    }
    assert found.problems == []


@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        ("", True),
        ("    ports: ['80:80']\n", False),
        ("    expose: [80]\n", False),
        ("    healthcheck: {test: bin/ok}\n", False),
    ],
)
def test_a_server_that_nobody_starts_again_is_a_service(tmp_path: Path, lines: str, ends: bool) -> None:
    """`restart: no` is what Compose does where nothing is said; what nobody asks for anything and nobody starts again, ends."""
    text = f"services:\n  web: {{image: 'e.io/w:1', expose: [80]}}\n  app:\n    image: e.io/a:1\n    restart: 'no'\n{lines}"
    assert ("app" in translate(tmp_path, text).definition["services"]) is not ends


@pytest.mark.parametrize(
    ("named", "services"), [("", ["web"]), ("extra,other", ["web", "more"]), ("*", ["web", "more", "debug"])]
)
def test_profiles_that_the_project_uses_count(tmp_path: Path, named: str, services: list[str]) -> None:
    """Those that COMPOSE_PROFILES of `.env` names, as Compose reads it."""
    text = (
        "services:\n  web: {image: 'e.io/w:1', expose: [80]}\n  more: {image: 'e.io/m:1', expose: [80], profiles: [extra]}\n"
        "  debug: {image: 'e.io/d:1', expose: [80], profiles: [debug]}\n"
    )
    found = translate(tmp_path, text, _env=f"COMPOSE_PROFILES={named}\n")
    assert list(found.definition["services"]) == services
    assert [each.path for each in found.translation.remarks if each.path.endswith("profiles")] == [
        f"services.{each}.profiles" for each in ("more", "debug") if each not in services
    ]


def test_what_has_no_service_says_why(tmp_path: Path) -> None:
    """Of each group of containers, so that people see what to change."""
    text = (
        "services:\n  db: {image: 'postgres:17'}\n  mail: {image: 'axllent/mailpit'}\n  job: {image: 'e.io/j:1', restart: 'no'}\n"
        "  web: {image: 'e.io/w:1', profiles: [web]}\ninclude: [other.yaml]\n"
    )
    with pytest.raises(InvalidSettings) as raised:
        translate(tmp_path, text)
    assert str(raised.value.problems[0]) == (
        "compose.yaml:1: services: has no program of its own to run, and a system needs one; data stores: db; without a place in a "
        "system: mail; ends when it is done: job; with a profile that COMPOSE_PROFILES in .env does not name: web; not read: what "
        "'include' names; write them as one file: docker compose config --no-interpolate > whole.yaml"
    )


def test_other_files_that_compose_reads_are_named(tmp_path: Path) -> None:
    """By COMPOSE_FILE and `include`, with the command that makes one file of all."""
    found = service(
        tmp_path, "    expose: [80]\ninclude: [b.yaml]\n", _env="COMPOSE_FILE=compose.yaml:compose.prod.yaml\n"
    )
    reported = [each for each in found.remarks if "docker compose config --no-interpolate" in each]
    assert ["COMPOSE_FILE in .env names other files" in each for each in reported] == [True, False]
    alone = service(tmp_path, "    expose: [80]\n", _env="COMPOSE_FILE=compose.yaml\n")
    assert not [each for each in alone.remarks if "COMPOSE_FILE" in each]


def test_services_that_have_been_alone_are_named(tmp_path: Path) -> None:
    """Unless the file says how many there are, or a volume does."""
    text = "services:\n" + "".join(
        f"  {name}: {{image: 'e.io/a:1', expose: [80], {keys}}}\n"
        for name, keys in (
            ("beat", ""),
            ("web", "deploy: {replicas: 3}"),
            ("old", "scale: 2"),
            ("disk", "volumes: ['d:/d']"),
        )
    )
    found = translate(tmp_path, text + "volumes: {d: {}}\n").translation.guesses["services"]
    assert found.startswith("run as 2 to 6 pods each, and as one container until now: set 'singleton'")
    assert found.endswith(", of beat")


@pytest.mark.parametrize(
    ("lines", "gpus", "guessed"),
    [
        ("deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 2, capabilities: [gpu]}]}}}", 2, False),
        ("deploy: {resources: {reservations: {devices: [{device_ids: ['0', '3'], capabilities: [gpu]}]}}}", 2, False),
        ("deploy: {resources: {reservations: {devices: [{count: all, capabilities: [gpu]}]}}}", 1, True),
        ("gpus: all", 1, True),
        ("gpus: [{driver: nvidia, count: 1}]", 1, False),
    ],
)
def test_gpus_are_those_of_the_placement(tmp_path: Path, lines: str, gpus: int, guessed: bool) -> None:
    """All of the machine's are one here, which is said; each needs nodes that have some."""
    found = service(tmp_path, f"    expose: [80]\n    {lines}\n")
    assert found.definition["services"]["app"]["placement"] == {"gpus": gpus}
    (reported,) = [each for each in found.remarks if "needs a node pool with GPUs" in each]
    assert ("is all GPUs of the machine there, and one here" in reported) == guessed
    assert found.problems == []
