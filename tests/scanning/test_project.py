"""Compose projects: pinner lists what Compose pulls, before and after `pin`; pins come and go without a trace."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.cli import registry_calls
from pinner.model.reference import Reference, parse
from pinner.model.resolution import Resolution, Resolved
from tests.support import projects
from tests.support.command import pinner
from tests.support.compose_go import images

CASES = {name: case for name, case in projects.cases().items() if "compose.yaml" in case["files"]}
# What Compose reads and pinner does not: it is told so.
NOT_READ = ("include-missing", "include-outside", "include-oci", "context-git", "env-ignored-by-git")


def resolved(asked: Iterable[Reference], *_: object, **__: object) -> Mapping[Reference, Resolution]:
    """Answer as a registry in which every image is."""
    media_type = "application/vnd.oci.image.index.v1+json"
    return {each: Resolved(each, projects.digest_of(str(each)), media_type) for each in asked}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_calls, "resolve", resolved)


def listed(*arguments: str) -> set[str]:
    """The images of services that pinner lists, pulled and built ones."""
    references = pinner("list", "--format", "json", *arguments).document["references"]
    found = set()
    for each in references:
        contexts = [each["context"], *(use["context"] for use in each["used_at"])]
        if any(context.startswith("services.") and context.endswith(".image") for context in contexts):
            name = f"{each['registry']}/{each['repository']}"
            tag, digest = each["tag"], each["digest"]
            found.add(name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else ""))
    return found


def canonical(names: Iterable[str], project: str) -> set[str]:
    """What Compose lists, without the names that it makes up for what is built."""
    references = (parse(name) for name in names if not name.startswith(f"{project}-"))
    return {str(each if each.digest else each.by_tag()) for each in references}


@pytest.mark.parametrize("name", [name for name in CASES if name not in NOT_READ])
def test_the_images_are_those_of_compose(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    projects.build(CASES[name], folder)
    for _ in range(2):
        theirs = images(folder)
        assert theirs is not None
        assert canonical(theirs, "project") <= listed(".")
        pinner("pin", ".")


FINDINGS = {
    "include that leads back": (
        {"compose.yaml": "include: [a.yml]", "a.yml": "include: [compose.yaml]\nservices: {w: {image: nginx:1}}"},
        ["a.yml:2"],
    ),
    "extends that leads back": (
        {
            "compose.yaml": "services: {a: {extends: {file: b.yml, service: a}}}",
            "b.yml": "services: {a: {image: x:1, extends: {file: compose.yaml, service: a}}}",
        },
        ["b.yml:1"],
    ),
    "outer .env before that of what is included": (
        {
            "compose.yaml": "include: [sub/a.yml]",
            ".env": "I=nginx:1",
            "sub/a.yml": "services: {w: {image: '${I}'}, v: {image: '${J}'}}",
            "sub/.env": "I=nginx:2\nJ=redis:7",
        },
        [".env:1", "sub/.env:2"],
    ),
    "argument of what is extended": (
        {
            "compose.yaml": "services: {a: {extends: {file: lib/base.yml, service: b}}}",
            "lib/base.yml": "services: {b: {build: {context: img, args: {V: '3.20'}}}}",
            "lib/img/Dockerfile": "ARG V\nFROM alpine:${V}",
        },
        ["lib/base.yml:1"],
    ),
    "argument that takes its value from .env": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: [V]}}}",
            ".env": "V=1.2",
            "Dockerfile": "ARG V=9@D\nFROM nginx:$V",
        },
        [".env:1"],
    ),
    "two builds with two values": (
        {
            "compose.yaml": "services:\n  a: {build: {context: ., args: {B: 'nginx:1'}}}\n"
            "  b: {build: {context: ., args: {B: 'redis:7'}}}",
            "Dockerfile": "ARG B=node:20@D\nFROM $B",
        },
        ["compose.yaml:2", "compose.yaml:3"],
    ),
    "empty value": (
        {"compose.yaml": "services: {a: {image: 'nginx:${TAG:-1.27@D}', env_file: x}}", ".env": "TAG="},
        [],
    ),
    "inline Dockerfile": (
        {
            "compose.yaml": "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM ${I}\n",
            ".env": "I=nginx:1.27",
        },
        [".env:1"],
    ),
    "namesake of what the main file builds": (
        {
            "compose.yaml": "services: {a: {build: .}}",
            "Dockerfile": "FROM scratch",
            "compose.prod.yaml": "services: {a: {image: acme/a:1, pull_policy: build}, b: {image: nginx:1}}",
        },
        ["compose.prod.yaml:1"],
    ),
    "Kubernetes": ({"x.yml": "apiVersion: v1\nservices: {a: {image: b}}", "Dockerfile": "FROM scratch"}, []),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_where_findings_stand(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, expected = FINDINGS[name]
    monkeypatch.chdir(tmp_path)
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / path).write_text(text.replace("@D", f"@{projects.digest_of('any')}"))
    report = pinner("check", "--format", "json", ".").document
    found = [f"{each['path']}:{each['line']}" for each in report["findings"] if each["rule"] == "unpinned"]
    assert (found, report["unchecked"], report["errors"]) == (expected, [], [])
    assert pinner("pin", ".").code == 0
    assert pinner("check", ".").code == 0


@pytest.mark.parametrize(("named", "expected"), [(".env", ".env:1"), ("compose.yaml", ".env:1"), (".", ".env:1")])
def test_a_named_file_stands_for_its_project(
    named: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("compose.yaml").write_text("services: {a: {image: 'nginx:${TAG}'}}")
    Path(".env").write_text("TAG=1.27")
    (finding,) = pinner("check", "--format", "json", named).document["findings"]
    assert (f"{finding['path']}:{finding['line']}", finding["text"]) == (expected, "nginx:1.27")
    assert [(use["path"], use["context"]) for use in finding["used_at"]] == [("compose.yaml", "services.a.image")]


def test_a_named_dockerfile_is_judged_as_the_whole_tree_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("compose.yaml").write_text("services: {a: {build: {context: x, additional_contexts: {base: ./y}}}}")
    Path("x").mkdir()
    Path("x/Dockerfile").write_text("FROM base\n")
    report = pinner("check", "--format", "json", "x/Dockerfile").document
    assert (report["findings"], report["summary"]["files"]) == ([], 1)


NOWHERE = {
    "build": ("compose.yaml", "services:\n  a:\n#\n    build: no\n"),
    "build.context": ("compose.yaml", "services:\n  a:\n    build:\n#\n      context: no\n"),
    "build.dockerfile": ("compose.yaml", "services:\n  a:\n    build:\n#\n      dockerfile: no\n"),
    "remote context": ("compose.yaml", "services:\n  a:\n#\n    build: https://example.test/a.git\n"),
    "open context": ("compose.yaml", "services:\n  a:\n#\n    build: ${NO}\n"),
    "include": ("compose.yaml", "include:\n#\n  - no.yml\n"),
    "include.path": ("compose.yaml", "include:\n  - path:\n#\n      - no.yml\n"),
    "include.env_file": ("compose.yaml", "include:\n  - path: a.yml\n#\n    env_file: no\n"),
    "extends.file": ("compose.yaml", "services:\n  a:\n    extends:\n      service: b\n#\n      file: no.yml\n"),
    "COMPOSE_FILE": (".env", "#\nCOMPOSE_FILE=no.yml\n"),
    "dockerComposeFile": (".devcontainer/devcontainer.json", '{\n#\n"dockerComposeFile": "no.yml"\n}\n'),
    "build of a devcontainer": (".devcontainer/devcontainer.json", '{"build": {\n#\n"dockerfile": "no"\n}}\n'),
}


@pytest.mark.parametrize("name", NOWHERE)
def test_a_comment_acknowledges_what_is_not_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path, text = NOWHERE[name]
    Path("a.yml").write_text(f"services: {{s: {{image: 'a:1@{projects.digest_of('any')}'}}}}")
    Path(path).parent.mkdir(exist_ok=True)
    mark = "//" if path.endswith(".json") else "#"
    files = [path] if path != ".env" else [".env", "a.yml"]
    for comment, code in ((f"{mark} x", 3), (f"{mark} pinner: ignore[not-read] made by CI", 0)):
        Path(path).write_text("\n".join(comment if line == "#" else line for line in text.split("\n")))
        run = pinner("check", "--format", "json", *files)
        assert (run.code, run.document["findings"], run.document["errors"]) == (code, [], [])
        assert [each["reason"] for each in run.document["unchecked"]] == ["not-read"] * (code == 3)


def test_a_comment_counts_at_the_value_and_at_its_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    comment = "# pinner: ignore[unpinned] ours\n"
    for above_use, above_value in ((comment, ""), ("", comment)):
        Path("compose.yaml").write_text(f"services:\n  a:\n    {above_use}    image: ${{I}}\n")
        Path(".env").write_text(f"{above_value}I=nginx:1.27\n")
        run = pinner("check", "--format", "json", ".")
        assert (run.code, run.document["findings"]) == (0, [])


def test_unpin_takes_off_the_digests_of_built_images_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    digest = projects.digest_of("any")
    text = f"services:\n  a: {{build: ., image: 'a:1@{digest}'}}\n  b: {{image: 'b:1@{digest}'}}\n"
    Path("compose.yaml").write_text(text)
    Path("Dockerfile").write_text(f"FROM c:1@{digest}\n")
    assert pinner("unpin", "--select", "digest-on-built-image", ".").code == 0
    assert Path("compose.yaml").read_text() == text.replace(f"a:1@{digest}", "a:1")
    assert digest in Path("Dockerfile").read_text()
    assert pinner("unpin", "--select", "unpinned", ".").code == 2


# Generated projects.

IMAGES = st.sampled_from(["nginx:1.27", "redis:7", "ghcr.io/acme/web:4.2", "postgres:16-alpine"])
NAMES = st.sampled_from(["TAG", "IMAGE", "BASE", "V"])


@st.composite
def generated(draw: st.DrawFn) -> dict[str, str]:
    """The files of a project: a Compose file, the values of its variables, and a Dockerfile with what it gets."""
    env, services, args = [], [], []
    for number in range(draw(st.integers(1, 3))):
        image, name = draw(IMAGES), f"{draw(NAMES)}_{number}"
        repository, _, tag = image.rpartition(":")
        kind = draw(st.sampled_from(["plain", "env", "env tag", "default", "build", "quoted"]))
        value = {"env": image, "quoted": f'"{image}" # {number}', "env tag": tag}.get(kind)
        if value is not None:
            env.append(f"{draw(st.sampled_from(['', 'export ']))}{name}={value}")
        written = {"plain": image, "env tag": f"{repository}:${{{name}}}", "default": f"${{{name}:-{image}}}"}
        if kind == "build":
            args.append(f"        {name}: {image}")
            services.append(f"  s{number}:\n    build:\n      context: .\n      args:\n        {name}: {image}\n")
        else:
            services.append(f"  s{number}:\n    image: {written.get(kind, f'${{{name}}}')}\n")
    names = [arg.split(":")[0].strip() for arg in args]
    dockerfile = "".join(f"ARG {name}\n" for name in names) + "FROM scratch\n"
    dockerfile += "".join(f"FROM ${{{name}:-busybox}}\n" for name in names[:1])
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    files = {"compose.yaml": "services:\n" + "".join(services), ".env": line_end.join([*env, ""])}
    return files | ({"Dockerfile": dockerfile} if args else {})


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(generated())
def test_pins_reach_compose_and_come_off_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    folder = tmp_path / "project"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert pinner("pin", ".").code == 0
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    theirs = images(folder)
    assert theirs is not None
    assert all("@sha256:" in name for name in theirs if not name.startswith("project-"))
    assert pinner("pin", ".").code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == after
    assert pinner("unpin", ".").code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: data.replace(b":-busybox}", b":-busybox:latest}") for name, data in before.items()
    }
