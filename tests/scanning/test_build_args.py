"""`[[build-args]]`: Dockerfiles judged as the real build builds them."""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from pinner.cli import registry_calls
from pinner.model.reference import Reference
from pinner.model.resolution import Resolution, Resolved
from tests.support import projects
from tests.support.command import pinner

PINNED = f"alpine:3@{projects.digest_of('alpine:3')}"


def resolved(asked: Iterable[Reference], *_: object, **__: object) -> Mapping[Reference, Resolution]:
    """Answer as a registry in which every image is."""
    media_type = "application/vnd.oci.image.index.v1+json"
    return {each: Resolved(each, projects.digest_of(str(each)), media_type) for each in asked}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry_calls, "resolve", resolved)
    monkeypatch.chdir(tmp_path)


def entry(values: str = "", contexts: str = "", files: str = "Dockerfile") -> str:
    return f'[[build-args]]\nfiles = ["{files}"]\nvalues = {{ {values} }}\ncontexts = [{contexts}]\n'


def write(files: Mapping[str, str]) -> None:
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(text.encode())


def findings(*arguments: str) -> list[str]:
    found = pinner("check", "--format", "json", *arguments).document["findings"]
    return [f"{each['rule']} {each['path']}:{each['line']} {each['text']}" for each in found]


ELSEWHERE = '# node:20\nexclude = ["node:20"]\n' + entry('A = "node:20"', files="x")
# The configuration, the Dockerfile, what is found, the configuration after `pin`: None where it stays as it is.
CASES: dict[str, tuple[str, str, list[str], str | None]] = {
    "whole reference": (
        entry('BASE = "node:20"'),
        "ARG BASE\nFROM $BASE\n",
        ["unpinned pinner.toml:3 node:20"],
        entry('BASE = "node:20{D:node:20}"'),
    ),
    "literal string, no tag, a comment": (
        entry("BASE = 'node'"),
        "ARG BASE\nFROM $BASE\n",
        ["unpinned pinner.toml:3 node"],
        entry("BASE = 'node:latest{D:node}'"),
    ),
    "tag": (
        entry('V = "20"'),
        "ARG V\nFROM node:$V\n",
        ["unpinned pinner.toml:3 node:20"],
        entry('V = "20{D:node:20}"'),
    ),
    "the same text elsewhere": (
        ELSEWHERE + entry('BASE = "node:20"'),
        "ARG BASE\nFROM $BASE\n",
        ["unpinned pinner.toml:9 node:20"],
        ELSEWHERE + entry('BASE = "node:20{D:node:20}"'),
    ),
    "a default out of force": (entry(f'BASE = "{PINNED}"'), "ARG BASE=node:20\nFROM $BASE\n", [], None),
    "a default that is pinned, and out of force": (
        entry('BASE = "node:20"'),
        f"ARG BASE={PINNED}\nFROM $BASE\n",
        ["unpinned pinner.toml:3 node:20"],
        entry('BASE = "node:20{D:node:20}"'),
    ),
    "the last entry": (
        entry('BASE = "node:20"') + entry(f'BASE = "{PINNED}"'),
        "ARG BASE\nFROM $BASE\n",
        [],
        None,
    ),
    "a part that is shared": (
        entry('V = "1"'),
        "ARG V\nFROM a:$V\nFROM b:$V\n",
        ["unpinned Dockerfile:2 a:$V", "unpinned Dockerfile:3 b:$V"],
        None,
    ),
    "a frontend": (
        entry('BUILDKIT_SYNTAX = "docker/dockerfile:1"'),
        f"FROM {PINNED}\n",
        ["unpinned pinner.toml:3 docker/dockerfile:1"],
        entry('BUILDKIT_SYNTAX = "docker/dockerfile:1{D:docker/dockerfile:1}"'),
    ),
    "an escape": (
        entry(r'BASE = "node\u003a20"'),
        "ARG BASE\nFROM $BASE\n",
        ["unpinned pinner.toml:3 node:20"],
        None,
    ),
    "a literal string of many lines": (
        entry("").replace("{  }", "{ BASE = '''\nnode:20''' }"),
        "ARG BASE\nFROM $BASE\n",
        ["unpinned pinner.toml:4 node:20"],
        entry("").replace("{  }", "{ BASE = '''\nnode:20{D:node:20}''' }"),
    ),
    "a string that goes on": (
        entry("").replace("{  }", '{ BASE = """\\\n  node:20\\\n  """ }'),
        "ARG BASE\nFROM $BASE\n",
        ["unpinned pinner.toml:4 node:20"],
        entry("").replace("{  }", '{ BASE = """\\\n  node:20{D:node:20}\\\n  """ }'),
    ),
    "another Dockerfile": (
        entry('BASE = "node:20"', files="x/Dockerfile"),
        "ARG BASE\nFROM $BASE\n",
        ["opaque-reference Dockerfile:2 $BASE"],
        None,
    ),
    "a variable without a value": (
        entry('BASE = "node:20"'),
        "ARG OTHER\nFROM $OTHER\n",
        ["opaque-reference Dockerfile:2 $OTHER"],
        None,
    ),
    "contexts": (
        entry("", '"base", "shared"'),
        "FROM base\nCOPY --from=shared a b\nRUN --mount=from=base true\n",
        [],
        None,
    ),
    "no such context": (entry("", '"shared"'), "FROM base\n", ["unpinned Dockerfile:1 base"], None),
}


def test_a_frontend_that_cannot_be_found_in_the_file_is_told() -> None:
    write({"pinner.toml": entry(r'BUILDKIT_SYNTAX = "x\u003a1"'), "Dockerfile": f"FROM {PINNED}\n"})
    run = pinner("check", "--format", "json", ".")
    assert run.code == 3
    assert "without escapes" in run.document["errors"][0]["message"]


def test_a_value_with_escapes_says_why_nothing_is_written() -> None:
    write({"pinner.toml": entry(r'BASE = "node\u003a20"'), "Dockerfile": "ARG BASE\nFROM $BASE\n"})
    (finding,) = pinner("check", "--format", "json", ".").document["findings"]
    assert "escapes or line breaks stand in the reference" in finding["message"]


def test_standard_input_is_built_as_the_configuration_says() -> None:
    write({"pinner.toml": entry(f'BASE = "{PINNED}", V = "3"'), "Dockerfile": "FROM scratch\n"})
    text = "ARG BASE\nARG V\nFROM $BASE\nFROM alpine:$V\nFROM node:20\n"
    run = pinner("check", "--format", "json", "-", stdin=text)
    assert [f"{each['rule']} {each['line']}" for each in run.document["findings"]] == ["unpinned 4", "unpinned 5"]
    run = pinner("pin", "-", stdin=text)
    assert run.stdout == text.replace("node:20", f"node:20@{projects.digest_of('node:20')}")
    assert projects.digest_of("alpine:3") not in Path("pinner.toml").read_text().replace(PINNED, "")


def with_digests(text: str) -> str:
    return projects.content(text.replace("{D:", "@{D:")).decode()


@pytest.mark.parametrize("name", CASES)
def test_what_the_build_passes(name: str) -> None:
    configuration, dockerfile, expected, after = CASES[name]
    write({"pinner.toml": configuration, "Dockerfile": dockerfile})
    assert [each for each in findings(".") if not each.startswith("floating-tag")] == expected
    pinner("pin", ".")
    assert Path("pinner.toml").read_text() == (configuration if after is None else with_digests(after))
    if after is not None:
        assert Path("Dockerfile").read_text() == dockerfile
        assert findings(".") == []
        assert pinner("unpin", ".").code == 0
        assert projects.digest_of("node:20") not in Path("pinner.toml").read_text()


@pytest.mark.parametrize("named", ["Dockerfile", "."])
def test_every_byte_around_a_digest_stays(named: str) -> None:
    text = '\ufeff# ü\r\n[tool.pinner]\r\nfail-on = "note"\r\n[[tool.pinner.build-args]]\r\nfiles = ["Dockerfile"]\r\n'
    text += 'values.BASE = "node:20" # node:20'
    write({"pyproject.toml": text, "Dockerfile": "ARG BASE\nFROM $BASE\n"})
    assert pinner("pin", named).code == 0
    pinned = f'"node:20@{projects.digest_of("node:20")}"'
    assert Path("pyproject.toml").read_bytes() == text.replace('"node:20"', pinned).encode()


READ_AGAIN = "ARG BASE\nFROM $BASE\nARG BASE\n"
IN_A_CONTAINER = "services: {a: {image: '${BASE}', environment: [BASE]}}\n"
ADVICE = {
    "the configuration": (
        {"pinner.toml": entry('BASE = "node:20"'), "Dockerfile": READ_AGAIN},
        "write ARG NODE_IMAGE=node:20 above the first FROM, use ${NODE_IMAGE} in Dockerfile:2, and run pinner again",
        {"Dockerfile": "ARG NODE_IMAGE=node:20\nARG BASE\nFROM ${NODE_IMAGE}\nARG BASE\n"},
    ),
    "a service": (
        {"compose.yaml": "services: {a: {build: {context: ., args: {BASE: 'node:20'}}}}\n", "Dockerfile": READ_AGAIN},
        "write ARG NODE_IMAGE=node:20 above the first FROM, use ${NODE_IMAGE} in Dockerfile:2, and run pinner again",
        {"Dockerfile": "ARG NODE_IMAGE=node:20\nARG BASE\nFROM ${NODE_IMAGE}\nARG BASE\n"},
    ),
    ".env": (
        {".env": "BASE=node:20\n", "compose.yaml": IN_A_CONTAINER},
        "write ${NODE_IMAGE:-node:20} in compose.yaml:1 and run pinner again",
        {"compose.yaml": IN_A_CONTAINER.replace("${BASE}", "${NODE_IMAGE:-node:20}")},
    ),
    ".env, in parts": (
        {".env": "V=20\nBASE=node:${V}\n", "compose.yaml": IN_A_CONTAINER.replace("[BASE]", "['X=${V}']")},
        "write ${NODE_IMAGE:-node:20} instead and run pinner again",
        {"compose.yaml": IN_A_CONTAINER.replace("${BASE}", "${NODE_IMAGE:-node:20}")},
    ),
}


@pytest.mark.parametrize("name", ADVICE)
def test_advice_on_a_value_that_is_read_elsewhere_as_well_can_be_followed(name: str) -> None:
    files, advice, followed = ADVICE[name]
    write(files)
    (finding,) = pinner("check", "--format", "json", ".").document["findings"]
    assert advice in finding["message"]
    write(followed)
    pinner("pin", ".")
    assert findings(".") == []


def test_a_service_that_passes_something_else_is_judged_as_well() -> None:
    compose = "services:\n  a:\n    build:\n      context: .\n      args:\n        BASE: redis:7\n"
    write({"pinner.toml": entry('BASE = "node:20"'), "Dockerfile": "ARG BASE\nFROM $BASE\n", "compose.yaml": compose})
    assert findings(".") == ["unpinned compose.yaml:6 redis:7", "unpinned pinner.toml:3 node:20"]
    assert pinner("pin", ".").code == 0
    assert findings(".") == []


def test_files_that_are_not_named_are_not_reported_on() -> None:
    write({"pinner.toml": entry('BASE = "node:20"', files="*"), "a/Dockerfile": "ARG BASE\nFROM $BASE\n"})
    write({"b/Dockerfile": "FROM redis\n"})
    assert findings("a/Dockerfile") == ["unpinned pinner.toml:3 node:20"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[build-args]]\nvalues = { A = "b" }', "files"),
        ('[[build-args]]\nfiles = ["x"]\nvalues = { A = 1 }', "a string is needed"),
        ('[[build-args]]\nfiles = ["x"]\nvalues = { "A-B" = "1" }', "the name of an ARG"),
        ('[[build-args]]\nfiles = ["x"]\nvalue = { A = "1" }', "values"),
    ],
)
def test_what_is_wrong_is_told(text: str, message: str) -> None:
    write({"pinner.toml": text, "Dockerfile": "FROM scratch\n"})
    run = pinner("check", ".")
    assert run.code == 2
    assert message in run.stderr


def test_with_a_policy_both_values_are_judged() -> None:
    write({"pinner.toml": entry('BASE = "node:20"'), "Dockerfile": "ARG BASE=redis:7\nFROM $BASE\n"})
    identity = "-c user.name=a -c user.email=a@b".split()
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], check=True)
    assert findings("--policy-from", "HEAD", ".") == ["unpinned pinner.toml:3 node:20"]
    write({"pinner.toml": entry(f'BASE = "{PINNED}"')})
    assert findings("--policy-from", "HEAD", ".") == ["unpinned Dockerfile:2 $BASE"]
    write({"pinner.toml": entry('BASE = "postgres:16"')})
    assert findings("--policy-from", "HEAD", ".") == [
        "unpinned Dockerfile:2 $BASE",
        "unpinned pinner.toml:3 postgres:16",
    ]
    Path("pinner.toml").unlink()
    assert findings("--policy-from", "HEAD", ".") == ["unpinned Dockerfile:1 redis:7", "unpinned Dockerfile:2 $BASE"]
