"""Files of every kind together: found by name and by content, chosen by settings, and what they decide for others."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pinner.formats import kind_names
from tests.support.pinning import DIGEST
from tests.support.trees import FileTree

Make = Callable[[Mapping[str, str]], FileTree]

POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {}\n"
WORKFLOW = "on: push\njobs:\n  a:\n    container: {}\n"
SKAFFOLD = "apiVersion: skaffold/v3\nkind: Config\nbuild: {{artifacts: [{{image: {}}}]}}\n"


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    return lambda files: FileTree(tmp_path, files, monkeypatch)


def contexts(tree: FileTree, *arguments: str) -> dict[str, list[str]]:
    return {path: [row["context"] for row in rows] for path, rows in tree.references(*arguments).items()}


def rules(tree: FileTree, *arguments: str) -> list[tuple[str, str, str]]:
    """The findings of a check: rule, severity and text."""
    document = tree.run("check", "--format", "json", *arguments).document
    return [(each["rule"], each["severity"], each["text"]) for each in document["findings"]]


# Names and contents.


def test_what_is_of_no_kind_is_passed_over_in_a_folder(make: Make) -> None:
    tree = make(
        {
            "pod.yaml": POD.format("a/b:1"),
            "broken.yaml": "image: [",
            "data.json": '{"image": "a/b:1"}',
            "broken.json": "{",
            "template.yaml": "{% if image %}\n",
            "list.yml": "- image: a/b:1\n",
            "empty.yaml": "",
        }
    )
    assert list(tree.references()) == ["pod.yaml"]
    ran = tree.run("check", "--format", "json")
    assert ran.code == 1
    assert ran.document["errors"] == []
    assert ran.document["summary"]["files"] == 1


@pytest.mark.parametrize("text", ["INCLUDE x\nFROM node:20\n", "<<<<<<< HEAD\nFROM node:20\n", "How to build\n", ""])
def test_a_named_file_that_does_not_begin_as_its_name_says_is_of_no_kind(make: Make, text: str) -> None:
    tree = make({"Dockerfile": f"FROM node:20@{DIGEST}\n", "Dockerfile.dev": text})
    ran = tree.run("check", "--format", "json", "Dockerfile", "Dockerfile.dev")
    assert (ran.code, [each["path"] for each in ran.document["unchecked"]]) == (3, ["Dockerfile.dev"])
    for arguments in (["."], ["--skip-unknown", "--", "Dockerfile", "Dockerfile.dev"]):
        assert tree.run("check", *arguments).code == 0


NO_KIND = {
    "image: a/b:1\n": 1,
    "a: 1\n- image: 'a/b:1'\n": 2,
    "x:\n  jobImage: $IMAGE\n": 2,
    "x: {a: 1, image: a/b:1}\n": 1,
    "x:\r\n  image: a/b:1\r\n": 2,
    "image: [\n  image: a\n": 2,
    "image:\n  type: string\n": None,
    "# image: a/b:1\n": None,
    "images: [a/b:1]\n": None,
    "imagePullPolicy: Always\n": None,
    "x: 'image: a'\n": None,
    "image: ''\n": None,
    "image: {{ .x }}\n": None,
}


@pytest.mark.parametrize(("text", "line"), NO_KIND.items())
def test_files_of_no_kind_with_keys_for_images_are_listed(make: Make, text: str, line: int | None) -> None:
    tree = make({"ci/a.yaml": text, "a.json": text, "Dockerfile": "FROM scratch\n"})
    told = tree.run("list", "--verbose").stderr
    assert (f"note: ci/a.yaml:{line} has a key for an image" in told) == (line is not None)
    assert told.count("has a key") == (line is not None)
    assert "has a key" not in tree.run("list").stderr
    assert "has a key" not in tree.run("list", "--verbose", "--exclude", "ci/").stderr


RESOURCE = "apiVersion: x.test/v1\nkind: Y\nspec:\n"
ELSEWHERE = {
    RESOURCE + "  image: a/b:1\n": 4,
    RESOURCE + "  a: 1\n---\n" + POD.format("a/b:1") + "  sidecarImage: a/c:1\n": 11,
    RESOURCE + "  image: {name: a/b}\n": None,
    RESOURCE + "  # image: a/b:1\n": None,
    POD.format("a/b:1"): None,
    POD.format(f"a/b:1@{DIGEST}"): None,
    POD.format("&a 'a/b:1'") + "  - image: *a\n": None,
    POD.format("{{ x }}"): None,
}


@pytest.mark.parametrize(("text", "line"), ELSEWHERE.items())
def test_keys_for_images_that_are_not_read_in_files_of_a_kind_are_listed(
    make: Make, text: str, line: int | None
) -> None:
    told = make({"a.yaml": text, "Dockerfile": "FROM scratch\n"}).run("list", "--verbose").stderr
    assert (f"note: a.yaml:{line} has a key for an image where" in told) == (line is not None)
    assert told.count("has a key") == (line is not None)


def test_a_broken_file_of_a_kind_is_an_error(make: Make) -> None:
    tree = make({".gitlab-ci.yml": "image: [", "pod.yaml": "apiVersion: v1\nkind: Pod\nspec: [image\n"})
    ran = tree.run("check", "--format", "json")
    assert ran.code == 3
    assert [each["path"] for each in ran.document["errors"]] == [".gitlab-ci.yml", "pod.yaml"]


def test_nothing_to_check_where_no_file_is_of_a_kind(make: Make) -> None:
    tree = make({"a.yaml": "a: 1\n"})
    ran = tree.run("check")
    assert ran.code == 2
    assert "nothing to check" in ran.stderr


@pytest.mark.parametrize("name", ["Dockerfile.x", "notes.txt", "a.yaml"])
def test_a_named_file_of_no_kind_is_unchecked(make: Make, name: str) -> None:
    tree = make({"Dockerfile": "FROM scratch\n", name: "a: 1\n"})
    ran = tree.run("check", "--format", "json", "Dockerfile", name)
    assert ran.code == 3
    assert [(each["path"], each["reason"]) for each in ran.document["unchecked"]] == [(name, "unknown-kind")]
    assert tree.run("check", "--skip-unknown", "Dockerfile", name).code == 0
    assert tree.run("check", ".").code == 0


def test_a_file_may_hold_documents_of_several_kinds(make: Make) -> None:
    release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {values: {aImage: 'a/c:1'}}\n"
    tree = make({"all.yaml": f"{POD.format('a/b:1')}---\n{release}---\na: 1\n"})
    assert [row["kind"] for row in tree.references()["all.yaml"]] == ["kubernetes", "flux-helmrelease"]


def test_the_most_special_kind_has_a_document(make: Make) -> None:
    tree = make({".gitlab-ci.yml": "jobs: {a: {container: a/b:1}}\nimage: a/b:1\n", "values.yaml": POD.format("a/b:1")})
    listed = {path: rows[0]["kind"] for path, rows in tree.references().items()}
    assert listed == {".gitlab-ci.yml": "gitlab-ci", "values.yaml": "kubernetes"}


@pytest.mark.parametrize("key", ["jobs", "stages", "steps", "pipelines", "apiVersion"])
def test_services_of_other_tools_are_no_compose_file(make: Make, key: str) -> None:
    tree = make({"a.yaml": f"services: {{a: {{image: 'a/b:1'}}}}\n{key}: x\n", "Dockerfile": "FROM scratch\n"})
    assert contexts(tree) == {}


@pytest.mark.parametrize(
    "text",
    [
        "x-base: &base {image: 'a/b:1'}\nservices: {web: {<<: *base, ports: ['80']}}\n",
        "x-a: 1\n---\nservices: {web: {image: 'a/b:1'}}\n",
        "x-a: &a\n  services: {web: {image: 'a/b:1'}}\n<<: *a\n",
    ],
)
def test_services_that_come_from_elsewhere_are_those_of_a_compose_file(make: Make, text: str) -> None:
    tree = make({"stack.yml": text, "Dockerfile": f"FROM a:1@{DIGEST}\n"})
    assert rules(tree) == [("unpinned", "error", "a/b:1")]


@pytest.mark.parametrize("path", [".circleci/pod.yml", ".circleci/a/pod.yaml", ".woodpecker/pod.yaml"])
def test_a_manifest_among_pipelines_is_a_manifest(make: Make, path: str) -> None:
    tree = make({path: POD.format("a/b:1")})
    assert [each["kind"] for each in tree.references()[path]] == ["kubernetes"]


def test_an_image_in_an_ignored_link_is_no_error(make: Make, tmp_path: Path) -> None:
    tree = make({"pod.yaml": POD.format("a/b:1")})
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "big.json").symlink_to("nowhere.json")
    assert tree.run("list").code == 0


@pytest.mark.parametrize("line", ["nested", "aliases"])
def test_a_file_that_would_take_for_ever(make: Make, line: str) -> None:
    names = "".join(f"a{at}: &a{at} [*a{at - 1}, *a{at - 1}, *a{at - 1}]\n" for at in range(1, 60))
    text = {
        "nested": "containers: " + "[" * 500 + "]" * 500,
        "aliases": f"a0: &a0 {{containers: [{{image: 'a/b:1'}}]}}\n{names}",
    }[line]
    tree = make({"pod.yaml": f"apiVersion: v1\nkind: Pod\n{text}\n"})
    listed = tree.references()
    assert (listed == {}) == (line == "nested")


# Templates.

CHART = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n{}"
TEMPLATES = [
    CHART.format("  {{- if .x }}\n  - image: a/b:1\n  {{- end }}\n"),
    CHART.format("  - image: {{ .Values.image }}\n"),
    CHART.format("{% if x %}\n  - image: a/b:1\n{% endif %}\n"),
    "{{- range .x }}\nthings:\n- image: a/b:1\n{{- end }}\n",
]


@pytest.mark.parametrize("text", TEMPLATES)
def test_a_template_that_its_tool_refuses_is_one_warning_a_folder(make: Make, text: str) -> None:
    tree = make({"templates/a.yaml": text, "templates/b.yaml": text, "other/c.yaml": text})
    ran = tree.run("check", "--format", "json")
    assert ran.code == 0
    findings = ran.document["findings"]
    assert [(each["rule"], each["path"]) for each in findings] == [
        ("template-file", "other/c.yaml"),
        ("template-file", "templates/a.yaml"),
    ]
    assert "so is 1 more in this folder" in findings[1]["message"]
    tree.run("pin")
    assert set(tree.texts().values()) == {text}


EXPRESSION = "on: push\njobs:\n  a:\n    container: ${{ matrix.x }}\n    services: {b: {image: 'a/b:1'}}\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{EXPRESSION}    env: {{A: 1, A: 2}}\n",
        f"{EXPRESSION}    env: {{A: 1, A: '${{{{ x }}}}'}}\n",
        f"{EXPRESSION}    env: {{A: '${{{{ x }}}}'\n",
    ],
)
def test_an_expression_makes_no_template_of_a_broken_file(make: Make, text: str) -> None:
    ran = make({".github/workflows/a.yml": text}).run("check", "--format", "json")
    assert "template-file" not in [each["rule"] for each in ran.document["findings"]]
    assert len(ran.document["errors"]) == 1


def test_an_expression_is_no_template(make: Make) -> None:
    (first, _) = make({".github/workflows/a.yml": EXPRESSION}).references()[".github/workflows/a.yml"]
    assert first["opaque"].startswith("an expression is filled in when it runs")


def test_the_lines_of_literal_references_in_a_template(make: Make) -> None:
    tree = make({"a.yaml": TEMPLATES[0]})
    (finding,) = tree.run("check", "--format", "json").document["findings"]
    assert "line 6 holds references" in finding["message"]


@pytest.mark.parametrize("text", ["- '{{ x }}': 1\n", "a: {{ x }}\n", "{% if x %}\na: 1\n", "image: '{{ x }}'\n"])
def test_a_template_that_names_no_image_is_passed_over(make: Make, text: str) -> None:
    tree = make({"a.yaml": text, "Dockerfile": "FROM scratch\n"})
    assert rules(tree) == []


# Settings.


def test_kinds_are_chosen(make: Make) -> None:
    files = {"pod.yaml": POD.format("a/b:1"), ".github/workflows/a.yml": WORKFLOW.format("a/c:1")}
    tree = make({**files, "Dockerfile": "FROM a/d:1\n", "compose.yaml": "services: {a: {image: 'a/e:1'}}\n"})
    assert list(tree.references("--kind", "kubernetes")) == ["pod.yaml"]
    assert list(tree.references("--kind", "dockerfile,github-workflow")) == [".github/workflows/a.yml", "Dockerfile"]
    (tree.folder / "pinner.toml").write_text('[kinds]\nkubernetes = "off"\ncompose = "off"\ndockerfile = "on"\n')
    assert list(tree.references()) == [".github/workflows/a.yml", "Dockerfile"]
    assert tree.run("check", "--format", "json").document["summary"]["excluded"] == 2
    assert list(tree.references("--kind", "compose")) == ["compose.yaml"], "a flag goes before the file"


def test_a_named_file_of_a_kind_that_is_off_is_counted(make: Make) -> None:
    tree = make({"pod.yaml": POD.format("a/b:1"), "pinner.toml": '[kinds]\nkubernetes = "off"\n'})
    ran = tree.run("check", "pod.yaml")
    assert ran.code == 0
    assert "1 excluded" in ran.stderr


def test_a_kind_that_is_only_checked_is_never_written(make: Make) -> None:
    tree = make({"pod.yaml": POD.format("a/b:1"), "pinner.toml": '[kinds]\nkubernetes = "check"\n'})
    assert rules(tree) == [("unpinned", "warning", "a/b:1")]
    ran = tree.run("pin")
    assert "[kinds]" in ran.stdout
    assert tree.texts()["pod.yaml"] == POD.format("a/b:1")


def test_further_files_have_a_kind(make: Make) -> None:
    tree = make({"ci/jobs.yml": "a: {image: 'a/b:1'}\n", "pinner.toml": '[extend-include]\ngitlab-ci = ["ci/*.yml"]\n'})
    assert [row["kind"] for row in tree.references()["ci/jobs.yml"]] == ["gitlab-ci"]


def test_an_unknown_kind_is_named(make: Make) -> None:
    ran = make({}).run("check", "--kind", "kubernets")
    assert ran.code == 2
    assert 'did you mean "kubernetes"?' in ran.stderr


def test_every_kind_can_be_switched_off(make: Make) -> None:
    modes = "".join(f'{kind} = "off"\n' for kind in kind_names())
    tree = make({"pod.yaml": POD.format("a/b:1"), "Dockerfile": "FROM a\n", "pinner.toml": f"[kinds]\n{modes}"})
    assert tree.run("check").code == 2


# Severities, comments, other commands.


def test_severities_in_other_kinds(make: Make) -> None:
    tree = make(
        {
            "values.yaml": "image: {repository: a/b, tag: '1'}\n",
            "pod.yaml": POD.format("'{{ x }}'"),
            "p2.yaml": POD.format("a/c:1"),
            "p3.yaml": POD.format('a/d:1 # {"$imagepolicy": "a:b"}'),
            "Dockerfile": "ARG A\nFROM ${A}\n",
        }
    )
    assert sorted(rules(tree)) == [
        ("opaque-reference", "error", "${A}"),
        ("opaque-reference", "warning", "{{ x }}"),
        ("unpinned", "error", "a/c:1"),
        ("unpinned", "note", "a/d:1"),
        ("unpinned", "warning", "a/b:1"),
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("values.yaml", "image:\n  repository: a/b\n  tag: '1' # pinner: ignore[unpinned] x\n"),
        ("values.yaml", "image:\n  # pinner: ignore[unpinned] x\n  repository: a/b\n  tag: '1'\n"),
        ("pod.yaml", POD.format("a/b:1 # pinner: ignore")),
        (".devcontainer.json", '{\n  // pinner: ignore[unpinned] x\n  "image": "a/b:1"\n}\n'),
        (".devcontainer.json", '{"image": "a/b:1" // pinner: ignore[unpinned] x\n}\n'),
    ],
)
def test_ignore_comments_count(make: Make, path: str, text: str) -> None:
    tree = make({path: text})
    assert rules(tree) == []
    tree.run("pin")
    assert tree.texts() == {path: text}


def test_pins_are_reused_and_compared_across_kinds(make: Make) -> None:
    other = f"sha256:{'f' * 64}"
    tree = make({"pod.yaml": POD.format(f"a/b:1@{DIGEST}"), "Dockerfile": "FROM a/b:1\n"})
    tree.run("pin", "--reuse")
    assert tree.texts()["Dockerfile"] == f"FROM a/b:1@{DIGEST}\n"
    (tree.folder / "Dockerfile").write_text(f"FROM a/b:1@{other}\n")
    assert [rule for rule, *_ in rules(tree)] == ["conflicting-digests"] * 2


@pytest.mark.parametrize(
    "text",
    [
        "image: {repository: a/b, tag: '1', digest: DIGEST}\n",
        "image: {repository: a/b, tag: '1', digest: 'DIGEST'}\n",
        "image:\n  repository: a/b\n  tag: '1'\n  digest: DIGEST # why\n",
        "image:\n  repository: a/b\n  tag: v1@DIGEST\n",
    ],
)
def test_unpinning_leaves_what_can_be_pinned_again(make: Make, text: str) -> None:
    tree = make({"values.yaml": text.replace("DIGEST", DIGEST), "pinner.toml": 'helm-write = "tag"\n'})
    assert tree.run("unpin").code == 0
    assert DIGEST not in tree.texts()["values.yaml"]
    tree.run("pin")
    assert rules(tree) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("kustomization.yaml", "images: [{name: a, newTag: 'v1@D', digest: ''}]\n"),
        ("kustomization.yaml", "images: [{name: a, newTag: 'v1@D', digest: }]\n"),
        ("values.yaml", "image: {repository: a/b, tag: 'v1@D', digest: ''}\n"),
        ("values.yaml", "image: {repository: a/b, tag: 'v1@D', digest: }\n"),
    ],
)
def test_a_digest_behind_a_tag_is_taken_away_there(make: Make, path: str, text: str) -> None:
    tree = make({path: text.replace("@D", f"@{DIGEST}")})
    assert tree.run("unpin").code == 0
    assert tree.texts()[path] == text.replace("@D", "")


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("kustomization.yaml", "images: [{name: a, newTag: 1@D}]\n", 'images: [{name: a, newTag: "1"}]\n'),
        ("values.yaml", "image:\n  repository: a/b\n  tag: 1.10@D # why\n", None),
        (".gitlab-ci.yml", "a: {image: 12@D}\n", 'a: {image: "12"}\n'),
        ("pod.yaml", POD.format("&a 1e3@D"), POD.format('&a "1e3"')),
        ("pod.yaml", POD.format("null@D"), POD.format('"null"')),
        ("pod.yaml", POD.format("12:1@D"), POD.format("12:1")),
        ("pod.yaml", POD.format("on@D"), POD.format("on")),
        ("pod.yaml", POD.format("!!str 8@D"), POD.format('!!str "8"')),
        ("pod.yaml", POD.format("'8@D'"), POD.format("'8'")),
        ("compose.yaml", "services: {a: {image: 12@D}}\n", 'services: {a: {image: "12"}}\n'),
    ],
)
def test_what_would_be_no_string_without_its_digest_gets_quotes(
    make: Make, path: str, before: str, after: str | None
) -> None:
    tree = make({path: before.replace("@D", f"@{DIGEST}"), "pinner.toml": 'helm-write = "tag"\n'})
    assert tree.run("unpin").code == 0
    assert tree.texts()[path] == (after or before.replace("1.10@D", '"1.10"'))
    tree.run("pin")
    assert "@sha256:" in tree.texts()[path]
    tree.run("unpin")
    assert tree.texts()[path].replace(":latest", "") == (after or before.replace("1.10@D", '"1.10"'))


@pytest.mark.parametrize("text", ["image: {repository: a/b, tag: v1@D}\n", "image:\n  tag: v1@D\n  repository: a/b\n"])
def test_a_digest_that_charts_would_not_take_can_be_taken_away(make: Make, text: str) -> None:
    tree = make({"values.yaml": text.replace("@D", f"@{DIGEST}")})
    assert tree.run("unpin").code == 0
    assert tree.texts() == {"values.yaml": text.replace("@D", "")}


KUSTOMIZED = "images:\n- {name: a/b, newTag: &v v1}\n"
MERGED = "x: &b {repository: a/b, digest: ''}\n"


@pytest.mark.parametrize(
    ("path", "text", "written"),
    [
        ("kustomization.yaml", f"{KUSTOMIZED}- {{name: a/c, newTag: *v}}\n- {{name: a/d, newTag: v2}}\n", ["a/d:v2"]),
        ("kustomization.yaml", f"{KUSTOMIZED}- {{name: a/d, newTag: v2}}\ncommonLabels: {{x: *v}}\n", ["a/d:v2"]),
        ("kustomization.yaml", f"{KUSTOMIZED}x: [*v]\n", []),
        ("kustomization.yaml", f"{KUSTOMIZED}- {{newTag: *v}}\n", []),
        ("kustomization.yaml", KUSTOMIZED, ["a/b:v1"]),
        ("kustomization.yaml", f"{KUSTOMIZED}- {{name: a/c, newName: a/b, newTag: *v}}\n", ["a/b:v1", "a/b:v1"]),
        ("values.yaml", f"{MERGED}y: {{image: {{<<: *b, tag: '1'}}}}\nz: {{image: {{<<: *b, tag: '2'}}}}\n", []),
        (
            "values.yaml",
            f"{MERGED}y: {{image: {{<<: *b, tag: '1'}}}}\nz: {{image: {{<<: *b, tag: '1'}}}}\n",
            ["a/b:1"] * 2,
        ),
    ],
)
def test_a_value_that_an_anchor_shares_takes_no_digest(make: Make, path: str, text: str, written: list[str]) -> None:
    tree = make({path: text})
    open_ = [each["text"] for each in tree.references()[path] if not each["unwritable"]]
    assert open_ == written
    assert "differently" not in tree.run("pin").stderr
    assert tree.texts()[path].count("@sha256:" if path != "values.yaml" else "sha256:") == len(set(written))


def test_a_number_in_build_args_is_pinned_and_unpinned(make: Make) -> None:
    files = {
        "compose.yaml": "services:\n  a:\n    build:\n      context: .\n      args: {V: 20}\n",
        "Dockerfile": "ARG V\nFROM node:${V}\n",
    }
    tree = make(files)
    tree.run("pin")
    assert "{V: 20@sha256:" in tree.texts()["compose.yaml"]
    assert tree.run("unpin").code == 0
    assert tree.texts() == files


def test_standard_input_has_a_kind(make: Make) -> None:
    tree = make({})
    ran = tree.run("list", "--format", "json", "--stdin-filename", "x.yaml", "-", stdin=POD.format("a/b:1"))
    assert [row["kind"] for row in json.loads(ran.stdout)["references"]] == ["kubernetes"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("values.yaml", f"image: {{repository: 'a/b@{DIGEST}', tag: ''}}\n"),
        ("values.yaml", f"image: {{repository: a/b, digest: '{DIGEST}'}}\n"),
        ("kustomization.yaml", f"images: [{{name: a, newName: 'b@{DIGEST}'}}]\n"),
    ],
)
def test_a_digest_in_any_part_is_a_pin(make: Make, path: str, text: str) -> None:
    tree = make({path: text})
    (row,) = tree.references()[path]
    assert (row["digest"], row["unwritable"], row["opaque"]) == (DIGEST, None, None)
    assert [rule for rule, *_ in rules(tree)] == ["digest-without-tag"]
    assert tree.run("unpin").code == 0
    assert tree.texts() == {path: text}, "there would be nothing left that names the image"


def test_characters_that_json_writes_as_two_escapes(make: Make) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "note": "\U0001f600", "spec": {"containers": [{"image": "a/b:1"}]}}
    tree = make({"pod.json": json.dumps(pod), "half.json": json.dumps(pod | {"note": "\ud83d"})})
    ran = tree.run("pin", "--format", "json")
    assert [each["path"] for each in ran.document["errors"]] == ["half.json"]
    assert "@sha256:" in tree.texts()["pod.json"]


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ('{"\\u0061piVersion": "v1", "kind": "Pod", "spec": {"containers": [{"im\\u0061ge": "a/b:1"}]}}', True),
        ('\ufeff{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a/b:1"}]}}', True),
        ('{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a/b:1"},]}}', True),
        ('{"s\\u0065rvices": {"a": {"image": "a/b:1"}}}', True),
        ('{"image": "a/b:1", "x": "\\u003c", "spec": {"containers": [{"image": "a/b:1"}]}}', False),
        ('[{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a/b:1"}]}}]', False),
    ],
)
def test_json_of_any_name_is_known_by_its_keys(make: Make, text: str, is_read: bool) -> None:
    tree = make({"a.json": text, "Dockerfile": "FROM scratch\n"})
    assert ([row["text"] for row in tree.references().get("a.json", [])] == ["a/b:1"]) == is_read


# Links.


def test_a_devcontainer_leads_to_files_of_any_name(make: Make) -> None:
    tree = make(
        {
            ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../stack.conf"], "build": {"dockerfile": "d"}}',
            ".devcontainer/d": "FROM a/b:1\n",
            "stack.conf": "services: {a: {image: 'a/c:1'}}\n",
        }
    )
    assert {path: rows[0]["kind"] for path, rows in tree.references().items()} == {
        ".devcontainer/d": "dockerfile",
        "stack.conf": "compose",
    }


def test_a_compose_file_that_a_devcontainer_names_is_judged_with_its_env_file(make: Make) -> None:
    tree = make(
        {
            ".devcontainer/devcontainer.json": '{"dockerComposeFile": "../stack.conf"}',
            ".env": "TAG=1.26\n",
            "stack.conf": "services: {a: {image: 'nginx:${TAG:-1.27}'}}\n",
        }
    )
    assert {path: [row["text"] for row in rows] for path, rows in tree.references().items()} == {".env": ["nginx:1.26"]}


NOT_READ = {
    "gone": "there is no such file",
    "../../outside": "it lies outside of",
    "/etc/hostname": "it lies outside of",
    "${localEnv:X}": "a variable without a value stands in its path",
    "https://a.example/d": "it is remote",
    "ignored": "Git ignores it",
    "..": "there is no such file",
}
LINKS = {
    "build.dockerfile": '{"image": "a/b:1",\n"build": {"dockerfile": PATH}\n}\n',
    "dockerFile": '{\n"dockerFile": PATH}\n',
    "dockerComposeFile": '{\n"dockerComposeFile": PATH}\n',
    "dockerComposeFile[1]": '{"dockerComposeFile": ["x.conf",\n// more\nPATH]}\n',
}


def with_git(tree: FileTree) -> FileTree:
    """The tree as a work tree of Git."""
    subprocess.run(["git", "init", "-q"], cwd=tree.folder, check=True)
    return tree


@pytest.mark.parametrize(("path", "detail"), NOT_READ.items())
@pytest.mark.parametrize("context", LINKS)
def test_a_file_that_a_devcontainer_names_and_that_is_not_read(
    make: Make, path: str, detail: str, context: str
) -> None:
    text = LINKS[context].replace("PATH", json.dumps(path))
    line = text[: text.index(json.dumps(path))].count("\n") + 1
    files = {
        ".devcontainer/devcontainer.json": text,
        ".devcontainer/ignored": "FROM a/c:1\n",
        ".devcontainer/x.conf": "services: {}\n",
        ".gitignore": "ignored\n",
        "Dockerfile": "FROM scratch\n",
    }
    tree = with_git(make(files))
    for command in ("check", "pin"):
        ran = tree.run(command, "--format", "json")
        assert ran.code == (1 if command == "check" and "image" in text else 3)
        (unchecked,) = ran.document["unchecked"]
        assert (unchecked["reason"], unchecked["text"], unchecked["line"]) == ("not-read", path, line)
        assert unchecked["detail"].startswith(detail)
        assert ran.document["errors"] == []
    assert tree.texts()[".devcontainer/ignored"] == "FROM a/c:1\n"


@pytest.mark.parametrize("context", LINKS)
def test_a_comment_acknowledges_what_is_not_read(make: Make, context: str) -> None:
    above = LINKS[context].replace("\n", "\n// pinner: ignore[not-read] made by a script\n", 1)
    text = above.replace("PATH", '"gone"').replace('"image": "a/b:1",', "").replace("// more\n", "")
    files = {".devcontainer.json": text, "x.conf": "services: {}\n", "Dockerfile": "FROM scratch\n"}
    ran = make(files).run("check", "--format", "json")
    assert (ran.code, ran.document["unchecked"], ran.document["findings"]) == (0, [], [])


def test_what_a_devcontainer_names_may_be_excluded(make: Make) -> None:
    files = {
        ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../stack.conf"], "build": {"dockerfile": "d"}}',
        ".devcontainer/d": "FROM a/b:1\n",
        "stack.conf": "services: {a: {image: 'a/c:1'}}\n",
        "Dockerfile": "FROM scratch\n",
    }
    tree = make(files)
    ran = tree.run("check", "--format", "json", "--exclude", "d", "--exclude", "stack.conf")
    assert (ran.code, ran.document["unchecked"], ran.document["summary"]["excluded"]) == (0, [], 2)
    tree.run("pin", "--exclude", "d", "--exclude", "stack.conf")
    assert tree.texts() == files


def test_a_devcontainer_behind_a_link_that_leads_out_leads_nowhere(make: Make, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text('{"build": {"dockerfile": "secret"}}')
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    tree = make({"tree/Dockerfile": "FROM scratch\n"})
    (tmp_path / "tree" / ".devcontainer.json").symlink_to(outside)
    ran = tree.run("check", "--format", "json", "tree")
    assert (ran.code, len(ran.document["errors"]), ran.document["unchecked"]) == (3, 1, [])
    assert "secret" not in ran.stdout + ran.stderr


def test_kinds_that_are_off_are_not_looked_for(make: Make) -> None:
    files = {".devcontainer.json": '{"build": {"dockerfile": "gone"}}', "Dockerfile": "FROM scratch\n"}
    tree = make(files)
    assert tree.run("check", "--kind", "devcontainer").code == 0
    assert tree.run("check").code == 3


# Decisions.

BUILD_STEPS = "{steps: [{uses: docker/build-push-action@v6, with: {tags: 'a/b:1'}}]}"


@pytest.mark.parametrize(
    ("builder", "image", "is_built"),
    [
        ({"skaffold.yaml": SKAFFOLD.format("a/b")}, "a/b:1", True),
        ({"skaffold.yaml": SKAFFOLD.format("a/b")}, "docker.io/a/b", True),
        ({"skaffold.yaml": SKAFFOLD.format("a/b")}, "quay.io/a/b:1", False),
        ({"skaffold.yaml": SKAFFOLD.format("a/b")}, "a/bc:1", False),
        ({"compose.yaml": "services: {a: {build: ., image: 'a/b:1'}}"}, "a/b:1", True),
        ({"compose.yaml": "services: {a: {build: ., image: 'a/b:1'}}"}, "a/b:2", False),
        ({"compose.yaml": "services: {a: {build: ., image: 'a/b:${T}'}}"}, "a/b:2", True),
        ({"compose.yaml": "services: {a: {image: 'a/b:1'}}"}, "a/b:1", False),
        ({"docker-bake.hcl": 'target "x" {\n  tags = ["a/b:1", "a/c:${TAG}"]\n}\n'}, "a/b:1", True),
        ({"docker-bake.hcl": 'target "x" {\n  tags = ["a/b:1", "a/c:${TAG}"]\n}\n'}, "a/c:7", True),
        ({"docker-bake.hcl": 'target "x" {\n  # tags = ["a/b:1"]\n}\n'}, "a/b:1", False),
        ({"docker-bake.hcl": 'target "x" {\n  cache-from = ["a/b:1"]\n}\n'}, "a/b:1", False),
        ({"docker-bake.json": '{"target": {"x": {"tags": ["a/b:1"]}}}'}, "a/b:1", True),
        (
            {
                ".github/workflows/r.yml": "jobs: {a: {steps: [{uses: docker/build-push-action@v6, "
                "with: {tags: 'a/b:1, a/c:${{ github.sha }}'}}]}}\n"
            },
            "a/c:9",
            True,
        ),
        ({".github/workflows/r.yml": f"jobs: {{a: {BUILD_STEPS}}}\n"}, "a/b:1", True),
        ({".github/workflows/r.yml": f"jobs: {{a: {BUILD_STEPS}}}\n".replace("docker/b", "Docker/B")}, "a/b:1", True),
        ({"x/action.yml": f"runs: {BUILD_STEPS}\n"}, "a/b:1", True),
        ({"x/action.yml": f"outputs: {BUILD_STEPS}\nruns: {{}}\n"}, "a/b:1", False),
        (
            {".github/workflows/r.yml": "jobs: {a: {steps: [{uses: docker/metadata-action@v5, with: {tags: a/b:1}}]}}"},
            "a/b:1",
            False,
        ),
    ],
)
def test_what_the_repository_builds(make: Make, builder: dict[str, str], image: str, is_built: bool) -> None:
    tree = make({**builder, "pod.yaml": POD.format(image)})
    found = [rule for rule, _, text in rules(tree) if text == image]
    assert ("built-here" in found) == is_built
    assert ("unpinned" in found) != is_built
    tree.run("pin")
    assert (tree.texts()["pod.yaml"] == POD.format(image)) == is_built
    row = tree.references()["pod.yaml"][0]
    assert row["built"] == is_built


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("skaffold.yaml", SKAFFOLD.format("a/b")),
        ("docker-bake.hcl", 'target "x" { tags = ["a/b:1"] }'),
        ("compose.yaml", "services: {a: {build: ., image: 'a/b:1'}}"),
    ],
)
def test_a_named_file_is_judged_as_the_whole_tree_is(make: Make, name: str, text: str) -> None:
    tree = make({name: text, "deploy/k8s/pod.yaml": POD.format("a/b:1"), "other/skaffold.yaml": SKAFFOLD.format("c/d")})
    assert [rule for rule, *_ in rules(tree, "deploy/k8s/pod.yaml")] == ["built-here"]
    assert list(tree.references("deploy/k8s/pod.yaml")) == ["deploy/k8s/pod.yaml"]


BUILDS = "services: {{a: {{build: ./x, image: '{}', pull_policy: build}}}}\n"


@pytest.mark.parametrize(
    ("files", "built", "pulled"),
    [
        ({"compose.yaml": BUILDS.format("a/b:1")}, ["a/b:1"], ["a/b:2", "a/b", "a/c:1"]),
        ({"compose.yaml": BUILDS.format("a/b:${T}")}, ["a/b:1", "a/b:2", "a/b"], ["a/c:1"]),
        ({"compose.yaml": BUILDS.format("a/b:${T:-1}")}, ["a/b:1"], ["a/b:2", "a/b", "a/c:1"]),
        ({"compose.yaml": BUILDS.format("${R:-a}/b")}, ["a/b:1", "a/b"], ["c/b:1", "b:1"]),
        ({"compose.yaml": BUILDS.format("a/b:${T}"), ".env": "T=1\n"}, ["a/b:1"], ["a/b:2", "a/b"]),
        ({"compose.yaml": BUILDS.format("a/b:${T:-2}"), ".env": "T=1\n"}, ["a/b:1"], ["a/b:2"]),
        ({"compose.yaml": BUILDS.format("a/b:${T}-x"), ".env": "T=1\n"}, ["a/b:1-x"], ["a/b:1", "a/b:2-x"]),
        ({"compose.yaml": BUILDS.format("a/b:${T}-${T}"), ".env": "T=1\n"}, ["a/b:1-1"], ["a/b:1", "a/b:2-2"]),
        ({"compose.yaml": BUILDS.format("a/b:${T}-${U}"), ".env": "T=1\n"}, ["a/b:1-x", "a/b:2"], ["a/c:1"]),
        ({"compose.yaml": BUILDS.format("${R}/b:1"), ".env": "R=a\n"}, ["a/b:1"], ["a/b:2", "c/b:1", "b:1"]),
        ({"compose.yaml": BUILDS.format("a/b:${T}"), "x/.env": "T=1\n"}, ["a/b:1", "a/b:2"], ["a/c:1"]),
        ({"compose.yaml": BUILDS.format("a/b:${T}"), ".env": "T=${U}\n"}, ["a/b:1", "a/b:2"], ["a/c:1"]),
        ({"compose.yaml": "include: [z/c.yml]\n", "z/c.yml": BUILDS.format("a/b:1")}, ["a/b:1"], ["a/b:2"]),
        (
            {"compose.yaml": "include: [z/c.yml]\n", "z/c.yml": BUILDS.format("a/b:${T}"), "z/.env": "T=1\n"},
            ["a/b:1"],
            ["a/b:2"],
        ),
        ({"compose.yaml": "services: {}\n", "compose.dev.yaml": BUILDS.format("a/b:1")}, ["a/b:1"], ["a/b:2"]),
        ({"compose.yaml": "services: {a: {image: 'a/b:1'}}\n"}, [], ["a/b:1"]),
    ],
)
def test_what_services_build_is_the_same_for_a_named_file(
    make: Make, files: dict[str, str], built: list[str], pulled: list[str]
) -> None:
    images = [*built, *pulled]
    pods = "---\n".join(map(POD.format, images))
    # Compose resolves paths of what is included from its folder.
    dockerfiles = dict.fromkeys(["x/Dockerfile", "z/x/Dockerfile"], "FROM scratch\n")
    web = "".join(f"FROM {image}\n" for image in images)
    tree = make({**files, **dockerfiles, "web/Dockerfile": web, "web/pod.yaml": pods})
    for paths in (["."], ["web/Dockerfile"], ["web/pod.yaml"], ["web/Dockerfile", "web/pod.yaml"]):
        rows = [row for path, rows in tree.references(*paths).items() if path.startswith("web/") for row in rows]
        assert {row["text"] for row in rows if row["built"]} == set(built)
        assert {row["text"] for row in rows if not row["built"]} == set(pulled)


def test_what_is_not_read_builds_nothing(make: Make) -> None:
    tree = make({"compose.yaml": BUILDS.format("a/b:1"), "web/Dockerfile": "FROM a/b:1\n"})
    for options in (["--exclude", "compose.yaml"], ["--kind", "dockerfile"]):
        for path in (".", "web/Dockerfile"):
            assert [rule for rule, *_ in rules(tree, *options, path)] == ["unpinned"]


def test_a_digest_comes_from_a_registry_whoever_builds(make: Make) -> None:
    tree = make({"skaffold.yaml": SKAFFOLD.format("a/b"), "pod.yaml": POD.format(f"a/b:1@{DIGEST}")})
    assert rules(tree) == []


def test_a_builder_that_a_change_brings_does_not_count(make: Make, tmp_path: Path) -> None:
    tree = make({"pod.yaml": POD.format("a/b:1"), "skaffold.yaml": SKAFFOLD.format("a/c")})
    for arguments in ("init -q", "add .", "-c user.name=a -c user.email=a@b.c commit -qm a"):
        subprocess.run(["git", *arguments.split()], cwd=tmp_path, check=True)
    (tmp_path / "skaffold.yaml").write_text(SKAFFOLD.format("a/b"))
    assert [rule for rule, *_ in rules(tree)] == ["built-here"]
    assert [rule for rule, *_ in rules(tree, "--policy-from", "HEAD")] == ["unpinned"]


KUSTOMIZATION = "resources: [../base]\nimages: [{{name: {}, {}}}]\n"


@pytest.mark.parametrize(
    ("images", "is_overridden"),
    [
        (KUSTOMIZATION.format("a/b", "newTag: '2'"), True),
        (KUSTOMIZATION.format("a/b", "newName: c/d, newTag: '2'"), True),
        (KUSTOMIZATION.format("a/b", f"digest: '{DIGEST}'"), True),
        (KUSTOMIZATION.format("a/b", "newName: c/d"), False),
        (KUSTOMIZATION.format("a/c", "newTag: '2'"), False),
        (KUSTOMIZATION.format("docker.io/a/b", "newTag: '2'"), False),
        ("resources: []\nimages: [{name: a/b, newTag: '2'}]\n", False),
        ("resources: [../elsewhere]\nimages: [{name: a/b, newTag: '2'}]\n", False),
    ],
)
def test_an_image_that_a_kustomization_replaces_is_judged_there(make: Make, images: str, is_overridden: bool) -> None:
    tree = make(
        {
            "overlay/kustomization.yaml": images,
            "base/kustomization.yaml": "resources: [pod.yaml]\n",
            "base/pod.yaml": POD.format("a/b:1"),
        }
    )
    assert contexts(tree)["base/pod.yaml"] == ["spec.containers[0].image"]
    assert ("a/b:1" not in [text for _, _, text in rules(tree)]) == is_overridden
    tree.run("pin")
    assert (tree.texts()["base/pod.yaml"] == POD.format("a/b:1")) == is_overridden


COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n{}"
REPLACES = "images: [{name: a/b, newTag: '2'}]\n"


@pytest.mark.parametrize(
    ("files", "is_overridden"),
    [
        ({"app/kustomization.yaml": "resources: [../base]\ncomponents: [../c]\n"}, True),
        ({"app/kustomization.yml": "components: [../c]\nresources: [../base]\n"}, True),
        (
            {
                "app/Kustomization": "resources: [../base/pod.yaml]\ncomponents:\n- ../c/\n",
                "base/kustomization.yaml": "resources: []\n",
            },
            True,
        ),
        ({"app/Kustomization": "resources: [../base/pod.yaml]\ncomponents:\n- ../c/\n"}, False),
        (
            {
                "app/kustomization.yaml": "resources: [../base]\ncomponents: [../d]\n",
                "d/kustomization.yaml": COMPONENT.format("components: [../c]\n"),
            },
            True,
        ),
        (
            {
                "app/kustomization.yaml": "resources: [../base]\ncomponents: [../e, ../d]\n",
                "d/kustomization.yaml": COMPONENT.format("components: [../c]\n"),
                "e/kustomization.yaml": COMPONENT.format("resources: [more.yaml]\n"),
            },
            True,
        ),
        ({"app/kustomization.yaml": "resources: []\ncomponents: [../c, ../base]\n"}, False),
        ({"app/kustomization.yaml": "resources: [../base]\ncomponents: [../nowhere]\n"}, False),
        ({"app/kustomization.yaml": "resources: [../base]\n"}, False),
        (
            {
                "app/kustomization.yaml": "resources: [../base, ../other]\n",
                "other/kustomization.yaml": "resources: []\ncomponents: [../c]\n",
            },
            False,
        ),
        ({"app/kustomization.yaml": "resources: [../base]\nconfigurations: [../c]\n"}, False),
    ],
)
def test_a_component_replaces_images_of_what_names_it(
    make: Make, files: Mapping[str, str], is_overridden: bool
) -> None:
    tree = make(
        {
            "c/kustomization.yaml": COMPONENT.format(REPLACES),
            "base/kustomization.yaml": "resources: [pod.yaml]\n",
            "base/pod.yaml": POD.format("a/b:1"),
            **files,
        }
    )
    for arguments in ([], ["base/pod.yaml"]):
        assert ("a/b:1" not in [text for _, _, text in rules(tree, *arguments)]) == is_overridden


@pytest.mark.parametrize(
    ("files", "is_overridden"),
    [
        ({"b/kustomization.yaml": "resources: [../base]\n"}, False),
        ({"b/kustomization.yaml": "resources: [../base]\nimages: [{name: a/c, newTag: '2'}]\n"}, False),
        ({"b/kustomization.yaml": "resources: [../base/pod.yaml]\n"}, False),
        ({"b/kustomization.yaml": "resources: [../m]\n", "m/kustomization.yaml": "resources: [../base]\n"}, False),
        ({"b/kustomization.yaml": "resources: [../a, ../base]\n"}, False),
        ({"b/kustomization.yaml": "resources: [../base]\ncomponents: [../c]\n", "c/kustomization.yaml": ""}, False),
        ({"b/kustomization.yaml": f"resources: [../base]\n{REPLACES}"}, True),
        ({"b/kustomization.yaml": "resources: [../a]\n"}, True),
        ({"b/kustomization.yaml": f"resources: [../a, ../base]\n{REPLACES}"}, True),
        (
            {"b/kustomization.yaml": f"resources: [../m]\n{REPLACES}", "m/kustomization.yaml": "bases: [../base]\n"},
            True,
        ),
        (
            {"b/kustomization.yaml": "resources: [../m]\n", "m/kustomization.yaml": f"bases: [../base]\n{REPLACES}"},
            True,
        ),
        (
            {
                "b/kustomization.yaml": "resources: [../base]\ncomponents: [../c]\n",
                "c/kustomization.yaml": COMPONENT.format(REPLACES),
            },
            True,
        ),
    ],
)
def test_an_image_that_one_overlay_leaves_alone_is_judged_where_it_stands(
    make: Make, files: Mapping[str, str], is_overridden: bool
) -> None:
    tree = make(
        {
            **files,
            "a/kustomization.yaml": f"resources: [../base]\n{REPLACES}",
            "base/kustomization.yaml": "resources: [pod.yaml]\n",
            "base/pod.yaml": POD.format("a/b:1"),
        }
    )
    for arguments in ([], ["base/pod.yaml"]):
        assert ("a/b:1" not in [text for _, _, text in rules(tree, *arguments)]) == is_overridden


@pytest.mark.parametrize(
    ("text", "is_overridden"),
    [
        (POD.format("a/b:1"), True),
        (POD.replace("containers", "initContainers").format("a/b:1"), True),
        ("apiVersion: apps/v1\nkind: X\nspec: {template: {spec: {containers: [{image: 'a/b:1'}]}}}\n", True),
        ("apiVersion: v1\nkind: List\nitems:\n- " + POD.format("a/b:1").replace("\n", "\n  ") + "\n", True),
        ("apiVersion: v1\nkind: Pod\nspec: {x: {containers: &a [{image: 'a/b:1'}]}, containers: *a}\n", True),
        ("apiVersion: v1\nkind: Pod\nspec: {ephemeralContainers: &a [{image: 'a/b:1'}], containers: *a}\n", False),
        (POD.replace("containers", "ephemeralContainers").format("a/b:1"), False),
        ("apiVersion: v1\nkind: Pod\nspec: {volumes: [{image: {reference: 'a/b:1'}}]}\n", False),
        ("apiVersion: tekton.dev/v1\nkind: Task\nspec: {steps: [{image: 'a/b:1'}]}\n", False),
        ("apiVersion: tekton.dev/v1\nkind: Task\nspec: {stepTemplate: {image: 'a/b:1'}}\n", False),
        ("apiVersion: tekton.dev/v1\nkind: Task\nspec: {sidecars: [{image: 'a/b:1'}]}\n", False),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {templates: [{script: {image: 'a/b:1'}}]}\n", False),
        ("apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {values: {image: 'a/b:1'}}\n", False),
    ],
)
def test_what_kustomize_does_not_rewrite_is_judged_where_it_stands(make: Make, text: str, is_overridden: bool) -> None:
    tree = make({"kustomization.yaml": f"resources: [a.yaml]\n{REPLACES}", "a.yaml": text})
    assert ("a/b:1" not in [text for _, _, text in rules(tree)]) == is_overridden


@pytest.mark.parametrize(
    ("folder", "path"), [(".", "base/pod.yaml"), ("base", "pod.yaml"), ("base", "../base/pod.yaml"), (".", "")]
)
def test_a_named_file_is_judged_with_the_kustomizations_of_its_tree(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, path: str
) -> None:
    tree = with_git(
        make(
            {
                "overlays/prod/Kustomization": f"resources: [../../base]\n{REPLACES}",
                "base/kustomization.yaml": "resources: [pod.yaml]\n",
                "base/pod.yaml": POD.format("a/b:1"),
                "Dockerfile": "FROM a/c:1\n",
            }
        )
    )
    monkeypatch.chdir(tmp_path / folder)
    path = path or str(tmp_path / "base" / "pod.yaml")
    assert rules(tree, path) == []
    assert list(tree.references(path)) == [path], "the others are not reported on"
    assert [rule for rule, *_ in rules(tree, "--exclude", "overlays/", path)] == ["unpinned"]
    assert [rule for rule, *_ in rules(tree, "--kind", "kubernetes", path)] == ["unpinned"]
    before = tree.texts()
    tree.run("pin", path)
    assert tree.texts() == before


@pytest.mark.parametrize(("other", "expected"), [("", ["unpinned"]), (REPLACES, [])])
def test_kustomizations_of_the_tree_count_with_a_policy_of_a_revision(
    make: Make, tmp_path: Path, other: str, expected: list[str]
) -> None:
    tree = make(
        {
            "a/kustomization.yaml": f"resources: [../base]\n{REPLACES}",
            "b/kustomization.yaml": f"resources: [../base]\n{other}",
            "base/kustomization.yaml": "resources: [pod.yaml]\n",
            "base/pod.yaml": POD.format("a/b:1"),
        }
    )
    for arguments in ("init -q", "add .", "-c user.name=a -c user.email=a@b.c commit -qm a"):
        subprocess.run(["git", *arguments.split()], cwd=tmp_path, check=True)
    assert [rule for rule, *_ in rules(tree, "--policy-from", "HEAD", "base/pod.yaml")] == expected


def test_what_a_controller_of_flux_replaces_is_judged_in_both_places(make: Make) -> None:
    sync = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  path: ./base\n  images:\n"
    tree = make({"sync.yaml": f"{sync}  - {{name: a/b, newTag: '2'}}\n", "base/pod.yaml": POD.format("a/b:1")})
    assert [text for _, _, text in rules(tree)] == ["a/b:1", "a/b:2"]


def test_kustomizations_that_lead_back_to_themselves(make: Make) -> None:
    text = "resources: [../a, ../b, .]\nimages: [{name: a/b, newTag: '1'}]\n"
    tree = make({"a/kustomization.yaml": text, "b/kustomization.yml": text})
    assert len(contexts(tree)) == 2
