"""The base of a build is not what that build makes, whatever its name."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.trees import FileTree

DIGEST = f"@sha256:{'1' * 64}"
BUILT = "services: {db: {build: ./db, image: '%s', pull_policy: build}}\n"
UNPINNED = [
    pytest.param({"compose.yaml": BUILT % "nginx:1.27", "db/Dockerfile": "FROM nginx:1.27\n"}, id="the same tag"),
    pytest.param({"compose.yaml": BUILT % "nginx", "db/Dockerfile": "FROM nginx:1.27\n"}, id="no tag"),
    pytest.param(
        {"compose.yaml": BUILT % "nginx:${T}", ".env": "T=2\n", "db/Dockerfile": "FROM nginx:2\n"}, id="a variable"
    ),
    pytest.param(
        {"compose.yaml": BUILT % "nginx:2", "db/Dockerfile": "ARG V=nginx:2\nFROM ${V}\n"}, id="the default of an ARG"
    ),
    pytest.param(
        {
            "compose.yaml": "include: [db/c.yml]\n",
            "db/c.yml": "services: {db: {build: ., image: 'nginx:${T}', pull_policy: build}}\n",
            "db/.env": "T=2\n",
            "db/Dockerfile": "FROM nginx:2\n",
        },
        id="a variable of what is included",
    ),
    pytest.param(
        {
            "compose.yaml": "services: {db: {build: {context: db, args: {V: 'nginx:2'}}, image: 'nginx:2',"
            " pull_policy: build}}\n",
            "db/Dockerfile": f"ARG V=a:1{DIGEST}\nFROM $V\n",
        },
        id="a build argument",
    ),
    pytest.param(
        {"compose.yaml": BUILT % "nginx:2", "db/Dockerfile": f"FROM a:1{DIGEST}\nCOPY --from=nginx:2 /a /b\n"},
        id="what is copied from",
    ),
]
BUILT_HERE = [
    pytest.param(
        {"compose.yaml": BUILT % "my/base:1", "db/Dockerfile": f"FROM a:1{DIGEST}\n", "Dockerfile": "FROM my/base:1\n"},
        id="the base of another build",
    ),
    pytest.param(
        {"compose.yaml": BUILT % "my/base", "db/Dockerfile": f"FROM a:1{DIGEST}\n", "x/Dockerfile": "FROM my/base:1\n"},
        id="the base of another build, with any tag",
    ),
    pytest.param(
        {
            "compose.yaml": "services:\n  base: {build: base, image: 'my/base:1', pull_policy: build}\n"
            "  app: {build: app, image: 'my/app:1', pull_policy: build}\n",
            "base/Dockerfile": f"FROM a:1{DIGEST}\n",
            "app/Dockerfile": "FROM my/base:1\n",
        },
        id="two services",
    ),
    pytest.param(
        {
            "compose.yaml": BUILT % "my/db:1",
            "docker-bake.hcl": 'target "b" {\n  tags = ["my/base:1"]\n}\n',
            "db/Dockerfile": "FROM my/base:1\n",
            "Dockerfile": f"FROM a:1{DIGEST}\n",
        },
        id="made by Bake",
    ),
]


def rules(files: Mapping[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    report = FileTree(folder, files, monkeypatch).run("check", "--format", "json").document
    return {each["rule"] for each in report["findings"]} - {"floating-tag"}


@pytest.mark.parametrize("files", UNPINNED)
def test_the_base_of_its_own_build(files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rules(files, tmp_path, monkeypatch) == {"unpinned"}


@pytest.mark.parametrize("files", UNPINNED)
def test_the_base_of_its_own_build_in_a_named_file(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = FileTree(tmp_path, files, monkeypatch)
    report = tree.run("check", "--format", "json", "db/Dockerfile").document
    assert {each["rule"] for each in report["findings"]} == {"unpinned"}


@pytest.mark.parametrize("files", BUILT_HERE)
def test_the_base_that_another_build_makes(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rules(files, tmp_path, monkeypatch) == {"built-here"}
