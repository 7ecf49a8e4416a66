"""Kustomizations: what is judged there, and what where it stands. `kubectl kustomize` tells what is built."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.pinning import DIGEST
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
