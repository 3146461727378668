"""Servers of Redis and its kin in pods, found by the program that a container starts, whatever its labels."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from itertools import dropwhile, groupby, pairwise

from adapters.containers import WORKLOADS, Container, containers_of
from adapters.image_names import image
from framework import Property, Resource

_KIN = "redis|valkey|keydb|dragonfly|kvrocks|garnet"
_IMAGE = re.compile(rf"({_KIN})(-(server|stack|stack-server|cluster|bundle|alpine))?")
_PROGRAM = re.compile(r"(redis|valkey|keydb|redis-stack|garnet)-server|dragonfly|kvrocks|GarnetServer")
_SHELL = re.compile(r"(ba|da|a|z)?sh")
_STARTER = re.compile(rf"{_SHELL.pattern}|busybox|env|exec|command|nohup|tini|dumb-init|catatonit|.*entrypoint.*\.sh")
"""Programs that start the one after their options."""
_RUNNER = re.compile(r"gosu|su-exec|setpriv|chroot|nice|taskset|numactl|timeout|stdbuf")
"""Programs that start one somewhere after words of their own."""
_BETWEEN = re.compile(r"[;&|(){}<>!]+|then|do|else")
"""What ends one command of a script, and begins another."""
_ASSIGNED = re.compile(r"\w+=.*", re.DOTALL)
_COMPOSED = re.compile(r"[\s'\"\\;&|(){}<>!]")
"""What an argument of several words contains."""
_OFFICIAL = ("library/redis",)
"""Images that read no variable."""
_PASSWORDS = re.compile(r"(REDIS|VALKEY|KEYDB)(_MASTER)?_PASSWORD(_FILE)?|DFLY_requirepass", re.IGNORECASE)
_TLS = re.compile(r"(REDIS|VALKEY|KEYDB)_TLS_ENABLED|DFLY_tls", re.IGNORECASE)
_FLAGS = re.compile(r"(REDIS|VALKEY|KEYDB)_(ARGS|EXTRA_FLAGS)")
"""Variables of images: a password, TLS, and further options of the server."""


Files = Callable[[Container, str], Property | None]
"""Returns what a container finds at a path; None if that cannot be seen."""


def servers_of(resource: Resource, files: Files = lambda container, path: None) -> Iterator[Server]:
    """Return the servers in the pods of a workload; a job may run one for as long as it likes."""
    for container in containers_of(resource) if resource.type in WORKLOADS else ():
        if _starts_server(container):
            yield Server(container, files)


def _starts_server(container: Container) -> bool:
    texts = [each.text or "" for each in _words(container)]
    if any(map(_is_started, _commands(texts))):
        return True
    by_default = not texts or not texts[0] or texts[0].startswith("-") or texts[0].endswith(".conf")
    return (by_default or any(map(_is_script, texts))) and _is_image(container)


def _commands(texts: Sequence[str]) -> Iterator[list[str]]:
    """Return the commands of a script, or the only one."""
    for between, words in groupby(texts, key=lambda each: bool(_BETWEEN.fullmatch(each))):
        if not between:
            yield list(words)


def _is_started(words: Sequence[str]) -> bool:
    """Return whether a command starts a server, itself or by programs that start another one."""
    found = list(dropwhile(_ASSIGNED.fullmatch, words))
    name = _base(found[0]) if found else ""
    if _STARTER.fullmatch(name):
        return _is_started(list(dropwhile(lambda each: each.startswith("-"), found[1:])))
    return bool(_PROGRAM.fullmatch(name)) or (bool(_RUNNER.fullmatch(name)) and any(map(_is_program, found[1:])))


def _is_program(word: str) -> bool:
    return bool(_PROGRAM.fullmatch(_base(word)))


def _is_script(word: str) -> bool:
    return word.endswith(".sh") and not _STARTER.fullmatch(_base(word))


def _is_image(container: Container) -> bool:
    return bool(_IMAGE.fullmatch(_base(image(container["image"].text or "").path)))


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _words(container: Container) -> list[Property]:
    """Return the words of a command, those of a shell's script too; an unknown one is a word."""
    given = [*_each(container["command"]), *_each(container["args"])]
    is_script = any(_SHELL.fullmatch(_base(each.text or "")) for each in given)
    return [word for each in given for word in _split(each, is_script=is_script)]


def _each(group: Property) -> list[Property]:
    return [group] if group.unknown else list(group.elements())


def _split(argument: Property, *, is_script: bool = False) -> list[Property]:
    if not _COMPOSED.search(argument.text or ""):
        return [argument]
    text = (argument.text or "").replace("\\\n", " ")
    # A line ends a command of a script.
    lexer = shlex.shlex(text.replace("\n", " ; ") if is_script else text, posix=True, punctuation_chars=is_script)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError:
        words = text.split()
    return [Property(each, argument.path) for each in words] or [argument]


@dataclass(frozen=True)
class Server:
    """A server as its container starts it."""

    container: Container
    files: Files

    @cached_property
    def _words(self) -> Sequence[Property]:
        flags = [each["value"] for each in self._variables if _FLAGS.fullmatch(each["name"].text or "")]
        further = [word for each in flags if each.present for word in _split(each)]
        return [*_words(self.container), *further]

    @property
    def _variables(self) -> list[Property]:
        """The variables that its image may read."""
        return [] if self._is_official else list(self.container["env"].elements())

    @cached_property
    def _configurations(self) -> dict[str, Property | None]:
        """What its files of settings say, by path; None if that cannot be seen."""
        texts = [each.text or "" for each in self._words]
        after = {each for program, each in pairwise(texts) if _is_program(program)}
        named = [each for each in texts if each.endswith(".conf") or (each in after and _is_path(each))]
        return {each: self.files(self.container, each) for each in named}

    @cached_property
    def _configured(self) -> dict[str, list[Property]]:
        """The options of its files, of which the command's have precedence. Of users the default one counts, as whom clients
        come in without a name."""
        found: dict[str, list[Property]] = {}
        for file in self._configurations.values():
            for name, *values in _directives(file.text or "" if file is not None else ""):
                if file is not None and (name != "user" or values[:1] == ["default"]):
                    found[name] = [Property(each, file.path) for each in values]
        return found

    def option(self, name: str) -> list[Property] | None:
        """Return the values of an option, of which the last one counts; None if it is not given."""
        found = self._configured.get(name)
        is_open = False
        for word in self._words:
            text = word.text or ""
            key, sign, value = text.partition("=")
            if text.startswith("--") or _BETWEEN.fullmatch(text):
                is_open = key.lower() == f"--{name}"
                if is_open:
                    found = [Property(value, word.path)] if sign else []
            elif is_open and found is not None:
                found.append(word)
        return found

    def text(self, name: str) -> str:
        """Return the first value of an option; empty if it has none."""
        return next((each.text or "" for each in self.option(name) or ()), "")

    @property
    def unknown(self) -> Property | None:
        """What is not known of its arguments and its files."""
        files = [each for each in self._configurations.values() if each is not None]
        return next(filter(None, (each.first_unknown for each in (*self._words, *files))), None)

    @property
    def path(self) -> str:
        """Where its container is, and what configures it besides."""
        files = ", ".join(each for each, content in self._configurations.items() if content is not None)
        return f"{self.container.fields.path}, by {files}" if files else self.container.fields.path

    @property
    def is_hidden(self) -> bool:
        """Whether a file that cannot be seen, a script or variables from elsewhere may configure it."""
        is_read = any(_is_script(each.text or "") for each in self._words)
        is_file = None in self._configurations.values()
        elsewhere = not self._is_official and bool(list(self.container["envFrom"].elements()))
        return is_read or is_file or elsewhere or any(map(self.option, ("include", "flagfile")))

    @property
    def _is_official(self) -> bool:
        return image(self.container["image"].text or "").path in _OFFICIAL

    @property
    def is_local(self) -> bool:
        """Whether only its own pod can connect to it."""
        bound = self.option("bind")
        if bound and all(_is_loopback(each.text or "") for each in bound):
            return True
        if self.text("port") == "0" and self.text("tls-port") in ("", "0"):
            return not self.unknown
        # A server without a password in this mode refuses whoever is elsewhere.
        return self.text("protected-mode").lower() == "yes" and not self.has_password

    @property
    def has_password(self) -> bool:
        """Whether it asks for one: of everybody, or of the users of a file."""
        users = [each.text or "" for each in self.option("user") or ()]
        if "nopass" in users:
            return False
        named = any(each.startswith((">", "#")) or each == "off" for each in users)
        return named or any(map(self.text, ("requirepass", "aclfile"))) or self._is_set(_PASSWORDS)

    @property
    def has_tls_only(self) -> bool:
        """Whether it has a port with TLS, and none without."""
        is_closed = self.text("port") == "0" and self.text("tls-port") not in ("", "0")
        tls = self.option("tls")
        return is_closed or (tls is not None and self.text("tls") in ("", "true")) or self._is_set(_TLS)

    def _is_set(self, names: re.Pattern[str]) -> bool:
        for each in self._variables:
            if names.fullmatch(each["name"].text or "") and (each["valueFrom"].mapping or each["value"].text):
                return (each["value"].text or "").lower() not in ("no", "false")
        return False


def _is_path(word: str) -> bool:
    """Return whether the word after the program is a file."""
    return "/" in word and not word.startswith("-")


def _directives(text: str) -> Iterator[list[str]]:
    """Return the words of each line of a file of settings, with the option's name in small letters."""
    for line in map(str.strip, text.splitlines()):
        if line and not line.startswith("#"):
            try:
                name, *values = shlex.split(line)
            except ValueError:
                name, *values = line.split()
            yield [name.lower(), *values]


def _is_loopback(address: str) -> bool:
    """Return whether an address is of the pod itself; one with a dash may be missing there."""
    try:
        return address == "localhost" or ip_address(address.removeprefix("-")).is_loopback
    except ValueError:
        return False
