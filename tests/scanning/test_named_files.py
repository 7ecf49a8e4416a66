"""Files that are named alone are judged as in their tree, and a digest goes nowhere where the tree would get none."""

from pathlib import Path

import pytest

from pinner.cli import registry_calls
from tests.scanning.test_project import resolved
from tests.support import projects
from tests.support.command import pinner

Tree = dict[str, str]
WEB = 'services: {a: {image: "acme/web:${TAG}"}}'
WORKER = 'services: {w: {image: "acme/worker:${TAG}"}}'
OWN = {"compose.yaml": WEB, ".env": "TAG=1.4"}
ARG = {
    "compose.yaml": 'services:\n  a: {build: {context: ., args: {V: "20"}}}\n  b: {image: "redis:7"}\n',
    "Dockerfile": "ARG V\nFROM node:${V}\n",
}
PINNED_ARG = {**ARG, "compose.yaml": "services: {a: {build: {context: ., args: {V: '20@D'}}}, b: {image: 'redis:7'}}"}
CONTEXT = "services: {a: {build: {context: ., additional_contexts: {base: ./base}}}}"
POD = {"pod.yml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: 'acme/web:1'}]}"}
BUILDER = "services: {a: {build: ., image: 'acme/web:1'}}"

# The tree, the file that is named, and where something is unpinned. Nothing can be written there.
REFUSED: dict[str, tuple[Tree, str, list[str]]] = {
    "value that a file beside uses for another image": (
        {**OWN, "compose.prod.yaml": WORKER},
        "compose.yaml",
        ["compose.yaml:1"],
    ),
    "the same by another spelling": ({**OWN, "compose.prod.yaml": WORKER}, "./compose.yaml", ["./compose.yaml:1"]),
    "file beside that is known by its content": ({**OWN, "prod.yaml": WORKER}, "compose.yaml", ["compose.yaml:1"]),
    "two files beside each other, neither of which is the main one": (
        {"compose.a.yaml": WEB, "compose.b.yaml": WORKER, ".env": "TAG=1.4"},
        "compose.a.yaml",
        ["compose.a.yaml:1"],
    ),
    "file beside that gives all values to a container": (
        {**OWN, "compose.prod.yaml": "services: {w: {image: 'r:1@D', env_file: .env}}"},
        "compose.yaml",
        ["compose.yaml:1"],
    ),
    "file beside that gives the value to a container": (
        {**OWN, "compose.prod.yaml": "services: {w: {image: 'r:1@D', environment: [TAG]}}"},
        "compose.yaml",
        ["compose.yaml:1"],
    ),
    "file beside what includes the named one": (
        {
            "compose.yaml": "include: [sub/a.yml]",
            "compose.prod.yaml": WORKER,
            "sub/a.yml": WEB,
            ".env": "TAG=1.4",
        },
        "sub/a.yml",
        ["sub/a.yml:1"],
    ),
    "file beside what is included": (
        {
            "compose.yaml": "include: [sub/a.yml]",
            "sub/a.yml": WEB,
            "sub/.env": "TAG=1.4",
            "sub/compose.prod.yaml": WORKER,
        },
        "compose.yaml",
        ["sub/a.yml:1"],
    ),
}

# The tree, the file that is named, and where digests go then.
WRITTEN: dict[str, tuple[Tree, str, list[str]]] = {
    "value of its own": (OWN, "compose.yaml", [".env:1"]),
    "file beside that uses the value for the same image": (
        {**OWN, "compose.prod.yaml": WEB},
        "compose.yaml",
        [".env:1"],
    ),
    "file beside that uses no value": (
        {**OWN, "compose.prod.yaml": 'services: {w: {image: "acme/worker:1"}}'},
        "compose.yaml",
        [".env:1"],
    ),
    "file beside that is broken": ({**OWN, "compose.prod.yaml": "services: {a: ["}, "compose.yaml", [".env:1"]),
    "file beside that names what is not there": (
        {**OWN, "compose.prod.yaml": "include: [no.yml]\nservices: {w: {build: ./no}}"},
        "compose.yaml",
        [".env:1"],
    ),
    "file beside with a comment on nothing": (
        {**OWN, "compose.prod.yaml": "# pinner: ignore[unpinned] none\nservices: {w: {image: 'a:1@D'}}"},
        "compose.yaml",
        [".env:1"],
    ),
    "file beside that leads to unpinned images": (
        {**OWN, "compose.prod.yaml": "services: {w: {build: app}}", "app/Dockerfile": "FROM node:20"},
        "compose.yaml",
        [".env:1"],
    ),
    "file beside that is no Compose file": ({**OWN, "jobs.yaml": f"jobs: {{}}\n{WORKER}"}, "compose.yaml", [".env:1"]),
    "file in a folder below": ({**OWN, "sub/compose.yaml": WORKER}, "compose.yaml", [".env:1"]),
    "file beside that is excluded": (
        {**OWN, "compose.prod.yaml": WORKER, "pinner.toml": 'exclude = ["*.prod.yaml"]'},
        "compose.yaml",
        [".env:1"],
    ),
    "file beside that Git ignores": (
        {**OWN, "compose.prod.yaml": WORKER, ".gitignore": "*.prod.yaml"},
        "compose.yaml",
        [".env:1"],
    ),
    "main file of which nobody asked": (
        {"compose.yaml": 'services: {b: {image: "redis:7"}}', "compose.prod.yaml": WORKER, ".env": "TAG=1.4"},
        "compose.prod.yaml",
        [".env:1"],
    ),
    "argument of a Dockerfile": (ARG, "Dockerfile", ["compose.yaml:2"]),
    "argument in a file above": (
        {
            "docker-compose.dev.yml": "services: {a: {build: {context: app, args: ['V=20']}}}",
            "app/Dockerfile": ARG["Dockerfile"],
        },
        "app/Dockerfile",
        ["docker-compose.dev.yml:1"],
    ),
    "argument in a file that is known by its content": (
        {"stack.yml": ARG["compose.yaml"], "Dockerfile": ARG["Dockerfile"]},
        "Dockerfile",
        ["stack.yml:2"],
    ),
    "argument with a value in .env": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: [V]}}, b: {image: 'redis:7'}}",
            ".env": "V=20",
            "Dockerfile": ARG["Dockerfile"],
        },
        "Dockerfile",
        [".env:1"],
    ),
    "argument that is pinned": (PINNED_ARG, "Dockerfile", []),
    "argument beside a comment on nothing": (
        {**PINNED_ARG, "compose.yaml": f"{PINNED_ARG['compose.yaml']}\n# pinner: ignore[unpinned] none\n"},
        "Dockerfile",
        [],
    ),
    "argument beside what is not there": (
        {**PINNED_ARG, "compose.yaml": f"{PINNED_ARG['compose.yaml']}\ninclude: [no.yml]"},
        "Dockerfile",
        [],
    ),
    "argument with a comment": (
        {**ARG, "Dockerfile": "ARG V\n# pinner: ignore[unpinned] as we like it\nFROM node:${V}\n"},
        "Dockerfile",
        [],
    ),
    "named context in another than the main file": (
        {"docker-compose.dev.yml": CONTEXT, "base/x": "", "Dockerfile": "FROM base"},
        "Dockerfile",
        [],
    ),
    "named context in a file that is known by its content": (
        {"stack.yml": CONTEXT, "base/x": "", "Dockerfile": "FROM base"},
        "Dockerfile",
        [],
    ),
    "argument of another Dockerfile": (
        {**ARG, "Dockerfile": "ARG V=18\nFROM node:${V}@D", "app/Dockerfile": "FROM node:20"},
        "app/Dockerfile",
        ["app/Dockerfile:1"],
    ),
    "built image that Git's copy does not build": (
        {**POD, "compose.dev.yml": BUILDER, ".gitignore": "*.dev.yml"},
        "pod.yml",
        ["pod.yml:3"],
    ),
}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_calls, "resolve", resolved)


def write(tree: Tree, folder: Path) -> Path:
    projects.write(tree, folder)
    if ".gitignore" in tree:
        projects.build({"files": {}, "git": True}, folder)
    return folder


def contents(tree: Tree) -> Tree:
    return {path: Path(path).read_text() for path in tree}


def unpinned(path: str) -> list[str]:
    report = pinner("check", "--format", "json", path).document
    assert (report["unchecked"], report["errors"]) == ([], [])
    assert {each["rule"] for each in report["findings"]} <= {"unpinned"}
    return [f"{each['path']}:{each['line']}" for each in report["findings"]]


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_written_that_the_tree_would_not_get(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, named, expected = REFUSED[name]
    monkeypatch.chdir(write(tree, tmp_path))
    before = contents(tree)
    assert unpinned(named) == expected
    assert pinner("pin", named).code == 1
    assert contents(tree) == before


@pytest.mark.parametrize("name", WRITTEN)
def test_digests_go_where_they_go_in_the_tree(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is written, or told: not what is wrong in files of which nobody asked."""
    tree, named, expected = WRITTEN[name]
    monkeypatch.chdir(write(tree, tmp_path / "named"))
    before = contents(tree)
    assert unpinned(named) == expected
    assert pinner("pin", named).code == 0
    after = contents(tree)
    assert unpinned(named) == []
    monkeypatch.chdir(write(tree, tmp_path / "tree"))
    pinner("pin", ".")
    in_tree = contents(tree)
    changed = [
        f"{path}:{number}"
        for path in tree
        for number, (old, new, wanted) in enumerate(
            zip(before[path].split("\n"), after[path].split("\n"), in_tree[path].split("\n"), strict=True), 1
        )
        if old != new and new == wanted
    ]
    assert (changed, {path for path in tree if before[path] != after[path]}) == (
        expected,
        {each.rpartition(":")[0] for each in expected},
    )


@pytest.mark.parametrize("builder", ["compose.yaml", "docker-compose.build.yml", "stack.yml"])
def test_what_a_file_beside_builds_is_built_here(builder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write({**POD, builder: BUILDER}, tmp_path))
    (finding,) = pinner("check", "--format", "json", "pod.yml").document["findings"]
    assert (finding["rule"], finding["path"]) == ("built-here", "pod.yml")


def test_what_a_file_builds_is_known_also_if_only_its_arguments_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = "services: {a: {build: {context: ., args: {V: '20@D'}}, image: 'acme/web:1'}}"
    tree = {**POD, "compose.yaml": builder, "Dockerfile": ARG["Dockerfile"]}
    monkeypatch.chdir(write(tree, tmp_path))
    report = pinner("check", "--format", "json", "pod.yml", "Dockerfile").document
    assert [each["rule"] for each in report["findings"]] == ["built-here"]


def test_a_value_tells_where_a_named_file_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else of the file in which it stands is listed."""
    monkeypatch.chdir(write(ARG, tmp_path))
    (reference,) = pinner("list", "--format", "json", "Dockerfile").document["references"]
    assert (reference["path"], reference["text"]) == ("compose.yaml", "node:20")
    assert [(use["path"], use["context"]) for use in reference["used_at"]] == [("Dockerfile", "FROM")]
