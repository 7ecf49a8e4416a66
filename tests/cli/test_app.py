"""The command line as its users meet it: exit codes, standard output and standard error, documents, streams."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import pytest

from pinner.cli import commands, registry_calls
from pinner.cli.app import app
from pinner.fixing import fixer
from pinner.model.errors import ExitCode, ReadError, UsageError
from pinner.model.reference import Reference
from pinner.model.resolution import Resolution, Resolved, Unresolved
from pinner.model.source import Source
from pinner.rules import RULES
from tests.support.command import Ran, pinner
from tests.support.pinning import DIGEST, digest_of

INDEX = "application/vnd.oci.image.index.v1+json"
NODE_20 = digest_of(Reference("docker.io", "library/node", "20"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every image has a digest, except `gone`."""

    def resolve(references: Iterable[Reference], *_: object, **__: object) -> Mapping[Reference, Resolution]:
        return {each: _answer(each) for each in references}

    monkeypatch.setattr(registry_calls, "resolve", resolve)


def _answer(reference: Reference) -> Resolution:
    if reference.repository == "library/gone":
        return Unresolved(reference, "unreachable", "docker.io did not answer")
    return Resolved(reference, digest_of(reference), INDEX)


def dockerfile(text: str, name: str = "Dockerfile") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def process(*arguments: str, stdin: bytes = b"", environ: Mapping[str, str] = {}) -> Ran:
    """`pinner` as a process of its own."""
    command = [sys.executable, "-m", "pinner", *arguments]
    run = subprocess.run(command, input=stdin, capture_output=True, env=_environment(**environ), timeout=60)
    return Ran(run.returncode, run.stdout.decode(), run.stderr.decode())


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **more}


# Exit codes.

CLEAN, FINDINGS, USAGE, UNCHECKED = 0, 1, 2, 3


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        (f"FROM a:1@{DIGEST}", ["check"], CLEAN),
        ("FROM scratch", ["check"], CLEAN),
        ("# pinner: ignore\nFROM a", ["check"], CLEAN),
        ("FROM a:1", ["check"], FINDINGS),
        ("FROM $A", ["check"], FINDINGS),
        ("ARG A\nFROM $A", ["check"], FINDINGS),
        (f"FROM a@{DIGEST}", ["check"], CLEAN),
        (f"FROM a@{DIGEST}", ["check", "--fail-on", "warning"], FINDINGS),
        (f"FROM a@{DIGEST}", ["check", "--fail-on", "note"], FINDINGS),
        ("# pinner: ignore[unpinned]\nFROM a", ["check", "--fail-on", "warning"], CLEAN),
        ("# pinner: ignore[unpinned]\nFROM a", ["check", "--fail-on", "note"], FINDINGS),
        ("FOO", ["check"], UNCHECKED),
        ("", ["check"], UNCHECKED),
        ("FROM a:1\nFOO", ["check"], FINDINGS),
        ("FROM a:1", ["pin"], CLEAN),
        ("FROM gone:1", ["pin"], UNCHECKED),
        ("FROM gone:1\nFROM a:1", ["pin"], UNCHECKED),
        ("FROM gone:1\nARG A\nFROM $A", ["pin"], FINDINGS),
        ("FROM a:1", ["pin", "--diff"], FINDINGS),
        (f"FROM a:1@{DIGEST}", ["pin", "--diff"], CLEAN),
        ("FROM gone:1", ["pin", "--diff"], UNCHECKED),
        (f"FROM a:1@{DIGEST}", ["unpin"], CLEAN),
        (f"FROM a:1@{DIGEST}", ["unpin", "--diff"], FINDINGS),
        ("FROM a:1", ["unpin", "--diff"], CLEAN),
        ("FROM a:1", ["list"], CLEAN),
        ("FOO", ["list"], UNCHECKED),
        ("", ["resolve", "a:1"], CLEAN),
        ("", ["resolve", "a:1", "gone:1"], UNCHECKED),
        ("", ["resolve", "A"], USAGE),
        ("", ["explain", "unpinned"], CLEAN),
        ("", ["explain", "nothing"], USAGE),
        ("FROM a:1", ["check", "-", "Dockerfile"], USAGE),
        ("FROM a:1", ["check", "--exclude", "!"], USAGE),
        ("FROM a:1", ["check", "--fail-on", "never"], USAGE),
        ("FROM a:1", ["check", "--format", "yaml"], USAGE),
        ("FROM a:1", ["check", "--mirror", "docker.io"], USAGE),
        ("FROM a:1", ["pin", "--mirror", "docker.io"], USAGE),
        ("FROM a:1", ["pin", "--jobs", "0"], USAGE),
        ("FROM a:1", ["check", "--nothing"], USAGE),
        ("FROM a:1", ["nothing"], USAGE),
        ("FROM a:1", ["check", "gone.dockerfile"], UNCHECKED),
        ("FROM a:1", ["check", "gone.dockerfile", "Dockerfile"], FINDINGS),
        ("FROM a:1", ["check", "--exclude", "Dockerfile"], USAGE),
        ("FROM a:1", ["check", "Dockerfile", ".", "--exclude", "Dockerfile"], USAGE),
        ("FROM a:1", ["check", "Dockerfile", "--exclude", "Dockerfile"], CLEAN),
    ],
    ids=str,
)
def test_exit_codes(text: str, arguments: list[str], code: int) -> None:
    dockerfile(text)
    assert pinner(*arguments).code == code


@pytest.mark.parametrize("arguments", [[], ["."], ["empty", "."]])
def test_nothing_to_check(arguments: list[str]) -> None:
    Path("empty").mkdir()
    run = pinner("check", *arguments)
    where = ", ".join(arguments) or "this folder"
    assert (run.code, run.stdout) == (USAGE, "")
    assert run.stderr == f"error: nothing to check: no file in {where} is of a kind that pulls images\n"


def test_named_files_that_are_excluded_are_clean_and_counted() -> None:
    dockerfile("FROM a", "vendor/Dockerfile")
    run = pinner("check", "--exclude", "vendor/", "vendor/Dockerfile")
    summary = "0 files, 0 references: 0 pinned, 0 findings, 0 unchecked, 1 excluded\n"
    assert (run.code, run.stderr) == (CLEAN, summary)
    run = pinner("check", "--exclude", "vendor/", "vendor/Dockerfile", "--format", "json")
    assert run.document["summary"]["excluded"] == 1


@pytest.mark.parametrize("command", ["check", "pin", "update", "unpin", "list"])
def test_a_folder_in_which_everything_is_excluded_holds_nothing_to_check(command: str) -> None:
    dockerfile("FROM a", "vendor/Dockerfile")
    run = pinner(command, "--exclude", "vendor/", "vendor")
    assert (run.code, run.stdout) == (USAGE, "")
    assert run.stderr == "error: nothing to check: every file in vendor is excluded (1)\n"


def _raise(error: BaseException) -> Callable[[], ExitCode]:
    def command() -> ExitCode:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("what to do"), USAGE, "error: what to do\n"),
        (ReadError("Dockerfile", "permission denied"), USAGE, "error: permission denied\n"),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted\n"),
        (BrokenPipeError(), FINDINGS, ""),
        (OSError(28, "No space left on device"), UNCHECKED, "error: No space left on device\n"),
    ],
)
def test_what_ends_a_run(error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.run(_raise(error)) == code
    assert capsys.readouterr() == ("", said)


# What is written where.


def test_findings_go_to_standard_output_and_the_summary_to_standard_error() -> None:
    dockerfile("FROM a\nFOO\n", "b/Dockerfile")
    dockerfile(f"FROM a:1@{DIGEST}\nFROM $A\n", "a/Dockerfile")
    run = pinner("check")
    assert run.stdout == (
        'a/Dockerfile:2:6: error[invalid-reference] "$A" is no image reference: invalid reference format;'
        " A is not declared: write ARG A=… above the first FROM\n"
        "b/Dockerfile:1:6: error[unpinned] a is not pinned to a digest\n"
        "b/Dockerfile:2: error[file-error] unknown instruction: FOO\n"
    )
    assert run.stderr.splitlines() == [
        "2 files, 3 references: 1 pinned, 2 findings (2 errors), 0 unchecked, 1 error",
        "invalid-reference: https://digest-pinner.github.io/pinner/rules/invalid-reference/",
        "unpinned: https://digest-pinner.github.io/pinner/rules/unpinned/",
        "file-error: https://digest-pinner.github.io/pinner/exit-codes/#file-error",
    ]
    assert run.code == FINDINGS


def test_both_what_is_wrong_and_what_is_unchecked_are_said() -> None:
    dockerfile("FROM gone:1\nARG V=1\nFROM a:$V-x\n")
    run = pinner("pin")
    assert "Dockerfile:1:6: unchecked[unreachable] gone:1: docker.io did not answer\n" in run.stdout
    assert run.stderr.startswith("1 file, 2 references: 0 pinned, 1 finding (1 error), 1 unchecked\n")


def test_quiet_is_quiet() -> None:
    dockerfile("FROM a:1\n")
    run = pinner("check", "-q")
    assert (run.code, run.stderr) == (FINDINGS, "")
    assert run.stdout.count("\n") == 1


def test_an_image_without_an_answer_is_told_once() -> None:
    dockerfile("FROM gone\n")
    run = pinner("pin")
    assert run.stdout == "Dockerfile:1:6: unchecked[unreachable] gone: docker.io did not answer\n"


def test_pinning_says_what_was_written() -> None:
    path = dockerfile("FROM node:20\nFROM node:20\n")
    run = pinner("pin")
    assert path.read_text() == f"FROM node:20@{NODE_20}\nFROM node:20@{NODE_20}\n"
    assert run.stdout == f"node:20: no digest -> {NODE_20[:19]} (2 places)\nDockerfile: 2 digests changed\n"
    assert run.stderr == "1 file, 2 references: 2 pinned, 0 findings, 0 unchecked, 2 changed\n"


def test_a_folder_is_searched_and_paths_are_as_they_were_given(folder: Path) -> None:
    dockerfile("FROM a:1\n", "sub/Dockerfile")
    assert pinner("check", "sub").stdout.startswith("sub/Dockerfile:1:6: ")
    assert pinner("check", "./sub/Dockerfile").stdout.startswith("./sub/Dockerfile:1:6: ")
    assert pinner("check", folder / "sub").stdout.startswith(f"{folder}/sub/Dockerfile:1:6: ")


def test_files_named_like_options() -> None:
    dockerfile("FROM a:1\n", "-v.dockerfile")
    assert pinner("check", "--", "-v.dockerfile").stdout.startswith("-v.dockerfile:1:6: ")


def test_the_version() -> None:
    run = pinner("--version")
    assert (run.code, run.stdout, run.stderr) == (CLEAN, f"pinner {version('digest-pinner')}\n", "")


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"], ["check", "-h"], ["pin", "--help"]])
def test_help(arguments: list[str]) -> None:
    run = pinner(*arguments)
    assert "Usage:" in run.stdout + run.stderr
    assert run.code == (CLEAN if arguments else USAGE)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.ID)
def test_every_rule_is_explained(rule: object) -> None:
    name = rule.ID  # type: ignore[attr-defined]
    run = pinner("explain", name)
    assert run.stdout.startswith(f"# {name} (")
    assert "## Remedy" in run.stdout


def test_without_a_rule_all_are_listed() -> None:
    lines = pinner("explain").stdout.splitlines()
    assert [line.split()[:2] for line in lines[: len(RULES)]] == [[rule.ID, rule.SEVERITY.label] for rule in RULES]
    assert lines[-1].startswith("pinner explain RULE prints the page of a rule.")


def test_several_rules_are_explained_at_once() -> None:
    pages = [pinner("explain", name).stdout for name in ("floating-tag", "unpinned")]
    assert pinner("explain", "floating-tag", "unpinned").stdout == "\n".join(pages)


def test_a_rule_that_is_misspelt() -> None:
    assert pinner("explain", "unpined").stderr == 'error: unknown rule "unpined": did you mean "unpinned"?\n'


def test_resolve_prints_the_digest_alone() -> None:
    assert pinner("resolve", "node:20").stdout == f"{NODE_20}\n"


def test_resolve_names_the_images_if_there_are_several() -> None:
    run = pinner("resolve", "node:20", f"node@{DIGEST}", "gone:1")
    lines = run.stdout.splitlines()
    assert lines[0] == f"{NODE_20}  node:20"
    assert lines[1].endswith(f"  node@{DIGEST}")
    assert run.stderr == "gone:1: unchecked[unreachable] docker.io did not answer\n"


# Diffs.


def test_a_diff_is_all_that_standard_output_holds_and_nothing_is_written() -> None:
    path = dockerfile("FROM node:20\nFROM gone:1\n", "sub/Dockerfile")
    run = pinner("pin", "--diff")
    assert run.stdout == (
        "--- a/sub/Dockerfile\n+++ b/sub/Dockerfile\n@@ -1,2 +1,2 @@\n"
        f"-FROM node:20\n+FROM node:20@{NODE_20}\n FROM gone:1\n"
    )
    assert "unchecked[unreachable]" in run.stderr
    assert path.read_text() == "FROM node:20\nFROM gone:1\n"


def test_a_diff_of_a_file_above_is_for_the_top_of_the_work_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    dockerfile("FROM node:20\n")
    Path(".git").mkdir()
    Path("deploy").mkdir()
    monkeypatch.chdir("deploy")
    for path in ("..", str(Path.cwd().parent / "Dockerfile")):
        run = pinner("pin", "--diff", path)
        assert run.stdout.startswith("diff --git a/Dockerfile b/Dockerfile\n--- a/Dockerfile\n+++ b/Dockerfile\n@@ ")
        assert "the diff is for ..: run git apply there\n" in run.stderr
    dockerfile("FROM node:20\n")
    run = pinner("pin", "--diff")
    assert run.stdout.startswith("--- a/Dockerfile\n")
    assert "run git apply" not in run.stderr


@pytest.mark.integration
def test_a_diff_is_taken_by_git(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    before = {
        "a b/Dockerfile": "FROM node:20\r\nRUN x",
        "größe.dockerfile": "FROM a\n",
        "c/Dockerfile": "FROM node:20\n",
    }
    for name, text in before.items():
        dockerfile(text, name)
    with pytest.raises(SystemExit):
        app(args=["pin", "--diff", "--exclude", "gr*"])
    subprocess.run(["git", "apply"], input=capsysbinary.readouterr().out, check=True, capture_output=True)
    assert {name: Path(name).read_bytes().decode() for name in before} == {
        "a b/Dockerfile": f"FROM node:20@{NODE_20}\r\nRUN x",
        "größe.dockerfile": "FROM a\n",
        "c/Dockerfile": f"FROM node:20@{NODE_20}\n",
    }


# Standard input.


@pytest.mark.integration
@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("x/y:1", "no reference to x/y:1; `pinner list` shows what there is"),
        ("node:21", "no reference to node:21; of this repository there is node:20"),
        ("docker.io/library/node", "no reference to docker.io/library/node; of this repository there is node:20"),
        ("a:9", "no reference to a:9; of this repository there is a:1, a:2, a:3, a:4, a:5 and 1 more"),
        ("b:1", "no reference to b:1 has a digest that could be updated; `pinner pin` adds one"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--rollback",), ("--diff",)])
def test_an_image_that_is_not_there_is_no_success(image: str, said: str, more: tuple[str, ...]) -> None:
    pins = [f"FROM a:{tag}@{DIGEST}\n" for tag in range(1, 7)]
    dockerfile(f"FROM node:20@{DIGEST}\nFROM b:1\n" + "".join(pins))
    run = pinner("update", "--image", image, *more)
    assert (run.code, run.stdout, run.stderr) == (USAGE, "", f"error: --image {image}: {said}\n")


def test_an_image_that_may_be_in_a_broken_file_is_unchecked() -> None:
    dockerfile("FOO\n")
    assert pinner("update", "--image", "a:1").code == UNCHECKED


def test_standard_input_is_a_dockerfile_unless_its_name_says_otherwise() -> None:
    run = process("check", "-", stdin=b"FROM a:1\n")
    assert (run.code, run.stdout) == (FINDINGS, "Dockerfile:1:6: error[unpinned] a:1 is not pinned to a digest\n")
    run = process("check", "-", "--stdin-filename", "x/compose.yaml", stdin=b"services: {a: {image: b:1}}\n")
    assert run.stdout == "x/compose.yaml:1:23: error[unpinned] b:1 is not pinned to a digest\n"


@pytest.mark.integration
@pytest.mark.parametrize("data", [f"FROM a:1@{DIGEST}\r\nLABEL x=\xff".encode("latin-1"), b"FOO", b"", b"\xff\xfe\x00"])
def test_what_was_edited_goes_to_standard_output_byte_for_byte(data: bytes) -> None:
    command = [sys.executable, "-m", "pinner", "unpin", "-"]
    run = subprocess.run(command, input=data, capture_output=True, env=_environment(), timeout=60)
    assert run.stdout == data.replace(f"@{DIGEST}".encode(), b"")
    assert run.returncode == (CLEAN if data.startswith(b"FROM") else UNCHECKED)


@pytest.mark.integration
def test_standard_input_that_is_closed() -> None:
    run = in_shell("{pinner} check - <&-")
    assert (run.code, run.stdout, run.stderr) == (USAGE, "", "error: - stands for standard input, which is closed\n")


# Documents.


def test_the_document_of_a_check() -> None:
    dockerfile(f"# é\nFROM --platform=linux/arm64 node AS é\nFROM a:1@{DIGEST}\n")
    dockerfile("FOO\n", "b/Dockerfile")
    document = pinner("check", "--format", "json").document
    assert [key for key in document if key in SCHEMA["check"]] == SCHEMA["check"]
    assert document["schema_version"] == 2
    summary = {"files": 2, "references": 2, "pinned": 1, "findings": 1, "unchecked": 0}
    assert document["summary"] | summary == document["summary"]
    (unpinned,) = document["findings"]
    assert unpinned == {
        "rule": "unpinned", "severity": "error", "path": "Dockerfile",
        "line": 2, "column": 29, "end_line": 2, "end_column": 33,
        "text": "node", "context": "FROM", "message": "node is not pinned to a digest", "fix": None,
        "command": "pin", "url": "https://digest-pinner.github.io/pinner/rules/unpinned/", "used_at": [],
    }  # fmt: skip
    assert document["unchecked"] == []
    assert document["errors"] == [
        {"path": "Dockerfile", "message": 'line 2: invalid name for a build stage: "é"'},
        {"path": "b/Dockerfile", "message": "line 1: unknown instruction: FOO"},
    ]


def test_the_document_of_what_is_unchecked() -> None:
    dockerfile("\nFROM gone:1\n")
    assert pinner("pin", "--format", "json").document["unchecked"] == [
        {
            "path": "Dockerfile",
            "line": 2,
            "text": "gone:1",
            "reason": "unreachable",
            "detail": "docker.io did not answer",
        }
    ]


def test_the_document_of_a_list() -> None:
    dockerfile(f"ARG V=20\nFROM node:$V-x AS a\nFROM b@{DIGEST}\nARG c\nFROM $X\nCOPY --from='d' e f\n")
    dockerfile("FOO", "b/Dockerfile")
    document = pinner("list", "--format", "json").document
    assert [key for key in document if key in SCHEMA["list"]] == SCHEMA["list"]
    node, b, x, d = document["references"]
    assert {key: node[key] for key in REFERENCE} == {
        "path": "Dockerfile", "line": 2, "column": 6, "end_line": 2, "end_column": 15, "start": 14, "end": 23,
        "context": "FROM", "text": "node:$V-x", "registry": "docker.io", "repository": "library/node", "tag": "20-x",
        "digest": None, "opaque": None, "unwritable": node["unwritable"],
    }  # fmt: skip
    assert "V is part of the tag" in node["unwritable"]
    assert [b[key] for key in ("registry", "repository", "tag", "digest")] == ["docker.io", "library/b", None, DIGEST]
    assert [x[key] for key in ("registry", "repository", "tag", "digest")] == [None] * 4
    assert x["opaque"]
    assert [d[key] for key in ("context", "text", "tag", "unwritable")] == ["COPY --from", "d", "latest", None]
    assert document["errors"] == [{"path": "b/Dockerfile", "message": "line 1: unknown instruction: FOO"}]


def test_the_document_of_resolve() -> None:
    document = pinner("resolve", "--format", "json", "node:20", "gone").document
    assert [key for key in document if key in SCHEMA["resolve"]] == SCHEMA["resolve"]
    (answer,) = document["references"]
    assert {key: answer[key] for key in ("reference", "registry", "repository", "tag", "digest", "media_type")} == {
        "reference": "node:20",
        "registry": "docker.io",
        "repository": "library/node",
        "tag": "20",
        "digest": NODE_20,
        "media_type": INDEX,
    }
    assert isinstance(answer["platforms"], list)
    assert document["unchecked"] == [
        {"reference": "gone", "reason": "unreachable", "detail": "docker.io did not answer"}
    ]


SCHEMA = {
    "check": ["schema_version", "summary", "findings", "unchecked", "errors"],
    "list": ["schema_version", "references", "errors"],
    "resolve": ["schema_version", "references", "unchecked"],
}
REFERENCE = (
    *("path", "line", "column", "end_line", "end_column", "start", "end", "context", "text"),
    *("registry", "repository", "tag", "digest", "opaque", "unwritable"),
)


# Streams.


def in_shell(command: str) -> Ran:
    """A line for the shell, in which {pinner} stands for the command."""
    line = command.format(pinner=f"'{sys.executable}' -m pinner")
    run = subprocess.run(["sh", "-c", line], capture_output=True, env=_environment(), timeout=60)
    return Ran(run.returncode, run.stdout.decode(), run.stderr.decode())


@pytest.mark.integration
@pytest.mark.parametrize(
    ("environ", "arguments", "colored"),
    [
        ({}, [], False),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"NO_COLOR": ""}, ["--color", "auto"], False),
    ],
)
def test_colour(environ: dict[str, str], arguments: list[str], colored: bool) -> None:
    dockerfile("FROM a:1\n")
    assert ("\x1b[" in process("check", *arguments, environ=environ).stdout) == colored


@pytest.mark.integration
@pytest.mark.parametrize("command", ["check", "list"])
def test_a_reader_that_goes_away_is_no_trouble(command: str) -> None:
    dockerfile("".join(f"FROM a:{number}\n" for number in range(3000)))
    run = in_shell("({pinner} " + command + "; echo ended with $? >&2) | head -n 1")
    assert run.stdout.startswith("Dockerfile:1:6")
    assert "Traceback" not in run.stderr
    assert "Exception ignored" not in run.stderr
    assert "ended with 1\n" in run.stderr or command == "list"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("streams", "text", "code"),
    [
        (">&-", f"FROM a:1@{DIGEST}", CLEAN),
        ("2>&-", f"FROM a:1@{DIGEST}", CLEAN),
        (">&- 2>&-", f"FROM a:1@{DIGEST}", CLEAN),
        ("2> /dev/full", f"FROM a:1@{DIGEST}", CLEAN),
        (">&-", "FROM a:1", FINDINGS),
        ("2>&-", "FROM a:1", FINDINGS),
        (">&- 2>&-", "FROM a:1", FINDINGS),
        ("2> /dev/full", "FROM a:1", FINDINGS),
        ("> /dev/full", "FROM a:1", UNCHECKED),
        ("> /dev/full 2> /dev/full", "FROM a:1", UNCHECKED),
    ],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_streams_that_are_closed_or_full(streams: str, text: str, code: int, unbuffered: str) -> None:
    dockerfile(text)
    run = in_shell(f"PYTHONUNBUFFERED={unbuffered} {{pinner}} check Dockerfile {streams}")
    assert "Traceback" not in run.stderr
    assert run.code == code


@pytest.mark.integration
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_names_that_the_terminal_cannot_show(encoding: str) -> None:
    dockerfile("FROM größe日:1\n", os.fsdecode(b"\xff\xe6.dockerfile"))
    run = subprocess.run(
        [sys.executable, "-m", "pinner", "check"],
        capture_output=True,
        env=_environment(PYTHONIOENCODING=encoding),
        timeout=60,
    )
    assert run.returncode == FINDINGS
    assert run.stdout.decode(encoding).count("error[invalid-reference]") == 1


@pytest.mark.integration
def test_an_interrupt_is_not_a_traceback() -> None:
    command = [sys.executable, "-c", INTERRUPTED]
    run = subprocess.run(command, capture_output=True, env=_environment(), timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (130, b"", b"interrupted\n")


def _interrupt(*_: object, **__: object) -> NoReturn:
    raise KeyboardInterrupt


@pytest.mark.parametrize("arguments", [["pin"], ["check", "--online"], ["update", "--add"]])
def test_an_interrupt_while_registries_are_asked_says_that_nothing_was_written(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dockerfile("FROM node:20\n")
    for name in ("resolve", "examine", "find_updates"):
        monkeypatch.setattr(registry_calls, name, _interrupt)
    run = pinner(*arguments)
    assert (run.code, run.stderr) == (130, "interrupted: no file was written\n")
    assert path.read_text() == "FROM node:20\n"


def test_an_interrupt_while_files_are_written_says_how_many_were(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        dockerfile("FROM node:20\n", f"{name}/Dockerfile")
    write = fixer.write_source

    def write_one(source: Source, data: bytes, root: str | None = None) -> None:
        if source.path.startswith("b"):
            raise KeyboardInterrupt
        write(source, data, root)

    monkeypatch.setattr(fixer, "write_source", write_one)
    run = pinner("pin")
    assert (run.code, run.stderr) == (130, "interrupted: 1 of 3 files were written, the others are as they were\n")
    assert ["@" in Path(name, "Dockerfile").read_text() for name in "abc"] == [True, False, False]


INTERRUPTED = """
import signal, sys
from pinner.cli import commands
from pinner.__main__ import main
commands.check = lambda *_: signal.raise_signal(signal.SIGINT)
sys.argv = ["pinner", "check"]
main()
"""
