"""Manifests of Kubernetes are read whatever the names of their files, and files of a kind whatever keys they have."""

import json
from pathlib import Path

import pytest

from pinner.formats import Places
from pinner.model.source import Source
from tests.formats.places.tables import TABLES
from tests.support.trees import FileTree

POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'a:1'}]}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\ndata: {note: 'image: a:1'}\n"
PODJ = json.dumps({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a:1"}]}})
TASK = "apiVersion: tekton.dev/v1\nkind: Task\nspec: {steps: [{image: 'a:1'}]}\n"
LIST = f"apiVersion: v1\nkind: List\nitems: [{PODJ}]\n"
# kubectl takes files by these endings, and no HCL.
PATHS = {table.path for table in TABLES.values() if table.path.endswith((".yaml", ".yml", ".json"))}
NAMES = sorted(PATHS | {"a/values.yaml", "a/my-values.yaml", ".circleci/x.yml"})
COMPOSE_NAMES = ["compose.yaml", "deploy/app.compose.yml"]
BAKE = ["bakery.json", "baker.json", "bake.json", "docker-bake.json", "docker-bake.override.json", "bake-x.json"]


@pytest.mark.parametrize("path", NAMES)
@pytest.mark.parametrize(
    "text", [POD, TASK, LIST, f"x: 1\n---\n{POD}", PODJ], ids=["pod", "task", "list", "2nd", "json"]
)
def test_a_manifest_of_any_name(path: str, text: str) -> None:
    reading = Places().read(Source(path, text.encode()))
    assert [each.text for each in reading.occurrences] == ["a:1"]
    assert {each.kind for each in reading.occurrences} <= {"kubernetes", "tekton"}
    assert not reading.problems


@pytest.mark.parametrize("path", NAMES)
@pytest.mark.parametrize("text", [CONFIG, "apiVersion: v1\nkind: Pod\n", f"x: {json.dumps(POD)}\n"])
def test_a_manifest_without_images_names_none(path: str, text: str) -> None:
    reading = Places().read(Source(path, text.encode()))
    assert not reading.occurrences
    assert not reading.problems


@pytest.mark.parametrize("path", BAKE)
def test_a_manifest_named_as_a_bake_file(path: str) -> None:
    assert [each.text for each in Places().read(Source(path, PODJ.encode())).occurrences] == ["a:1"]
    both = json.dumps(json.loads(PODJ) | {"target": {"x": {"tags": ["b:1"]}}})
    reading = Places().read(Source(path, both.encode()))
    assert [each.text for each in reading.occurrences] == ["a:1"]
    assert len(reading.decisions) == (path not in BAKE[:2])


@pytest.mark.parametrize("path", BAKE)
@pytest.mark.parametrize(
    "text", ["{}", '{"target": {"x": {"args": {"image": "a:1"}}}}', '{"apiVersion": "v1", "image": "a"}']
)
def test_a_bake_file_that_is_no_manifest(path: str, text: str) -> None:
    assert not Places().read(Source(path, text.encode())).occurrences


@pytest.mark.parametrize("path", COMPOSE_NAMES)
@pytest.mark.parametrize("text", [POD, TASK, LIST, f"{POD}---\n{CONFIG}", f"---\n{POD}", PODJ])
def test_manifests_in_a_file_named_as_one_of_compose(
    path: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = FileTree(tmp_path, {path: text, "Dockerfile": "FROM scratch\n"}, monkeypatch)
    for arguments in ([], [path, "Dockerfile"], ["--kind", "kubernetes", "--kind", "tekton"]):
        ran = tree.run("check", "--format", "json", *arguments)
        assert ran.code in (1, 3)
        assert ran.document["findings"] or ran.document["errors"]
    rows = tree.references()[path]
    assert [(row["text"], row["kind"] in ("kubernetes", "tekton")) for row in rows] == [("a:1", True)]
    assert tree.run("check", "--stdin-filename", path, "-", stdin=text).code == 1


MIXED = {
    "services first": f"services: {{b: {{image: 'b:1'}}}}\n---\n{POD}",
    "manifest first": f"{POD}---\nservices: {{b: {{image: 'b:1'}}}}\n",
    "in one": f"{POD}services: {{b: {{image: 'b:1'}}}}\n",
    "nothing but a name": f"{POD}---\nname: x\n",
}


@pytest.mark.parametrize("text", MIXED.values(), ids=list(MIXED))
def test_a_manifest_among_services_is_a_failure(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = FileTree(tmp_path, {"compose.yaml": text}, monkeypatch)
    (error,) = tree.run("check", "--format", "json").document["errors"]
    assert "a Kubernetes manifest, which Compose refuses" in error["message"]
    assert tree.run("check", "--stdin-filename", "compose.yaml", "-", stdin=text).code != 0
    assert tree.run("pin").code != 0
    assert tree.texts() == {"compose.yaml": text}


def test_a_manifest_behind_services_in_a_file_of_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = FileTree(tmp_path, {"app.yaml": MIXED["services first"]}, monkeypatch)
    assert [row["text"] for row in tree.references()["app.yaml"]] == ["a:1"]


COMPOSE_FILES = [
    "services: {b: {image: 'b:1'}}\n",
    "apiVersion: {x: y}\nservices: {b: {image: 'b:1'}}\n",
    "kind: x\nservices: {b: {image: 'b:1'}}\n",
    "apiVersion: v1\nservices: {b: {image: 'b:1'}}\n",
    "services: {b: {image: 'b:1', labels: {apiVersion: v1, kind: Pod}}}\n",
    f"services: {{b: {{image: 'b:1'}}}}\nconfigs: {{c: {{content: {json.dumps(POD)}}}}}\n",
    "services: {b: {image: 'b:1'}}\n---\nname: x\n",
]


@pytest.mark.parametrize("text", COMPOSE_FILES)
def test_compose_files_stay_what_they_are(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = FileTree(tmp_path, {"compose.yaml": text}, monkeypatch)
    assert [(row["text"], row["kind"]) for row in tree.references()["compose.yaml"]] == [("b:1", "compose")]
    assert tree.run("check", "--format", "json").document["errors"] == []


def test_a_manifest_that_has_images_of_both_is_read_as_both() -> None:
    text = "apiVersion: v1\nkind: Pod\nimage: 'b/c:1'\nspec: {containers: [{image: 'a:1'}]}\n"
    for path, kind in {"values.yaml": "helm-values", "bitbucket-pipelines.yml": "bitbucket-pipelines"}.items():
        reading = Places().read(Source(path, text.encode()))
        assert [(each.text, each.kind) for each in reading.occurrences] == [("b/c:1", kind), ("a:1", "kubernetes")]
    for path in (".gitlab-ci.yml", "my-values.yaml"):
        reading = Places().read(Source(path, text.encode()))
        assert [(each.text, each.kind) for each in reading.occurrences] == [("a:1", "kubernetes")]


def test_kinds_that_are_off_say_nothing_of_the_others() -> None:
    source = Source(".drone.yml", f"{POD}---\nkind: pipeline\nsteps: [{{image: 'b:1'}}]\n".encode())
    for off, texts in (("drone", ["a:1"]), ("kubernetes", ["b:1"]), ("tekton", ["a:1", "b:1"])):
        reading = Places(off=frozenset({off})).read(source)
        assert [each.text for each in reading.occurrences] == texts
