"""Checkouts that somebody else wrote, in the form that `tests/data/hostile-checkout.json` describes.

They are made with real Git and real links, given to one run of pinner, and compared with what must come of it.
"""

import base64
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pinner.demo.registry import RegistryHandler, Store, StoredManifest, demo_store, serve
from tests.support.unprivileged import NOBODY

DATA = Path(__file__).parents[1] / "data"
LIMIT = 30.0

# The words of the form; another word is a typing error that would check nothing.
EXPECTATIONS = frozenset({"exit", "caught", "says", "says_any", "silent_on", "holds", "may_change"})
STATE = frozenset({"files", "base64", "symlinks", "fifos", "git", "other_owner"})
CASE = STATE | {"name", "why", "then", "cwd", "env", "command", "expect"}

_PIN = f"@sha256:{'5' * 64}"
# C0 but tab and line feed, DEL, C1 (also as the bytes that a terminal without UTF-8 takes for it), bidi controls, the
# line and paragraph separators, and a lone carriage return.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\udc80-\udc9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)"
)
_WORKFLOW_COMMAND = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE)
_OWN_COMMAND = re.compile(r"^::(?:error|warning|notice) (?:file|title)=[^\n]*$", re.MULTILINE)
_GIT_OPTIONS = (
    "user.name=Somebody",
    "user.email=somebody@example.test",
    "init.defaultBranch=main",
    "protocol.file.allow=always",
    "commit.gpgSign=false",
    "advice.detachedHead=false",
)


class Ran(NamedTuple):
    """How pinner ended. `code` is None where it did not within `LIMIT`."""

    code: int | None
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Both outputs; what is not UTF-8 stays visible as lone surrogates."""
        return "\n".join(output.decode("utf-8", "surrogateescape") for output in (self.stdout, self.stderr))


class Tree(NamedTuple):
    """Type, mode and content of every file below a folder, by relative path. Nothing is opened but regular files."""

    entries: Mapping[str, tuple[int, str]]

    @classmethod
    def of(cls, top: Path) -> "Tree":
        """Read the folder `top`."""
        return cls({os.path.relpath(path, top): _entry(path) for path in _walk(top)})

    def changed(self, after: "Tree") -> list[str]:
        """Return the paths that are not the same in `after`, in order."""
        paths = self.entries.keys() | after.entries.keys()
        return sorted(path for path in paths if self.entries.get(path) != after.entries.get(path))


def cases(name: str) -> dict[str, dict[str, Any]]:
    """Return the cases of a file in `tests/data` by their names. ValueError for a word that the form does not know."""
    table = {}
    for case in json.loads((DATA / name).read_bytes())["cases"]:
        unknown = (case.keys() - CASE) | (case["expect"].keys() - EXPECTATIONS)
        unknown |= {word for state in case.get("then", ()) for word in state.keys() - STATE}
        if unknown or case["name"] in table:
            raise ValueError(f"{name}: {case['name']}: {', '.join(unknown) or 'this name is there twice'}")
        table[case["name"]] = case
    return table


class _EveryTag(Store):
    """A registry in which every tag of every repository names the same index."""

    def __init__(self) -> None:
        super().__init__()
        demo = demo_store()
        [self.only] = [
            found for found in demo.manifests.values() if found.digest == demo.tags["library/node", "14.7.0"]
        ]

    def get(self, repository: str, reference: str) -> StoredManifest | None:
        """Return the index for every tag and for its own digest."""
        return None if ":" in reference and reference != self.only.digest else self.only


@contextmanager
def every_tag() -> Iterator[str]:
    """Serve a registry in which every tag exists; yields its URL."""
    with serve(partial(RegistryHandler, _EveryTag())) as url:
        yield url


class Checkout:
    """The folder {TOP}/checkout with the files of one case."""

    def __init__(self, top: Path, home: Path, registry: str = "http://127.0.0.1:9") -> None:
        self.top = top
        self.folder = top / "checkout"
        self.folder.mkdir(parents=True)
        home.mkdir(exist_ok=True)
        self._words = {"{TOP}": str(top), "{PIN}": _PIN, "{REGISTRY}": registry, "{ESC}": "\x1b", "{NL}": "\n"}
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}

    def make(self, case: Mapping[str, Any]) -> None:
        """Write the files of `case` and its further states, each followed by its Git commands."""
        for state in (case, *case.get("then", ())):
            self._write(state)
            for arguments in state.get("git", ()):
                self._git([self._filled(argument) for argument in arguments])
            if state.get("other_owner"):
                self._give_away()

    def run(self, case: Mapping[str, Any]) -> Ran:
        """Run pinner as the case says, in a process group that is killed after `LIMIT` seconds."""
        # -P: the installed command does not import from the working directory either.
        command = [sys.executable, "-P", "-m", "pinner", *(self._filled(argument) for argument in case["command"])]
        own = {name: self._filled(value) for name, value in case.get("env", {}).items()}
        started = subprocess.Popen(
            command,
            cwd=self.folder / self._filled(case.get("cwd", ".")),
            env=self._environment | own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            stdout, stderr = started.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
            stdout, stderr = started.communicate()
            return Ran(None, stdout, stderr)
        return Ran(started.returncode, stdout, stderr)

    def broken(self, case: Mapping[str, Any], before: Tree, ran: Ran) -> list[str]:
        """Return what did not come as it must, one line each; the lines name what pinner said, too."""
        expect = self._filled_all(case["expect"])
        own_commands = any("github" in argument for argument in case["command"])
        found = [
            *changes_broken(before.changed(Tree.of(self.top)), expect.get("may_change", ())),
            *output_broken(ran, own_commands=own_commands),
            *expectation_broken(ran, expect),
            *self._holds_broken(expect.get("holds", {})),
        ]
        return [*found, f"exit {ran.code}", ran.text] if found else []

    def _holds_broken(self, holds: Mapping[str, str]) -> Iterator[str]:
        for path, text in holds.items():
            if text not in (self.folder / path).read_text(errors="surrogateescape"):
                yield f"{path} does not hold {text!r}"

    def _write(self, state: Mapping[str, Any]) -> None:
        for path, text in state.get("files", {}).items():
            self._clear(path).write_bytes(os.fsencode(self._filled(text)))
        for path, text in state.get("base64", {}).items():
            self._clear(path).write_bytes(base64.b64decode(text))
        for path, target in state.get("symlinks", {}).items():
            self._clear(path).symlink_to(self._filled(target))
        for path in state.get("fifos", ()):
            os.mkfifo(self._clear(path))

    def _clear(self, path: str) -> Path:
        """Return the place of `path`, with the folders above it and without a file or a link of that name."""
        place = self.folder / self._filled(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        return place

    def _git(self, arguments: Sequence[str]) -> None:
        options = [word for option in _GIT_OPTIONS for word in ("-c", option)]
        environment = self._environment | {"GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", *options, *arguments], cwd=self.folder, env=environment, check=True, capture_output=True)

    def _give_away(self) -> None:
        if os.geteuid() != 0:
            self._environment["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
            return
        for path in (self.folder, *_walk(self.folder)):
            os.lchown(path, NOBODY, NOBODY)

    def _filled(self, text: str) -> str:
        for word, value in self._words.items():
            text = text.replace(word, value)
        return text

    def _filled_all(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._filled(value)
        if isinstance(value, list):
            return [self._filled_all(item) for item in value]
        return {key: self._filled_all(item) for key, item in value.items()} if isinstance(value, dict) else value


def changes_broken(changed: Sequence[str], may_change: Sequence[str]) -> Iterator[str]:
    """Name the paths below {TOP} that must not have changed; `may_change` lies in the checkout, a folder ends in /."""
    allowed = tuple(os.path.join("checkout", path) for path in (*may_change, ".git/index"))
    for path in changed:
        if os.path.basename(path) == "MARK":
            yield f"{path} is there: a command ran"
        elif not any(path == place or (place.endswith("/") and path.startswith(place)) for place in allowed):
            yield f"{path} changed"


def output_broken(ran: Ran, *, own_commands: bool = False) -> Iterator[str]:
    """Name what no run may do, whatever the checkout holds."""
    if ran.code is None:
        yield f"it did not end within {LIMIT:.0f} seconds"
    elif ran.code not in (0, 1, 2, 3):
        yield f"exit code {ran.code} means nothing"
    if "Traceback (most recent call last)" in ran.text:
        yield "a traceback"
    if found := _CONTROL.search(ran.text):
        yield f"the control character {found[0]!a} is printed"
    if found := _WORKFLOW_COMMAND.search(_OWN_COMMAND.sub("", ran.text) if own_commands else ran.text):
        yield f"a workflow command is printed: {found[0]!r}"


def expectation_broken(ran: Ran, expect: Mapping[str, Any]) -> Iterator[str]:
    """Name what the case asks for and the run did not give."""
    text = ran.text
    if "exit" in expect and ran.code not in expect["exit"]:
        yield f"exit code {ran.code}, not {' or '.join(map(str, expect['exit']))}"
    if "caught" in expect and (ran.code == 0 or (ran.code == 1 and expect["caught"] not in text)):
        yield f"{expect['caught']} passed unseen"
    yield from (f"{said!r} is not said" for said in expect.get("says", ()) if said not in text)
    yield from (f"{said!r} is said" for said in expect.get("silent_on", ()) if said in text)
    any_of = [said.lower() for said in expect.get("says_any", ())]
    if any_of and not any(said in text.lower() for said in any_of):
        yield f"none of {any_of} is said"


def _walk(top: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(top):
        yield from (Path(folder, name) for name in (*folders, *names))


def _entry(path: Path) -> tuple[int, str]:
    status = path.lstat()
    if stat.S_ISREG(status.st_mode):
        return status.st_mode, sha256(path.read_bytes()).hexdigest()
    return status.st_mode, os.readlink(path) if stat.S_ISLNK(status.st_mode) else ""
