"""Whatever a file holds or is, the run ends with a code and a line for it, and the other files' results stand."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from pinner.cli import registry_calls
from pinner.formats import DOCKERFILE
from pinner.model.occurrence import Opaque
from pinner.model.reference import Reference
from pinner.model.resolution import Resolution, Resolved
from pinner.model.source import Source
from pinner.scanning import discovery
from tests.support.command import Ran, pinner
from tests.support.pinning import DIGEST, pinned
from tests.support.unprivileged import unprivileged
from tests.support.work import calls_of

CLEAN, FINDINGS, UNCHECKED = 0, 1, 3


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with one good file, and a registry that knows everything."""

    def resolve(references: Iterable[Reference], *_: object, **__: object) -> Mapping[Reference, Resolution]:
        return {each: Resolved(each, DIGEST, "application/vnd.oci.image.index.v1+json") for each in references}

    monkeypatch.setattr(registry_calls, "resolve", resolve)
    monkeypatch.chdir(tmp_path)
    Path("good.dockerfile").write_text("FROM good:1\n")
    return tmp_path


def pin(code: int, *said: str) -> Ran:
    """Pin everything; the good file is pinned whatever else there is."""
    run = pinner("pin")
    assert Path("good.dockerfile").read_text() == f"FROM good:1@{DIGEST}\n"
    assert run.code == code, run
    for each in said:
        assert each in run.stdout
    return run


# What a file holds.

UNREADABLE = {
    "UTF-16 with a byte-order mark": (
        "FROM a:1\n".encode("utf-16"),
        ":1: error[file-error] the file is UTF-16: save it as UTF-8",
    ),
    "UTF-16": ("FROM a:1\n".encode("utf-16-le"), ":1: error[file-error] unknown instruction\n"),
    "UTF-32": ("FROM a:1\n".encode("utf-32"), ":1: error[file-error] the file is UTF-16: save it as UTF-8"),
    "nothing": (b"", ":1: error[file-error] the file has no instructions"),
    "a byte-order mark alone": (b"\xef\xbb\xbf", ":1: error[file-error] the file has no instructions"),
    "comments alone": (b"# FROM a:1\n", ":1: error[file-error] the file has no instructions"),
    "binary": (bytes(range(256)) * 16, ":1: error[file-error] "),
    "nul bytes": (bytes(100_000), ":1: error[file-error] "),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), ":1: error[file-error] unknown instruction"),
    "a shell script": (b"#!/bin/sh\nset -eu\ndocker build .\n", ":2: error[file-error] unknown instruction: SET"),
    "JSON": (b'{"image": "a:1"}\n', ":1: error[file-error] unknown instruction\n"),
    "a secret behind a link": (b"AWS_SECRET_ACCESS_KEY=s3cr3t\n", ":1: error[file-error] unknown instruction\n"),
    "a conflict of Git": (
        b"FROM a:1\n<<<<<<< HEAD\nFROM b:1\n=======\n>>>>>>> x\n",
        ":2: error[file-error] unknown instruction: <<<<<<<",
    ),
    "a heredoc without an end": (b"FROM a:1\nRUN <<EOF\nx\n", ":2: error[file-error] unterminated heredoc"),
    "a line that is too long": (
        b"FROM a:1\nRUN " + b"x" * 70_000,
        ":2: error[file-error] dockerfile line greater than max allowed size",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_understood_is_said_and_left_alone(name: str) -> None:
    data, said = UNREADABLE[name]
    Path("Dockerfile").write_bytes(data)
    run = pinner("pin")
    assert f"Dockerfile{said}" in run.stdout
    assert Path("Dockerfile").read_bytes() == data
    assert Path("good.dockerfile").read_text() == f"FROM good:1@{DIGEST}\n"
    assert run.code in (FINDINGS, UNCHECKED)


@pytest.mark.parametrize("data", [data for data, _ in UNREADABLE.values()], ids=list(UNREADABLE))
def test_what_cannot_be_understood_is_never_clean(data: bytes) -> None:
    Path("Dockerfile").write_bytes(data)
    assert pinner("check", "Dockerfile").code in (FINDINGS, UNCHECKED)
    assert pinner("list", "Dockerfile").code == UNCHECKED


@pytest.mark.parametrize(
    "data",
    [
        b"# caf\xe9\nFROM a:1\nLABEL x=\xff\xfe\n",
        b"\xef\xbb\xbfFROM a:1\r\nRUN \xc3\x28\r\n",
        b"FROM a:1\nRUN echo \x00\x01\x1b[31m\n",
        b"FROM a:1",
        b"\r\n\r\nFROM a:1\r\n",
        b"FROM a:1\n" + b"\x0c\n" * 3,
    ],
)
def test_odd_bytes_are_kept(data: bytes) -> None:
    Path("Dockerfile").write_bytes(data)
    pin(CLEAN)
    assert Path("Dockerfile").read_bytes() == data.replace(b"a:1", b"a:1@" + DIGEST.encode())


def test_control_characters_do_not_reach_the_terminal() -> None:
    Path("Dockerfile").write_bytes(
        b"FROM a\x1b[2J\x9b\xe2\x80\xae:1\x07\nFROM b:\x00\nCOPY --from=\x1b]0;x\x07 a b\nFOO\x1b[1m x\n"
    )
    os.rename("Dockerfile", "\x1b[31m\u202e.dockerfile")
    for name in ("text", "concise", "json", "github", "sarif"):
        run = pinner("check", "--format", name)
        assert run.code == FINDINGS
        assert all(character.isprintable() or character == "\n" for character in run.stdout + run.stderr)
    assert all(character.isprintable() or character == "\n" for character in pinner("list").stdout)


# What a file is.


def missing(path: Path) -> None:
    path.symlink_to("nowhere")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (missing, "no such file or directory"),
        (loop, "too many levels of symbolic links"),
        (os.mkfifo, "not a regular file"),
    ],
)
def test_what_is_no_file(make: Callable[[Path], object], reason: str) -> None:
    make(Path("Dockerfile"))
    run = pin(UNCHECKED, f"Dockerfile: error[file-error] {reason}\n")
    assert "2 files" in run.stderr


def test_a_folder_named_dockerfile_is_searched() -> None:
    Path("Dockerfile").mkdir()
    Path("Dockerfile/Dockerfile").write_text("FROM a:1\n")
    pin(CLEAN)
    assert Path("Dockerfile/Dockerfile").read_text() == f"FROM a:1@{DIGEST}\n"


def test_a_file_that_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("Dockerfile").write_text("FROM a:1\n")
    discover = discovery.discover

    def discover_and_remove(*arguments: object, **keywords: object) -> object:
        found = discover(*arguments, **keywords)  # type: ignore[arg-type]
        os.unlink("Dockerfile")
        return found

    monkeypatch.setattr(discovery, "discover", discover_and_remove)
    pin(UNCHECKED, "Dockerfile: error[file-error] no such file or directory\n")
    assert not Path("Dockerfile").exists()


def test_a_file_that_vanishes_before_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("Dockerfile").write_text("FROM a:1\n")
    resolve = registry_calls.resolve

    def resolve_and_remove(*arguments: object, **keywords: object) -> object:
        os.unlink("Dockerfile")
        return resolve(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(registry_calls, "resolve", resolve_and_remove)
    pin(FINDINGS, "Dockerfile: error[file-error] cannot write: no such file or directory\n")
    assert not Path("Dockerfile").exists()


def test_an_unreadable_file(folder: Path) -> None:
    Path("Dockerfile").write_text("FROM a:1\n")
    Path("Dockerfile").chmod(0)
    folder.chmod(0o755)
    pinner("check")  # for its imports, which nobody may make
    with unprivileged():
        run = pinner("check")
    assert "Dockerfile: error[file-error] permission denied\n" in run.stdout
    assert "good.dockerfile:1:6: error[unpinned]" in run.stdout
    assert run.stderr.startswith("2 files, 1 reference: 0 pinned, 1 finding (1 error), 0 unchecked, 1 error\n")


def test_a_symlink_is_written_through_and_stays() -> None:
    Path("real").mkdir()
    Path("real/file").write_text("FROM a:1\n")
    Path("Dockerfile").symlink_to("real/file")
    pin(CLEAN)
    assert Path("Dockerfile").readlink() == Path("real/file")
    assert Path("real/file").read_text() == f"FROM a:1@{DIGEST}\n"


def test_a_read_only_file_is_left_alone_and_said() -> None:
    path = Path("Dockerfile")
    path.write_text("FROM a:1\n")
    path.chmod(0o444)
    pin(FINDINGS, "Dockerfile: error[file-error] the file is read-only; nothing was written\n")
    assert path.read_text() == "FROM a:1\n"
    assert path.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("mode", [0o600, 0o755])
def test_the_mode_and_the_line_ends_stay(mode: int) -> None:
    path = Path("Dockerfile")
    path.write_bytes(b"FROM a:1\r\nRUN x\nRUN y\r\n")
    path.chmod(mode)
    pin(CLEAN)
    assert path.read_bytes() == f"FROM a:1@{DIGEST}\r\nRUN x\nRUN y\r\n".encode()
    assert path.stat().st_mode & 0o777 == mode


# How much of it there is.


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b"FROM a:1\n" + (b"RUN " + b"x" * 60_000 + b"\n") * 170,
        b"FROM a:1\nRUN <<EOF\n" + (b"echo " + b"x" * 200 + b"\n") * 49_000 + b"EOF\n",
    ],
    ids=["long lines", "heredoc"],
)
def test_ten_megabytes(data: bytes) -> None:
    assert len(data) > 10_000_000
    Path("Dockerfile").write_bytes(data)
    pin(CLEAN)
    assert Path("Dockerfile").read_bytes() == data.replace(b"a:1", b"a:1@" + DIGEST.encode(), 1)


@pytest.mark.slow
def test_twenty_thousand_lines_of_one_instruction() -> None:
    text = "FROM a:1\nRUN true" + " && \\\n  # FROM b:1\n  echo FROM c:1" * 20_000 + "\nFROM d:1\n"
    Path("Dockerfile").write_text(text)
    pin(CLEAN)
    assert Path("Dockerfile").read_text() == text.replace("M a:1", f"M a:1@{DIGEST}").replace(
        "M d:1", f"M d:1@{DIGEST}"
    )


def calls(text: str) -> int:
    """How many functions are called to read and to pin a Dockerfile."""
    source = Source("Dockerfile", text.encode())

    def work() -> None:
        DOCKERFILE.read(source)
        pinned(source, DOCKERFILE)

    return calls_of(work)


def many(line: str, count: int) -> str:
    return "".join(line.format(i=number, j=number + 1) for number in range(count))


GROWING: dict[str, Callable[[int], str]] = {
    "lines of one instruction": lambda n: "FROM a:1\nRUN x" + " \\\n y" * n,
    "comments in one instruction": lambda n: "FROM a:1\nRUN x \\\n" + "# y\n" * n + " z",
    "blank lines in one instruction": lambda n: "FROM a:1\nRUN x \\\n" + "\n" * n + " z",
    "instructions": lambda n: "FROM a:1\n" + "RUN x\n" * n,
    "stages": lambda n: many("FROM a:{i} AS s{i}\nCOPY --from=s0 b c\n", n),
    "stages that come later": lambda n: many("FROM s{j} AS s{i}\n", n),
    "references that share an ARG": lambda n: "ARG V=1\n" + "FROM a:$V\n" * n,
    "other references that share an ARG": lambda n: "ARG V=1\n" + many("FROM a{i}:$V\n", n),
    "references that share an ARG that a stage declares again": lambda n: "ARG V=1\n" + "FROM a:$V\nARG V\n" * n,
    "stages of one image whose ARG they declare again": lambda n: "ARG B=a:1\n" + "FROM $B\nARG B\n" * n,
    "ARGs in a chain": lambda n: "ARG A0=1\n" + many("ARG A{j}=$A{i}\n", n) + f"FROM a:$A{n}",
    "ARGs in a chain, each used": lambda n: "ARG A0=1\n" + many("ARG A{j}=$A{i}\n", n) + many("FROM a:$A{i}\n", n),
    "ARGs that read one ARG": lambda n: "ARG A=1\n" + many("ARG B{i}=$A\n", n) + many("FROM a:$B{i}\n", n),
    "variables in one reference": lambda n: many("ARG A{i}=x\n", n) + "FROM " + many("$A{i}", n),
    "mounts in one instruction": lambda n: "FROM a:1\nRUN " + " \\\n --mount=from=b:1,target=/x" * n + " y",
    "fields in one mount": lambda n: "FROM a:1\nRUN --mount=" + "x=y," * n + "from=b:1 z",
    "flags": lambda n: "FROM a:1\nCOPY " + "--x=y " * n + "--from=b:1 y z",
    "heredocs": lambda n: "FROM a:1\n" + "RUN <<E\nx\nE\n" * n,
    "heredocs in one instruction": lambda n: "FROM a:1\nRUN" + " \\\n <<E" * n + "\n" + "E\n" * n,
    "ignore comments": lambda n: "# pinner: ignore\nFROM a:1\n" * n,
    "ignore comments above one instruction": lambda n: "# pinner: ignore\n" * n + "FROM a:1",
    "ignore comments in one instruction": lambda n: "FROM a:1\nRUN x" + " \\\n# pinner: ignore\n --mount=from=b:1" * n,
    "unknown instructions": lambda n: "FOO\n" * n,
    "lines of another frontend": lambda n: "// check=x\n" * n,
    "words of FROM": lambda n: "FROM" + " \\\n a" * n,
    "words of ARG": lambda n: "ARG" + " \\\n a=b" * n + "\nFROM a:1",
    "stages for platforms": lambda n: "FROM a:1 AS b-amd64\n" + "FROM b-$TARGETARCH\n" * n,
    "triggers": lambda n: "FROM a:1\n" + "ONBUILD COPY --from=b:1 x y\n" * n,
    "triggers above stages": lambda n: "FROM a:1 AS s\n" + "ONBUILD COPY --from=b x y\n" * n + "FROM s\n" * n,
    "triggers above stages for platforms": lambda n: (
        "FROM a:1 AS s\n" + "ONBUILD COPY --from=b x y\n" * n + "FROM b-$TARGETARCH\n" * n
    ),
    "stages with triggers": lambda n: "FROM a:1\nONBUILD RUN --mount=from=b x\nFROM b-$TARGETARCH\n" * n,
    "braces": lambda n: "FROM a:1\nRUN echo " + "${x}" * n + " <<E\nE",
    "dollars": lambda n: "FROM " + "$" * n,
    "quotes": lambda n: "FROM " + "''" * n + "a:1",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GROWING)
def test_the_work_grows_with_the_file(name: str) -> None:
    """Four times the text must not take much more than four times the work; by the square it would be sixteen."""
    make = GROWING[name]
    assert calls(make(240)) < 6 * calls(make(60))


@pytest.mark.parametrize("line", ["#" * 65_000, "# " * 32_000, "//" * 32_000, "#" + "\xa0" * 32_000])
def test_a_long_first_line(line: str) -> None:
    """By the square a hundred of them take hours."""
    source = Source("Dockerfile", f"{line}\nFROM a:1\n".encode())
    for _ in range(100):
        assert DOCKERFILE.read(source).occurrences


@pytest.mark.slow
@pytest.mark.parametrize(
    "expression",
    [
        "${a:-" * 5000 + "b" + "}" * 5000,
        "${a:-" * 5000,
        "${a%" * 5000 + "b" + "}" * 5000,
        "${a/b/" * 5000 + "b" + "}" * 5000,
        '"${a:-"' * 2000 + "b" + "}" * 2000,
        "$" * 60_000,
        "${" * 30_000,
        "${a%" + "*" * 20_000 + "b}",
        "${a//" + "*?" * 10_000 + "/c}",
    ],
    ids=["nested", "open", "patterns", "replacements", "quotes", "dollars", "braces", "stars", "stars and marks"],
)
@pytest.mark.parametrize(
    "place", ["FROM {}", "ARG x={}\nFROM $x", "FROM a:1\nRUN echo {} <<E\nE", "FROM a:1\nCOPY --from={} b c"]
)
def test_deep_expressions(expression: str, place: str) -> None:
    text = "ARG a=" + "b" * 4000 + "\n" + place.format(expression)
    reading = DOCKERFILE.read(Source("Dockerfile", text.encode()))
    unknown = [each for each in reading.occurrences if not isinstance(each.target, Reference)]
    assert reading.problems or unknown or "RUN" in place


def test_args_that_double_each_other() -> None:
    text = "ARG A0=xx\n" + many("ARG A{j}=$A{i}$A{i}\n", 60) + "FROM a:$A60\n"
    reading = DOCKERFILE.read(Source("Dockerfile", text.encode()))
    assert "longer than" in reading.problems[0].message


@pytest.mark.slow
def test_args_that_repeat_a_long_one() -> None:
    text = "ARG A=" + "x" * 4000 + "\n" + many("ARG B{i}=y$A\n", 3000) + "FROM a:1\n"
    reading = DOCKERFILE.read(Source("Dockerfile", text.encode()))
    assert "longer than" in reading.problems[0].message


def test_a_reference_of_more_variables_than_anybody_needs() -> None:
    text = many("ARG A{i}=x\n", 60) + "FROM " + many("$A{i}", 60)
    (occurrence,) = DOCKERFILE.read(Source("Dockerfile", text.encode())).occurrences
    assert isinstance(occurrence.target, (Reference, Opaque))
    assert "variables" in str(occurrence.unwritable)
