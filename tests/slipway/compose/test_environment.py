"""Variables of services."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.settings.problems import InvalidSettings
from tests.slipway.compose.translating import Result, service, translate

KEY = '"-----BEGIN RSA PRIVATE KEY-----\nMIIEcanary\nab/cd+canary==\n-----END RSA PRIVATE KEY-----"'


def app(found: Result) -> dict:  # type: ignore[type-arg]
    return found.definition["services"]["app"]


def test_a_key_of_several_lines_is_one_secret(tmp_path: Path) -> None:
    """From a file of variables and from `.env`; what follows is there too, and nothing of the key is printed."""
    found = service(
        tmp_path,
        "    expose: [80]\n    env_file: app.env\n    environment: {OTHER: '${OTHER_PRIVATE_KEY}', B: '${B}'}\n",
        app_env=f"JWT_PRIVATE_KEY={KEY}\nA=1\nURL=http://${{B}}.example.com/x\n",
        _env=f"OTHER_PRIVATE_KEY={KEY}\nB=2\n",
    )
    assert app(found)["environment"] == {
        "JWT_PRIVATE_KEY": {"secret": "JWT_PRIVATE_KEY"},
        "A": "1",
        "URL": "http://2.example.com/x",
        "OTHER": {"secret": "OTHER"},
        "B": "2",
    }
    assert "canary" not in found.everything
    assert found.problems == []


def test_a_key_without_quotes_is_refused(tmp_path: Path) -> None:
    """By file and line, as Compose does; no line of it is printed as a name."""
    key = f"A=1\nJWT_PRIVATE_KEY={KEY[1:-1]}\n"
    for beside in ({"app_env": key}, {"_env": key, "app_env": ""}):
        with pytest.raises(InvalidSettings, match=r"env:4: is not NAME=value") as raised:
            service(tmp_path, "    expose: [80]\n    env_file: app.env\n", **beside)
        assert "canary" not in str(raised.value)


def database(folder: Path, variables: str, server: str = "") -> Result:
    """A service with variables, and a server of PostgreSQL called `db`."""
    return translate(
        folder,
        f"services:\n  app: {{image: 'e.io/a:1', expose: [80], environment: {{{variables}}}}}\n"
        f"  db: {{image: 'postgres:17', environment: {{POSTGRES_USER: u, POSTGRES_PASSWORD: canary-pw-1{server}}}}}\n",
    )


@pytest.mark.parametrize(
    "variables",
    [
        "DB_HOST: db, DB_NAME: shop_production",
        "DB_HOST: 'db:5432', DB_NAME: shop_production",
        "PGHOST: db, PGDATABASE: shop_production",
        "DB_HOST: db, POSTGRES_DB: shop_production",
        "POSTGRES_DB_HOST: db, POSTGRES_DB_NAME: shop_production",
        "URL: 'postgres://u:canary-pw-1@db/shop_production'",
        "URL: 'jdbc:postgresql://db:5432/shop_production'",
    ],
)
def test_the_database_is_the_one_that_services_name(tmp_path: Path, variables: str) -> None:
    """Where its server begins with none of that name, a program makes it itself."""
    found = database(tmp_path, variables)
    assert list(found.definition["databases"]) == ["shop_production"]
    assert all(isinstance(each, dict) for each in app(found)["environment"].values())
    assert found.problems == []


def test_a_login_in_parts_is_one_of_the_database(tmp_path: Path) -> None:
    """By the words of the variables, also where the host has another prefix."""
    found = database(
        tmp_path, "DB_HOST: db, POSTGRES_DB: x, POSTGRES_USER: u, POSTGRES_PASSWORD: other, APP_NAME: Shop"
    )
    assert app(found)["environment"] == {
        "DB_HOST": {"database": "x", "field": "host"},
        "POSTGRES_DB": {"database": "x", "field": "name"},
        "POSTGRES_USER": {"database": "x", "field": "user"},
        "POSTGRES_PASSWORD": {"database": "x", "field": "password"},
        "APP_NAME": "Shop",
    }


@pytest.mark.parametrize(
    "second",
    ["postgres://u:canary-pw-1@db/y", "postgresql+asyncpg://u:canary-pw-1@db:5432/y", "jdbc:postgresql://db/y"],
)
def test_a_second_database_of_a_server_is_named(tmp_path: Path, second: str) -> None:
    """Never taken for the first one: its variable is left out."""
    found = database(tmp_path, f"A: 'postgres://u:canary-pw-1@db/x', B: '{second}'")
    assert app(found)["environment"] == {"A": {"database": "x"}}
    assert "names another database of 'db' than 'x'" in found.remark("services.app.environment.B")
    assert found.problems == []


def test_a_second_database_in_parts_is_named(tmp_path: Path) -> None:
    found = database(tmp_path, "DB_HOST: db, DB_NAME: x, CACHE_DB_HOST: db, CACHE_DB_NAME: y", ", POSTGRES_DB: x")
    assert app(found)["environment"]["DB_NAME"] == {"database": "x", "field": "name"}
    assert "CACHE_DB_NAME" not in app(found)["environment"]
    assert "names another database" in found.remark("services.app.environment.CACHE_DB_NAME")


def test_a_database_that_nobody_names_is_remarked(tmp_path: Path) -> None:
    """What the server begins with may have data."""
    found = database(tmp_path, "URL: 'postgres://u:canary-pw-1@db/y'", ", POSTGRES_DB: x")
    assert list(found.definition["databases"]) == ["y"]
    assert "has the database 'y' for 'x'" in found.remark("services.db")


def test_parameters_of_an_address_stay(tmp_path: Path) -> None:
    """Unless the server decides them."""
    found = database(tmp_path, "A: 'postgres://u:canary-pw-1@db/x?schema=one', B: 'postgres://db/x?sslmode=disable'")
    own = app(found)["environment"]
    assert own["A"]["text"].endswith("/{database.x.name}?schema=one")
    assert own["B"] == {"database": "x"}
    assert "canary" not in found.everything


def test_the_password_of_a_cache_may_be_named_after_its_host(tmp_path: Path) -> None:
    found = translate(
        tmp_path,
        "services:\n  app: {image: 'e.io/a:1', expose: [80], environment: {REDIS_HOST: redis, REDIS_HOST_PASSWORD: canary-7}}\n"
        "  redis: {image: 'redis:8'}\n",
    )
    assert app(found)["environment"]["REDIS_HOST_PASSWORD"] == {"cache": "redis", "as": "password"}
    assert found.problems == []


def test_links_are_names_for_one_service(tmp_path: Path) -> None:
    """Of databases and services, also where another service has that name."""
    found = translate(
        tmp_path,
        "services:\n"
        "  app:\n    image: e.io/a:1\n    expose: [80]\n    links: ['db:database', 'api:backend', 'other:web', 'api']\n"
        "    environment: {URL: 'postgres://u:canary-1@database/x', API: 'http://backend:81', WEB: 'http://web'}\n"
        "    depends_on: [db, api]\n"
        "  api: {image: 'e.io/b:1', expose: [81], environment: {WEB: 'http://web', PLAIN: 'http://backend:81'}}\n"
        "  web: {image: 'e.io/c:1'}\n  other: {image: 'e.io/d:1'}\n"
        "  db: {image: 'postgres:17', environment: {POSTGRES_DB: x}}\n",
    )
    services = found.definition["services"]
    assert services["app"]["environment"] == {
        "URL": {"database": "x"},
        "API": {"service": "api"},
        "WEB": {"service": "other"},
    }
    assert services["app"]["needs"] == ["api"]
    assert services["api"]["environment"] == {"WEB": {"service": "web"}, "PLAIN": "http://backend:81"}
    assert not [each for each in found.remarks if "depends_on" in each]


def test_the_address_of_a_service_that_was_left_out_is_named(tmp_path: Path) -> None:
    """Of one with a profile, and of one that ends: in variables, commands and files."""
    found = service(
        tmp_path,
        "    expose: [80]\n    command: [serve, --to, 'http://debug/x']\n    configs: [conf]\n"
        "    environment: {A: 'http://debug:9000/x', B_HOST: migrate, C: 'migrate', D: 'a=debug:9000'}\n"
        "  debug: {image: 'e.io/b:1', profiles: [debug], ports: ['1:1'], env_file: none.env}\n"
        "  migrate: {image: 'e.io/c:1', restart: 'no', command: migrate}\n"
        "configs: {conf: {content: 'proxy http://debug:9000;'}}\n",
    )
    assert app(found)["environment"] == {"C": "migrate"}
    assert "args" not in app(found)
    for name, host in (("A", "debug"), ("B_HOST", "migrate"), ("D", "debug")):
        said = found.remark(f"services.app.environment.{name}")
        assert f"has the address of '{host}', which differs here: it was not translated" in said
    assert "has an address that differs here" in found.remark("services.app.command")
    assert "has the address of 'debug'" in found.remark("services.app.configs.0")
    assert not [each for each in found.remarks if "env_file" in each or "debug.ports" in each]


def test_a_password_that_two_programs_share_is_one_of_each(tmp_path: Path) -> None:
    """Only what speaks of the database is its login, whatever the value is."""
    found = database(
        tmp_path,
        "DB_HOST: db, DB_PASSWORD: canary-pw-1, SMTP_HOST: smtp.example.com, SMTP_PASSWORD: canary-pw-1, ADMIN_USER: u",
    )
    own = app(found)["environment"]
    assert own["DB_PASSWORD"] == {"database": "db", "field": "password"}
    assert own["SMTP_PASSWORD"] == {"secret": "SMTP_PASSWORD"}
    assert own["ADMIN_USER"] == "u"


def test_parts_beside_a_whole_address_are_of_the_same_login(tmp_path: Path) -> None:
    found = database(
        tmp_path,
        "SPRING_DATASOURCE_URL: 'jdbc:postgresql://db/x', SPRING_DATASOURCE_USERNAME: u, SPRING_DATASOURCE_PASSWORD: canary-pw-1",
    )
    own = app(found)["environment"]
    assert own["SPRING_DATASOURCE_USERNAME"] == {"database": "x", "field": "user"}
    assert own["SPRING_DATASOURCE_PASSWORD"] == {"database": "x", "field": "password"}


@pytest.mark.parametrize(
    ("variables", "name", "text"),
    [
        (
            "A: 'amqp://u:canary-1@mq/one', B: 'amqp://u:canary-1@mq/two'",
            "B",
            "names another virtual host of 'mq' than 'one'",
        ),
        (
            "REDIS_HOST: cache, REDIS_DB: '1', A: x",
            "REDIS_DB",
            "names a database of a cache, which has database 0 alone",
        ),
        ("REDIS_URL: 'redis://cache', REDIS_DB: '1', A: x", "REDIS_DB", "names a database of a cache"),
    ],
)
def test_a_second_part_of_a_broker_or_cache_is_named(tmp_path: Path, variables: str, name: str, text: str) -> None:
    """A system has one virtual host, and database 0 of each cache."""
    found = translate(
        tmp_path,
        f"services:\n  app: {{image: 'e.io/a:1', expose: [80], environment: {{{variables}}}}}\n"
        "  mq: {image: 'rabbitmq:4'}\n  cache: {image: 'redis:8'}\n",
    )
    assert name not in app(found)["environment"]
    assert "A" in app(found)["environment"]
    assert text in found.remark(f"services.app.environment.{name}")


def test_a_broker_has_the_virtual_host_that_services_name(tmp_path: Path) -> None:
    """The default one is the system's."""
    for path, vhost in (("/one", "one"), ("/%2F", "shop"), ("", "shop")):
        found = translate(
            tmp_path,
            f"services:\n  app: {{image: 'e.io/a:1', expose: [80], environment: {{A: 'amqp://mq{path}'}}}}\n"
            "  mq: {image: 'rabbitmq:4'}\n",
        )
        assert found.definition["queue"] == {"vhost": vhost}
        assert app(found)["environment"] == {"A": {"queue": "url"}}


def test_a_database_whose_host_is_in_no_variable_is_named(tmp_path: Path) -> None:
    """The program has it in its code, whatever else of the login is in variables."""
    found = translate(
        tmp_path,
        "services:\n  app: {image: 'e.io/a:1', expose: [80], depends_on: [db], environment: {DB_PASSWORD: canary-pw-1}}\n"
        "  db: {image: 'postgres:17', environment: {POSTGRES_PASSWORD: canary-pw-1}}\n",
    )
    assert app(found)["environment"] == {"DB_PASSWORD": {"database": "db", "field": "password"}}
    assert "is not in a variable" in found.remark("services.app.depends_on.db")


def test_another_login_is_named(tmp_path: Path) -> None:
    """A system makes one of its own, which may have other rights."""
    found = database(
        tmp_path,
        "A: 'postgres://u:canary-pw-1@db/x', B: 'postgres://reader:canary-pw-2@db/x', DB_HOST: db, DB_USER: reader, OTHER_DB_USER: u",
    )
    named = [each.path.rpartition(".")[2] for each in found.translation.remarks if "has another login" in each.text]
    assert named == ["B", "DB_USER"]
    assert "canary" not in found.everything


def test_an_address_of_a_store_needs_no_login_of_the_file(tmp_path: Path) -> None:
    """The system has one of its own; what else has no value is named."""
    found = database(
        tmp_path,
        "A: 'postgres://${DB_USER}:${DB_PASSWORD}@db:5432/${DB_NAME}', B: 'http://${HOST}/x'",
    )
    assert app(found)["environment"] == {"A": {"database": "db"}}
    assert "comes from HOST" in found.remark("services.app.environment.B")


@pytest.mark.parametrize("name", ["REDIS_HOSTNAME", "REDIS_HOST", "CACHE_SERVER"])
def test_the_host_of_a_cache_is_no_database_of_it(tmp_path: Path, name: str) -> None:
    """Though the name of its variable may end like that of one."""
    found = translate(
        tmp_path,
        f"services:\n  app: {{image: 'e.io/a:1', expose: [80], environment: {{{name}: redis}}}}\n  redis: {{image: 'redis:8'}}\n",
    )
    assert app(found)["environment"] == {name: {"cache": "redis", "as": "host"}}
    assert not [each for each in found.remarks if "environment" in each]


@pytest.mark.parametrize(
    "prefix", ["LISTMONK_db__", "database__connection__", "GITEA__database__", "db", "PAPERLESS_DB", "Db_"]
)
def test_parts_of_a_login_are_known_by_any_spelling(tmp_path: Path, prefix: str) -> None:
    """With two underscores, in small letters, or in one word, as configuration of several levels is written."""
    values = {"host": "db", "user": "u", "password": "canary-pw-1", "port": "5432"}
    names = {part: f"{prefix}{part.title() if prefix == 'db' else part}" for part in values}
    found = database(tmp_path, ", ".join(f"{names[part]}: '{value}'" for part, value in values.items()))
    assert app(found)["environment"] == {names[part]: {"database": "db", "field": part} for part in values}
    assert "secrets" not in found.definition


@pytest.mark.parametrize(
    ("variable", "wanted"),
    [
        ("REDIS_AUTH: hunter2-canary", {"cache": "redis", "as": "password"}),
        ("REDIS_AUTH: 'true'", "true"),
        ("AUTH: basic", "basic"),
    ],
)
def test_the_password_of_a_cache_may_be_called_auth(tmp_path: Path, variable: str, wanted: object) -> None:
    """As the command of Redis is; a switch of that name stays one."""
    variables = f"{{REDIS_HOST: redis, {variable}}}"
    text = f"services:\n  app: {{image: 'e.io/a:1', expose: [80], environment: {variables}}}\n  redis: {{image: 'redis:7'}}\n"
    found = translate(tmp_path, text)
    assert app(found)["environment"][variable.partition(":")[0]] == wanted
    assert "canary" not in found.everything


@pytest.mark.parametrize(
    ("variable", "named"),
    [
        ("DB_SSL: 'false'", True),
        ("DB_SSLMODE: disable", True),
        ("db__ssl_mode: prefer", True),
        ("DB_USE_TLS: 0", True),
        ("DB_SSL: 'true'", False),
        ("DB_SSL_VERIFY: 'false'", False),
        ("MAIL_SSL: 'false'", False),
    ],
)
def test_a_variable_that_turns_tls_to_a_store_off_is_named(tmp_path: Path, variable: str, named: bool) -> None:
    """Because the server refuses such a connection; of other servers nothing is known."""
    found = database(tmp_path, f"DB_HOST: db, {variable}")
    name = variable.partition(":")[0]
    reported = [
        each for each in found.remarks if f"environment.{name}: turns TLS off, and 'db' is reached with TLS" in each
    ]
    assert bool(reported) == named
    assert found.problems == []
