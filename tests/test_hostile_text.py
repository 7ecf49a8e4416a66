"""Whatever text reaches pinner, and wherever it comes from, what pinner prints is harmless."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from pinner import __main__
from pinner.cli import registry_calls
from pinner.model.reference import Reference
from pinner.model.resolution import Resolution, Resolved, Unresolved
from pinner.output import OUTPUTS
from pinner.registry.errors import Unreachable
from tests.support.harm import HOSTILE, PASSWORD, harms
from tests.support.pinning import DIGEST

pytestmark = pytest.mark.slow

ROOT = str(Path(__file__).parents[1])

Run = Callable[..., str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run pinner in this process. What it returns is all that was printed."""

    def run(*arguments: str, code: int | None = None) -> str:
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, getattr(sys, name))
        monkeypatch.setattr(sys, "argv", ["pinner", *arguments])
        with pytest.raises(SystemExit) as caught:
            __main__.main()
        assert code is None or caught.value.code == code
        return "".join(capfd.readouterr())

    return run


def no_nul(text: str) -> str:
    """`text` as an argument, a variable or a file name can hold it."""
    return os.fsdecode(text.replace("\ud800", "").replace("\0", "").encode("utf-8", "surrogateescape"))


def file_name(text: str) -> str:
    """`text` as one part of a path, in which no URL can stand."""
    return no_nul(text).replace(PASSWORD, "").replace("/", "_")[:100]


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))


def toml(text: str) -> str:
    """`text` as a string of TOML, which can hold no surrogates."""
    return '"' + "".join(f"\\U{ord(each):08x}" for each in text if not "\ud800" <= each <= "\udfff") + '"'


# One entry a source: what it writes, and the arguments with which pinner meets it.


def in_reference(text: str) -> list[str]:
    write("Dockerfile", f'FROM "{no_nul(text)}"\n')
    return ["check"]


def in_compose(text: str) -> list[str]:
    write("compose.yaml", f"services:\n  {toml(text)}:\n    image: {toml(text)}\n")
    return ["check"]


def in_argument_of_a_dockerfile(text: str) -> list[str]:
    write("Dockerfile", f"ARG X='{no_nul(text).replace(chr(10), '').replace(chr(13), '')}'\nFROM $X\nFROM a:$X-1\n")
    return ["check"]


def in_ignore_reason(text: str) -> list[str]:
    line = no_nul(text).replace("\n", " ").replace("\r", " ")
    write(
        "Dockerfile", f"# pinner: ignore[unpinned] {line}\nFROM a:1\n# pinner: ignore[unpinned] {line}\nFROM scratch\n"
    )
    return ["check"]


def in_instruction(text: str) -> list[str]:
    write("Dockerfile", f"FROM a:1\n{no_nul(text)} x\n")
    return ["check"]


def in_file_name(text: str) -> list[str]:
    write(f"{file_name(text)}.dockerfile", "FROM a:1\n")
    return ["check"]


def in_folder_name(text: str) -> list[str]:
    write(f"{file_name(text)}/Dockerfile", "FROM a:1\nFOO\n")
    return ["check"]


REPORTED = (
    in_reference,
    in_compose,
    in_argument_of_a_dockerfile,
    in_ignore_reason,
    in_instruction,
    in_file_name,
    in_folder_name,
)


def in_config_key(text: str) -> list[str]:
    write("pinner.toml", f"{toml(text)} = 1\n")
    return ["check"]


def in_config_value(text: str) -> list[str]:
    write("pinner.toml", f"select = [{toml(text)}]\n")
    return ["check"]


def in_config_path(text: str) -> list[str]:
    write("pinner.toml", f"baseline = {toml(text)}\n")
    return ["check"]


def in_config_mirror(text: str) -> list[str]:
    write("pinner.toml", f'[registries."ghcr.io"]\nmirror = {toml(text)}\n')
    return ["check"]


def in_config_host(text: str) -> list[str]:
    write("pinner.toml", f"[registries.{toml(text)}]\nmirror = 'x'\n")
    return ["check"]


def in_config_that_is_shown(text: str) -> list[str]:
    write("pinner.toml", f"exclude = [{toml(text)}]\n")
    return ["config"]


def in_config_that_is_shown_as_json(text: str) -> list[str]:
    write("pinner.toml", f"exclude = [{toml(text)}]\n")
    return ["config", "--format", "json"]


def in_config_that_is_no_toml(text: str) -> list[str]:
    write("pinner.toml", f"{no_nul(text)}\n")
    return ["check"]


def in_config_name(text: str) -> list[str]:
    return ["check", "--config", no_nul(text)]


def in_path_that_is_not_there(text: str) -> list[str]:
    return ["check", "--", no_nul(text)]


def in_path_to_list(text: str) -> list[str]:
    write(f"{file_name(text)}/Dockerfile", "FROM $A\nFOO\n")
    return ["list"]


def in_command(text: str) -> list[str]:
    return [f"x{no_nul(text)}"]


def in_option(text: str) -> list[str]:
    return ["check", f"--x{no_nul(text)}"]


def in_reference_to_resolve(text: str) -> list[str]:
    return ["resolve", f"x{no_nul(text)}"]


def in_rule_to_explain(text: str) -> list[str]:
    return ["explain", f"x{no_nul(text)}"]


def in_report_name(text: str) -> list[str]:
    write("Dockerfile", "FROM a:1\n")
    return ["check", "--format", f"json=none/{file_name(text)}"]


def in_name_of_standard_input(text: str) -> list[str]:
    return ["check", "--stdin-filename", no_nul(text), "-", "x"]


REFUSED = (
    in_config_key,
    in_config_value,
    in_config_path,
    in_config_mirror,
    in_config_host,
    in_config_that_is_shown,
    in_config_that_is_shown_as_json,
    in_config_that_is_no_toml,
    in_config_name,
    in_path_that_is_not_there,
    in_path_to_list,
    in_command,
    in_option,
    in_reference_to_resolve,
    in_rule_to_explain,
    in_report_name,
    in_name_of_standard_input,
)


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("source", REPORTED)
@pytest.mark.parametrize("text", [HOSTILE[4], "".join(HOSTILE)], ids=["spaces", "all"])
def test_texts_of_files_in_every_format(run: Run, text: str, source: Callable[[str], list[str]], name: str) -> None:
    command = source(text)
    assert harms(run(*command, "--quiet", "--format", name), commands=name == "github") == []
    run(*command, "--format", f"{name}=report")
    assert harms(Path("report").read_bytes().decode(), commands=name == "github") == []


@pytest.mark.parametrize("source", [*REPORTED, *REFUSED])
@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_every_source(run: Run, text: str, source: Callable[[str], list[str]]) -> None:
    printed = run(*source(text))
    assert harms(printed) == []
    assert printed


FLAGS = ("select", "exclude", "ignore-images", "fail-on", "mirror", "insecure", "jobs", "timeout", "color", "diff-base")
VARIABLES = (
    "SELECT",
    "FAIL_ON",
    "MIRROR",
    "INSECURE",
    "JOBS",
    "TIMEOUT",
    "COLOR",
    "BASELINE",
    "VERIFY",
    "TRUSTED_REALMS",
)


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("text", HOSTILE)
def test_values_of_flags(run: Run, text: str, flag: str) -> None:
    write("Dockerfile", "FROM a:1\n")
    assert harms(run("check", f"--{flag}=x{no_nul(text)}")) == []


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("text", HOSTILE)
def test_values_of_variables(run: Run, monkeypatch: pytest.MonkeyPatch, text: str, name: str) -> None:
    monkeypatch.setenv(f"PINNER_{name}", f"x{no_nul(text)}")
    assert harms(run("check", code=2)) == []


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "command", [["pin", "--diff"], ["resolve", "a:1"], ["pin", "--format", "sarif"], ["pin", "-v"]]
)
def test_texts_of_registries(run: Run, monkeypatch: pytest.MonkeyPatch, text: str, command: list[str]) -> None:
    """The detail is taken as it is here: the client's own bounding of it is not what keeps it harmless."""

    def resolve(references: Iterable[Reference], *_: object, **__: object) -> Mapping[Reference, Resolution]:
        return {each: Unresolved(each, "unreachable", f"{Unreachable(text).detail} {text}") for each in references}

    monkeypatch.setattr(registry_calls, "resolve", resolve)
    write("Dockerfile", "FROM a:1\n")
    assert harms(run(*command, code=3)) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_unexpected_errors_and_warnings(text: str) -> None:
    program = (
        "import sys, warnings\n"
        "from pinner import __main__\n"
        "from pinner.cli import commands\n"
        "def check(*_):\n"
        f"    warnings.warn({text!r})\n"
        f"    raise RuntimeError({text!r})\n"
        "commands.check = check\n"
        "sys.argv[1:] = ['check', 'none']\n"
        "__main__.main()\n"
    )
    environ = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environ, timeout=60)
    assert done.returncode == 1
    assert b"RuntimeError" in done.stderr
    assert harms(done.stderr.decode()) == []


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        (f"docker.io=https://user:{PASSWORD}@mirror.example", '"docker.io=https://***@mirror.example"'),
        (f"docker.io=https://{PASSWORD}@mirror.example/a", '"docker.io=https://***@mirror.example/a"'),
        (f"docker.io=https://user:{PASSWORD}/#?@mirror.example", '"docker.io=https://***@mirror.example"'),
        (f"docker.io=https://user:{PASSWORD}@x@mirror.example", '"docker.io=https://***@mirror.example"'),
        (f"docker.io=https:/user:{PASSWORD}@mirror.example", '"***@mirror.example"'),
        (f"user:{PASSWORD}@mirror.example", '"***@mirror.example"'),
        (f"docker.io=user:{PASSWORD}@mirror.example", '"***@mirror.example"'),
    ],
)
def test_user_information_of_a_mirror(run: Run, monkeypatch: pytest.MonkeyPatch, setting: str, shown: str) -> None:
    said = f"{shown} is not HOST=URL, with * for any other host\n"
    assert run("check", "--mirror", setting, code=2) == f"error: --mirror: {said}"
    write("pinner.toml", f'[registries."ghcr.io"]\nmirror = {toml(setting)}\n')
    assert PASSWORD not in run("check", code=2)
    write("pinner.toml", f'[registries."ghcr.io"]\nmirror = [{toml(setting)}]\n')
    assert PASSWORD not in run("check", code=2)
    Path("pinner.toml").unlink()
    monkeypatch.setenv("PINNER_MIRROR", setting)
    assert run("check", code=2) == f"error: PINNER_MIRROR: {said}"


@pytest.mark.parametrize("setting", ["node@sha256:a b", "ghcr.io/node:20@sha256:a b", "a b", "@ b"])
def test_what_is_no_user_information_stays(run: Run, setting: str) -> None:
    assert f'"{setting}"' in run("check", "--ignore-images", setting, code=2)


def test_new_content_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"# \x1b[2J \xe2\x80\xae \xff\n# ##[group]\nFROM a:1@sha256:" + b"a" * 64 + b"\n"
    environ = {**os.environ, "PYTHONPATH": ROOT}
    command = [sys.executable, "-m", "pinner", "pin", "-"]
    assert subprocess.run(command, input=data, capture_output=True, env=environ, timeout=60).stdout == data


@pytest.mark.parametrize("text", HOSTILE[1:3])
def test_xml_holds_the_exact_text(run: Run, text: str) -> None:
    write(f"{text}.dockerfile", "FROM a:1\n")
    document = run("check", "--quiet", "--format", "junit")
    (case,) = ET.fromstring(document).iter("testcase")
    assert case.get("file") == f"{text}.dockerfile"


def test_a_path_that_begins_with_at_is_a_path(run: Run) -> None:
    write("@more", "FROM a:1\n")
    write("more", "--exclude=*\n")
    write("Dockerfile", "FROM b:1\n")
    printed = run("check", "@more", "Dockerfile", code=1)
    assert "@more:1:6: error[unpinned] " in printed
    assert "Dockerfile:1:6: error[unpinned] " in printed
    assert "@none: error[file-error] no such file" in run("check", "@none", code=3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--zzz"], "error: No such option: --zzz (see pinner check --help)\n"),
        (["resolve"], "error: Missing argument 'REF...' (see pinner resolve --help)\n"),
        (["none"], "error: No such command 'none' (see pinner --help)\n"),
    ],
)
def test_a_wrong_command_line_is_one_line(run: Run, arguments: list[str], said: str) -> None:
    assert run(*arguments, code=2) == said


def test_a_diff_says_what_it_leaves_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(references: Iterable[Reference], *_: object, **__: object) -> Mapping[Reference, Resolution]:
        return {each: Resolved(each, DIGEST, "application/vnd.oci.image.index.v1+json") for each in references}

    monkeypatch.setattr(registry_calls, "resolve", resolve)
    write("Dockerfile", "FROM a:1\n" + "RUN x\n" * 9 + "# \x1b[2J\nFROM b:1\n")
    printed = run("pin", "--diff", code=1)
    assert f"+FROM a:1@{DIGEST}\n" in printed
    assert "Dockerfile:9: the diff leaves out lines 9 to 12: they hold characters that must not reach" in printed
    assert harms(printed) == []
