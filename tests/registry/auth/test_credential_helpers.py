"""Credential helpers are other programs: small shell scripts stand in for them."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from pinner.registry.auth.credential_helpers import HelperFailed, ask_helper
from pinner.registry.auth.docker_config import Credential
from pinner.registry.http.secret import Secret
from pinner.registry.settings import RegistrySettings
from tests.support import answers
from tests.support.misbehaving import Script, misbehaving
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


def install(folder: Path, script: str, name: str = "test") -> dict[str, str]:
    path = folder / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "MARK": str(folder / "mark")}


def ask(environ: dict[str, str], name: str = "test", seconds: float = 20) -> Credential | None:
    return asyncio.run(ask_helper(name, "reg.example", environ, seconds))


def test_user_and_password(tmp_path: Path) -> None:
    environ = install(tmp_path, """read -r server; echo '{"Username": "'$1-$server'", "Secret": "s3cret"}'""")
    assert ask(environ) == Credential("docker-credential-test", "get-reg.example", password=Secret("s3cret"))


@pytest.mark.parametrize("answer", ['{"username": "me", "secret": "s3cret"}', '{"UserName": "me", "SECRET": "s3cret"}'])
def test_names_in_any_case(tmp_path: Path, answer: str) -> None:
    environ = install(tmp_path, f"echo '{answer}'")
    assert ask(environ) == Credential("docker-credential-test", "me", password=Secret("s3cret"))


def test_identity_token(tmp_path: Path) -> None:
    environ = install(tmp_path, """echo '{"ServerURL": "x", "Username": "<token>", "Secret": "idt"}'""")
    assert ask(environ) == Credential("docker-credential-test", identity_token=Secret("idt"))


@pytest.mark.parametrize(
    "script",
    [
        "echo credentials not found in native keychain; exit 1",
        """echo '{"Username": "", "Secret": ""}'""",
        """echo '{"Username": 5, "Secret": "x"}'""",
        r"""printf '%s' '{"Username": "me", "Secret": "\ud800"}'""",
    ],
)
def test_nothing_known(tmp_path: Path, script: str) -> None:
    assert ask(install(tmp_path, script)) is None


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("""echo '{"Username": "me", "Secret": "my-s3cret"}'; exit 1""", "failed"),
        ("echo my-s3cret; echo the vault is locked >&2; exit 1", "failed: the vault is locked$"),
        ("echo my-s3cret", "no credentials in JSON"),
        ("echo '[]'", "no credentials in JSON"),
        ("echo '\"my-s3cret\"'", "no credentials in JSON"),
        ("echo '{}'", "no credentials in JSON"),
        ("while :; do echo my-s3cret-my-s3cret-my-s3cret; done", "says more"),
        ("exit 0", "no credentials in JSON"),
    ],
)
def test_failures_tell_nothing_of_what_it_said(tmp_path: Path, script: str, reason: str) -> None:
    with pytest.raises(HelperFailed, match=reason) as caught:
        ask(install(tmp_path, script))
    assert "s3cret" not in str(caught.value)


def test_the_last_line_of_a_helper_that_failed_is_shown_cleaned(tmp_path: Path) -> None:
    with pytest.raises(HelperFailed) as caught:
        ask(install(tmp_path, r"printf 'Traceback:\n\033[31mlog in with \007vault login\n\n'; exit 3"))
    assert str(caught.value).endswith(" failed: [31mlog in with vault login")


def test_a_helper_that_hangs_ends_with_what_it_started(tmp_path: Path) -> None:
    environ = install(tmp_path, 'sleep 60 & echo $! > "$MARK"; wait')
    begin = time.monotonic()
    with pytest.raises(HelperFailed, match="did not answer in 1 s"):
        ask(environ, seconds=1)
    assert time.monotonic() - begin < 30
    child = Path("/proc", Path(environ["MARK"]).read_text().strip(), "stat")
    assert eventually(lambda: has_ended(child))


def has_ended(process: Path) -> bool:
    """Whether the process behind a file of /proc is gone, or waits only to be reaped."""
    try:
        return process.read_text().split()[2] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_helper_runs_only_after_a_registry_has_asked(tmp_path: Path) -> None:
    script = """echo asked >> "$MARK"; echo '{"Username": "me", "Secret": "s3cret"}'"""
    environ = install(tmp_path, script) | {"DOCKER_AUTH_CONFIG": '{"credsStore": "test"}'}
    mark = tmp_path / "mark"
    with misbehaving(Script([answers.RIGHT_HEAD])) as public:
        assert answers.outcome(answers.resolve_one(public, RegistrySettings(environ=environ))) == answers.DIGEST
    assert not mark.exists()
    private = Script([answers.challenge('Basic realm="r"'), answers.RIGHT_HEAD])
    with misbehaving(private) as server:
        assert answers.outcome(answers.resolve_one(server, RegistrySettings(environ=environ))) == answers.DIGEST
        assert [request.authorization is None for request in server.heard] == [True, False]
    assert mark.read_text() == "asked\n"


@pytest.mark.parametrize("name", ["", "../evil", "a b", "x;id", "-x", "a/b", "ü", "n" * 65, "$(id)"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(HelperFailed, match="no name of a program"):
        ask({"PATH": str(tmp_path)}, name)


def test_a_helper_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HelperFailed, match="not on PATH"):
        ask({"PATH": str(tmp_path)})


def test_a_helper_that_is_no_program(tmp_path: Path) -> None:
    path = tmp_path / "docker-credential-test"
    path.write_bytes(b"\x7fELF nothing")
    path.chmod(0o755)
    with pytest.raises(HelperFailed, match="cannot be run"):
        ask({"PATH": str(tmp_path)})


def test_a_helper_in_the_working_directory_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, 'touch "$MARK"')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HelperFailed, match="not on PATH"):
        ask({"PATH": ".", "MARK": "mark"})
    assert not (tmp_path / "mark").exists()
