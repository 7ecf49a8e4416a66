"""What comes through standard input names files: those that cannot be read are unchecked, as for a file on the disk."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.trees import FileTree

Make = Callable[[Mapping[str, str]], FileTree]

PINNED = "a:1@sha256:" + "a" * 64
FILES = {
    "Dockerfile": "FROM b:1\n",
    "more.yaml": "services: {b: {image: 'b:1'}}\n",
    "sub/Dockerfile": "FROM b:1\n",
    ".env": f"HERE=more.yaml\nIMAGE={PINNED}\n",
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileTree:
    return FileTree(tmp_path, FILES, monkeypatch)


UNREAD = [
    (".devcontainer.json", '{"dockerFile": "nope"}', ["nope"]),
    (".devcontainer.json", '{"build": {"dockerfile": "${localEnv:X}"}}', ["${localEnv:X}"]),
    (".devcontainer/devcontainer.json", '{"dockerComposeFile": ["../more.yaml", "gone.yml"]}', ["gone.yml"]),
    ("compose.yaml", "include: [gone.yml]\n", ["gone.yml"]),
    ("compose.yaml", "include: [oci://evil.example/stack:1]\nservices: {}\n", ["oci://evil.example/stack:1"]),
    (
        "compose.yaml",
        "include: [gone.yml]\nservices: {a: {build: {context: https://x/y.git}}}\n",
        ["gone.yml", "https://x/y.git"],
    ),
    ("compose.yaml", "services: {a: {build: ./gone}}\n", ["./gone"]),
    ("compose.yaml", "services: {a: {build: {context: ., dockerfile: gone}}}\n", ["gone"]),
    ("compose.yaml", "services: {a: {build: '${NOTHING}'}}\n", ["${NOTHING}"]),
    ("compose.yaml", "services: {a: {extends: {file: gone.yml, service: b}}}\n", ["gone.yml"]),
    ("./compose.yaml", "services: {a: {build: ./gone}}\n", ["./gone"]),
    ("compose.prod.yaml", "services: {a: {build: ./gone}}\n", ["./gone"]),
    ("sub/compose.yaml", "services: {a: {build: ../gone}}\n", ["../gone"]),
    ("stack.yaml", "services: {a: {build: ./gone}}\n", ["./gone"]),
    ("nowhere/compose.yaml", "services: {a: {build: .}}\n", ["."]),
]
READ = [
    (".devcontainer.json", '{"dockerFile": "Dockerfile"}'),
    (".devcontainer.json", '{"dockerComposeFile": "more.yaml"}'),
    (".devcontainer.json", f'{{"image": "{PINNED}"}}'),
    (".devcontainer.json", '{\n// pinner: ignore[not-read] a script makes it\n"dockerFile": "nope"}'),
    ("compose.yaml", "include: [more.yaml]\n"),
    ("compose.yaml", "include: ['${HERE}']\n"),
    ("compose.yaml", "services: {a: {build: .}}\n"),
    ("compose.yaml", "services: {a: {build: ./sub}}\n"),
    ("compose.yaml", "services: {a: {extends: {file: more.yaml, service: b}}}\n"),
    ("compose.yaml", "include:\n- gone.yml # pinner: ignore[not-read] a script makes it\n"),
    ("compose.yaml", f"services: {{a: {{image: '{PINNED}'}}}}\n"),
    ("compose.prod.yaml", "services: {a: {build: .}}\n"),
    ("sub/compose.yaml", "services: {a: {build: .}, b: {build: ..}}\n"),
    ("stack.yaml", "services: {a: {build: ./sub}}\n"),
    ("kustomization.yaml", "resources: [gone]\n"),
    ("pod.yaml", f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{PINNED}'}}]}}\n"),
    (".gitlab-ci.yml", f"image: '{PINNED}'\ninclude: gone.yml\n"),
    ("Dockerfile", f"FROM {PINNED}\n"),
]


@pytest.mark.parametrize(("name", "text", "unread"), UNREAD)
def test_what_a_file_names_and_is_not_there_is_unchecked(
    tree: FileTree, name: str, text: str, unread: list[str]
) -> None:
    ran = tree.run("check", "--no-config", "--format", "json", "--stdin-filename", name, "-", stdin=text)
    assert (ran.code, [each["text"] for each in ran.document["unchecked"]]) == (3, unread)
    assert {(each["path"], each["reason"]) for each in ran.document["unchecked"]} == {(name, "not-read")}
    assert (ran.document["findings"], ran.document["errors"]) == ([], [])


@pytest.mark.parametrize(("name", "text"), READ)
def test_nothing_is_told_of_what_can_be_read(tree: FileTree, name: str, text: str) -> None:
    ran = tree.run("check", "--no-config", "--format", "json", "--stdin-filename", name, "-", stdin=text)
    assert (ran.code, ran.document["unchecked"], ran.document["findings"]) == (0, [], [])
    assert ran.document["summary"]["files"] == 1
    assert tree.run("pin", "--no-config", "--stdin-filename", name, "-", stdin=text).stdout == text


def test_kinds_that_are_off_are_not_looked_for(tree: FileTree) -> None:
    text = '{"dockerFile": "nope"}'
    (tree.folder / "pinner.toml").write_text('[kinds]\ndockerfile = "off"\n')
    assert tree.run("check", "--stdin-filename", ".devcontainer.json", "-", stdin=text).code == 0
