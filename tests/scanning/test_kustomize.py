"""Kustomizations: what is judged there, and what where it stands. `kubectl kustomize` tells what is built."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pinner.model.reference import parse
from tests.support.pinning import DIGEST, digest_of
from tests.support.trees import FileTree

Make = Callable[[Mapping[str, str]], FileTree]

POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: a\n    image: {}\n"
COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
PINS = f"{{name: a/b, newTag: '2@{DIGEST}'}}"
RENAMES = "{name: a/b, newName: m/b}"
PINS_NEW = f"{{name: m/b, newTag: '2@{DIGEST}'}}"


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    return lambda files: FileTree(tmp_path, files, monkeypatch)


def rules_of(tree: FileTree, *arguments: str) -> list[tuple[str, str, str]]:
    """The findings of a check: rule, path and text."""
    document = tree.run("check", "--format", "json", *arguments).document
    return [(each["rule"], each["path"], each["text"]) for each in document["findings"]]


def in_base(images: str, more: str = "") -> dict[str, str]:
    return {"base/kustomization.yaml": f"resources: [pod.yaml]\nimages: [{images}]\n{more}"}


def in_prod(images: str, more: str = "") -> dict[str, str]:
    return {"prod/kustomization.yaml": f"resources: [../base]\nimages: [{images}]\n{more}"}


def component(images: str) -> dict[str, str]:
    return {"c/kustomization.yaml": f"{COMPONENT}images: [{images}]\n"}


USES = "components: [../c]\n"
# What stands in the pod is built under another name, and no entry gives that a tag.
BUILT_AS_IT_STANDS = [
    in_base(RENAMES) | in_prod(PINS),
    in_base("") | in_prod(f"{RENAMES}, {PINS}"),
    in_base("") | component(RENAMES) | in_prod(PINS, USES),
    in_base("", USES) | component(RENAMES) | in_prod(PINS),
    in_base("{name: a/b, newName: m/b}, {name: m/b, newName: n/b}") | in_prod(f"{PINS}, {PINS_NEW}"),
    in_base("{name: a/b, newName: x}, {name: x, newName: m/b}, {name: m/b, newName: z}") | in_prod(PINS_NEW),
    in_base("{name: 'a/.', newName: m/b}") | in_prod(PINS),
    in_base("{name: 'a/(b|c)', newName: m/b}") | in_prod(PINS),
    in_base("{name: 'a/b:1', newName: m/b}") | in_prod(PINS),
    in_base("") | in_prod(PINS_NEW),
    in_base("") | in_prod(RENAMES),
]
# An entry gives it the tag with which it is built.
BUILT_AS_AN_ENTRY_SAYS = [
    in_base("") | in_prod(PINS),
    in_base("") | in_prod(f"{PINS}, {RENAMES}"),
    in_base("") | in_prod(f"{RENAMES}, {PINS_NEW}"),
    in_base(PINS) | in_prod(RENAMES),
    in_base(RENAMES) | in_prod(PINS_NEW),
    in_base(RENAMES) | in_prod(f"{PINS}, {PINS_NEW}"),
    in_base("") | component(RENAMES) | in_prod(PINS_NEW, USES),
    in_base("") | component(PINS) | in_prod(RENAMES, USES),
    in_base("", USES) | component(RENAMES) | in_prod(PINS_NEW),
    in_base("{name: a/b, newName: x}, {name: x, newName: m/b}") | in_prod(PINS_NEW),
    in_base("{name: a/c, newName: m/b}") | in_prod(PINS),
    in_base("{name: c, newName: a/b}") | in_prod(PINS),
    in_base("{name: a/b, newName: a/b}") | in_prod(PINS),
    in_base("{name: a/b, newName: ''}") | in_prod(PINS),
    in_base("{name: quay.io/a/b, newName: m/b}") | in_prod(PINS),
    in_base("{name: 'localhost:5000/b', newName: m/b}") | in_prod(PINS),
    in_base("{name: 'a/.', newTag: '1'}") | in_prod(PINS),
    in_base("{name: a/b, tagSuffix: -x}") | in_prod(PINS),
]


@pytest.mark.parametrize("files", BUILT_AS_IT_STANDS)
@pytest.mark.parametrize("arguments", [(), ("base/pod.yaml",)])
def test_an_image_that_gets_another_name_is_judged_where_its_tag_stands(
    make: Make, files: Mapping[str, str], arguments: tuple[str, ...]
) -> None:
    tree = make({**files, "base/pod.yaml": POD.format("a/b:1")})
    assert ("unpinned", "base/pod.yaml", "a/b:1") in rules_of(tree, *arguments)


@pytest.mark.parametrize("files", BUILT_AS_AN_ENTRY_SAYS)
@pytest.mark.parametrize("arguments", [(), ("base/pod.yaml",)])
def test_an_image_that_an_entry_gives_a_tag_is_judged_there(
    make: Make, files: Mapping[str, str], arguments: tuple[str, ...]
) -> None:
    tree = make({**files, "base/pod.yaml": POD.format("a/b:1")})
    assert "base/pod.yaml" not in [path for _, path, _ in rules_of(tree, *arguments)]


@pytest.mark.parametrize("images", [RENAMES, f"{{name: a/b, newName: m/b, newTag: '2@{DIGEST}'}}"])
def test_a_new_name_that_a_change_brings_counts_with_a_policy_of_a_revision(
    make: Make, tmp_path: Path, images: str
) -> None:
    tree = make({**in_base(""), **in_prod(PINS), "base/pod.yaml": POD.format("a/b:1")})
    for arguments in ("init -q", "add .", "-c user.name=a -c user.email=a@b.c commit -qm a"):
        subprocess.run(["git", *arguments.split()], cwd=tmp_path, check=True)
    assert rules_of(tree, "--policy-from", "HEAD") == []
    (tmp_path / "base/kustomization.yaml").write_text(in_base(images)["base/kustomization.yaml"])
    assert ("unpinned", "base/pod.yaml", "a/b:1") in rules_of(tree, "--policy-from", "HEAD")


@pytest.mark.parametrize(
    ("images", "severities"),
    [
        ("{name: a/b, tagSuffix: -x}", ["error"]),
        ("{name: a/b, newName: m/b, tagSuffix: -x}", ["error"]),
        ("{name: a/b, tagSuffix: '-x', digest: ''}", ["error"]),
        ("{name: a/b, tagSuffix: '${X}'}", ["error"]),
        (f"{PINS}, {{name: a/b, tagSuffix: -x}}", ["error"]),
        ("{name: a/b, newTag: !!str 2}", ["error"]),
        (r'{name: a/b, newTag: "\x32"}', ["error"]),
        ("{name: a/b, newTag: '2', tagSuffix: -x}", ["error"]),
        ("{name: a/b, newName: m/b}", ["warning"]),
        ("{name: a/b, newName: m/b, tagSuffix: ''}", ["warning"]),
        ("{name: a/b, newName: m/b, tagSuffix: }", ["warning"]),
        ("{name: a/b, newTag: '${TAG}'}", ["warning"]),
        (PINS, []),
        (f"{{name: a/b, tagSuffix: -x, digest: '{DIGEST}'}}", ["warning"]),
        (f"{{name: a/b, tagSuffix: -x, newTag: '2@{DIGEST}'}}", []),
    ],
)
def test_an_entry_that_takes_a_digest_away_is_an_error(make: Make, images: str, severities: list[str]) -> None:
    tree = make({**in_base(""), **in_prod(images), "base/pod.yaml": POD.format(f"a/b:1@{DIGEST}")})
    ran = tree.run("check", "--format", "json")
    assert [each["severity"] for each in ran.document["findings"]] == severities
    assert ran.code == ("error" in severities)


def test_a_comment_answers_for_a_suffix(make: Make) -> None:
    text = "resources: [pod.yaml]\nimages:\n- name: a/b\n  tagSuffix: -x # pinner: ignore[unpinned] built here\n"
    tree = make({"kustomization.yaml": text, "pod.yaml": POD.format(f"a/b:1@{DIGEST}")})
    assert rules_of(tree) == []


REMOTE = [
    "https://github.com/x/y//base?ref=main",
    "HTTPS://a.example/pod.yaml",
    "github.com/x/y",
    "github.com:x/y",
    "git@a.example:x/y.git",
    "git::https://a.example/x.git",
    "ssh://a.example/x.git",
]
NAMED = {
    "resources[1]": "resources:\n- pod.yaml\n- PATH\n",
    "bases[0]": "bases: [PATH]\n",
    "components[0]": "components: [PATH]\n",
    "patches[0].path": "patches: [{path: PATH}]\n",
    "patchesJson6902[0].path": "patchesJson6902: [{path: PATH}]\n",
}


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        *((path, "it is remote") for path in REMOTE),
        ("gone.yaml", "there is no such file"),
        ("empty", "there is no such file"),
        ("../../outside", "it lies outside"),
        ("secret.yaml", "Git ignores it"),
    ],
)
@pytest.mark.parametrize("context", NAMED)
def test_what_a_kustomization_names_and_is_not_read(
    make: Make, tmp_path: Path, context: str, path: str, detail: str
) -> None:
    files = {
        "kustomization.yaml": NAMED[context].replace("PATH", f"'{path}'"),
        "pod.yaml": POD.format(f"a/b:1@{DIGEST}"),
        "empty/x": "",
        "secret.yaml": POD.format("a/c:1"),
        ".gitignore": "secret.yaml\n",
    }
    tree = make(files)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for arguments in ([], ["kustomization.yaml"]):
        ran = tree.run("check", "--format", "json", *arguments)
        (unchecked,) = ran.document["unchecked"]
        assert (ran.code, unchecked["reason"], unchecked["text"]) == (3, "not-read", path)
        assert unchecked["detail"].startswith(detail)
    line = files["kustomization.yaml"].replace("resources:\n", "resources: # x\n")
    comment = "# pinner: ignore[not-read] another team pins it\n"
    (tmp_path / "kustomization.yaml").write_text(
        line.replace("- '", f"{comment}- '") if "- '" in line else comment + line
    )
    assert tree.run("check").code == 0


@pytest.mark.parametrize(
    "text",
    [
        "resources: [pod.yaml, ./a, a/, ../x/a]\n",
        "bases: [a]\ncomponents: ['./c/']\n",
        "patches: [{path: pod.yaml}, {patch: '{}'}]\n",
        "patchesJson6902: [{target: {kind: Pod}, path: a/p.yaml}]\n",
        "resources: []\nnameSuffix: 'https://a'\n",
        "resources: [null, '', {x: y}]\n",
        "openapi: {path: 'https://a.example'}\n",
        "configMapGenerator: [{name: a, files: [gone]}]\n",
    ],
)
def test_what_a_kustomization_names_and_is_read(make: Make, text: str) -> None:
    files = {
        "x/kustomization.yaml": text,
        "x/pod.yaml": POD.format(f"a/b:1@{DIGEST}"),
        "x/a/Kustomization": "resources: [p.yaml]\n",
        "x/a/p.yaml": POD.format(f"a/b:1@{DIGEST}"),
        "x/c/kustomization.yml": COMPONENT,
    }
    tree = make(files)
    ran = tree.run("check", "--format", "json")
    assert (ran.code, ran.document["unchecked"], ran.document["errors"]) == (0, [], [])


@pytest.mark.parametrize("key", ["resources: [PATH]", "patches: [{path: PATH}]", "patchesJson6902: [{path: PATH}]"])
@pytest.mark.parametrize("name", ["pod.txt", "pod", "../x/pod.conf"])
def test_a_kustomization_leads_to_files_of_any_name(make: Make, key: str, name: str) -> None:
    files = {"x/kustomization.yaml": key.replace("PATH", name), f"x/{name}": POD.format("a/b:1")}
    tree = make(files)
    assert [text for _, _, text in rules_of(tree)] == ["a/b:1"]
    assert rules_of(tree, "--exclude", "pod*", "--exclude", "x/pod*") == []
    tree.run("pin")
    assert f"a/b:1@{digest_of(parse('a/b:1'))}" in (tree.folder / "x" / name).read_text()


SYNC = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {{path: {}}}\n"
APPLICATION = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {{source: {{path: {}}}}}\n"
APPLICATIONS = (
    "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"
    "spec: {{template: {{spec: {{sources: [{{repoURL: x}}, {{path: {}}}]}}}}}}\n"
)


@pytest.mark.parametrize("deployment", [SYNC, APPLICATION, APPLICATIONS])
@pytest.mark.parametrize(
    ("path", "is_overridden"),
    [
        ("./base", False),
        ("base", False),
        ("/base/", False),
        ("./", False),
        ("./prod", True),
        ("./elsewhere", True),
        ("./bas", True),
        ("", True),
        ("'{{path}}'", True),
    ],
)
def test_what_a_controller_deploys_is_built_as_it_is(
    make: Make, deployment: str, path: str, is_overridden: bool
) -> None:
    files = {
        **in_base(""),
        **in_prod(PINS),
        "base/pod.yaml": POD.format("a/b:1"),
        "clusters/a/sync.yaml": deployment.format(path),
    }
    tree = make(files)
    for arguments in ([], ["base/pod.yaml"]):
        expected = [] if is_overridden else [("unpinned", "base/pod.yaml", "a/b:1")]
        assert rules_of(tree, *arguments) == expected


def test_a_folder_without_a_kustomization_is_deployed_as_it_is(make: Make) -> None:
    files = {"prod/kustomization.yaml": f"resources: [../base/a/pod.yaml]\nimages: [{PINS}]\n"}
    tree = make({**files, "base/a/pod.yaml": POD.format("a/b:1"), "sync.yaml": SYNC.format("base")})
    assert rules_of(tree) == [("unpinned", "base/a/pod.yaml", "a/b:1")]


OPERATION = "[{{op: replace, path: /spec/containers/0/image, value: {}}}]\n"
JSON = '[{{"op": "replace", "path": "/spec/containers/0/image", "value": "{}"}}]\n'
MERGE = "kind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: a, image: '{}'}}]}}\n"


@pytest.mark.parametrize(("name", "patch"), [("p.yaml", OPERATION), ("p.json", JSON), ("p.yaml", MERGE), ("p", MERGE)])
@pytest.mark.parametrize("key", ["patches: [{path: PATH}]", "patchesJson6902: [{path: PATH}]"])
def test_a_patch_in_a_file_is_judged_there(make: Make, name: str, patch: str, key: str) -> None:
    tree = make({"kustomization.yaml": f"{key.replace('PATH', name)}\n", name: patch.format("a/b:1")})
    assert rules_of(tree) == [("unpinned", name, "a/b:1")]
    assert [path for _, path, _ in rules_of(tree, "kustomization.yaml")] == [name]
    tree.run("pin")
    assert tree.texts()[name] == patch.format(f"a/b:1@{digest_of(parse('a/b:1'))}")
    assert tree.run("check").code == 0


@pytest.mark.parametrize(("name", "patch"), [("p.yaml", OPERATION), ("p.json", JSON)])
def test_a_json_patch_is_known_by_its_content(make: Make, name: str, patch: str) -> None:
    tree = make({name: patch.format("a/b:1")})
    assert rules_of(tree, name) == [("unpinned", name, "a/b:1")]
    assert tree.run("check", "--kind", "dockerfile", name).code == 0


def test_an_image_in_a_patch_has_a_place_of_its_own(make: Make) -> None:
    patch = "patches:\n- patch: |-\n    - op: add\n      path: /spec/containers/0/image\n      value: {}\n"
    tree = make(
        {"kustomization.yaml": f"resources: [pod.yaml]\n{patch.format('a/b:1')}", "pod.yaml": POD.format("a/c:1")}
    )
    (row,) = tree.references()["kustomization.yaml"]
    assert (row["line"], row["column"], row["kind"]) == (6, 14, "kustomize")
    assert row["context"] == "patches[0].patch[0].value"
    tree.run("pin")
    pinned = patch.format(f"a/b:1@{digest_of(parse('a/b:1'))}")
    assert tree.texts()["kustomization.yaml"] == f"resources: [pod.yaml]\n{pinned}"


def test_an_alias_in_a_patch_leads_to_one_image(make: Make) -> None:
    patch = "spec: {containers: &c [{image: 'a/b:1'}], initContainers: *c}"
    tree = make({"kustomization.yaml": f"patches:\n- patch: |-\n    {patch}\n- patch: |-\n    {patch}\n"})
    assert [row["text"] for row in tree.references()["kustomization.yaml"]] == ["a/b:1", "a/b:1"]
    assert tree.run("pin").code == 0
    assert tree.texts()["kustomization.yaml"].count("sha256:") == 2


@pytest.mark.parametrize("patch", ["'{image: ['", '\'{"image": 1, "image": 2}\''])
def test_a_patch_that_does_not_parse_is_an_error(make: Make, patch: str) -> None:
    ran = make({"kustomization.yaml": f"resources: []\npatches:\n- patch: {patch}\n"}).run("check", "--format", "json")
    assert (ran.code, len(ran.document["errors"])) == (3, 1)
    assert "the patch" in ran.document["errors"][0]["message"]


def test_a_comment_answers_for_an_image_in_a_patch(make: Make) -> None:
    text = f"patches:\n# pinner: ignore[unpinned] built here\n- patch: |-\n    {OPERATION.format('a/b:1')}"
    assert rules_of(make({"kustomization.yaml": text})) == []
