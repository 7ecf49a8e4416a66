"""`check --diff-base`: only what stands on lines that changed counts."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pinner.model.errors import UsageError
from pinner.model.source import Location
from pinner.scanning.changed_lines import changed_since
from pinner.scanning.discovery import discover, kinds_of_search
from pinner.scanning.scan import Scan, scan_files
from tests.support.command import Ran, pinner

pytestmark = pytest.mark.integration

DOCKERFILE = ["FROM a:1", "FROM b:1", "FROM c:1", "FROM d:1", "FROM e:1"]


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def write(name: str, *lines: str) -> None:
    Path(name).parent.mkdir(exist_ok=True, parents=True)
    Path(name).write_text("".join(f"{line}\n" for line in lines))


def commit(message: str = "m") -> None:
    git("add", "--all")
    git("commit", "--quiet", "-m", message)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet", "--initial-branch=main")
    write("Dockerfile", *DOCKERFILE)
    commit()
    return tmp_path


def check(revision: str = "HEAD", *arguments: str) -> Ran:
    return pinner("check", "--diff-base", revision, "--format", "json", *arguments)


def found(run: Ran) -> list[tuple[str, str]]:
    return [(finding["path"], finding["text"]) for finding in run.document["findings"]]


def test_nothing_changed(repository: Path) -> None:
    run = check()
    assert (run.code, found(run)) == (0, [])
    assert run.stderr == "1 file, 5 references: 0 pinned, 0 findings, 0 unchecked\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["FROM new:1", *DOCKERFILE], ["new:1"]),
        ([*DOCKERFILE, "FROM new:1"], ["new:1"]),
        ([DOCKERFILE[0], "FROM new:1", *DOCKERFILE[2:]], ["new:1"]),
        ([DOCKERFILE[0], "FROM new:1", "FROM new:2", *DOCKERFILE[2:]], ["new:1", "new:2"]),
        (["FROM x:1", *DOCKERFILE[1:4], "FROM y:1"], ["x:1", "y:1"]),
        (DOCKERFILE[1:], ["b:1"]),
        ([*DOCKERFILE[:2], *DOCKERFILE[3:]], ["b:1", "d:1"]),
        ([*DOCKERFILE[:1], "FROM x:1", *DOCKERFILE[3:]], ["x:1", "d:1"]),
        (DOCKERFILE[:4], ["d:1"]),
        (["# a comment", *DOCKERFILE], []),
    ],
)
def test_lines_in_the_work_tree(repository: Path, lines: list[str], expected: list[str]) -> None:
    write("Dockerfile", *lines)
    assert [text for _, text in found(check())] == expected


def test_a_comment_that_is_removed_brings_its_finding_back(repository: Path) -> None:
    write("Dockerfile", "FROM a:1", "# pinner: ignore[unpinned] why", "FROM b:1")
    commit()
    write("Dockerfile", "FROM a:1", "FROM b:1")
    assert ("Dockerfile", "b:1") in found(check())


def test_missing_line_ends_and_staged_and_new_files(repository: Path) -> None:
    Path("Dockerfile").write_text("\n".join([*DOCKERFILE[:4], "FROM z:1"]))
    write("staged/Dockerfile", "FROM s:1")
    git("add", "staged")
    write("new/Dockerfile", "FROM n:1")
    assert found(check()) == [("Dockerfile", "z:1"), ("new/Dockerfile", "n:1"), ("staged/Dockerfile", "s:1")]


@pytest.mark.parametrize("name", ["a b", "ä", "a\tb", 'a"b', "a\\b", "-a", "a\nb", "b/c"])
def test_names_of_files(repository: Path, name: str) -> None:
    write(f"{name}/Dockerfile", *DOCKERFILE)
    commit()
    write(f"{name}/Dockerfile", *DOCKERFILE, "FROM new:1")
    assert found(check()) == [(f"{name}/Dockerfile", "new:1")]


def test_a_file_that_moved_keeps_its_lines(repository: Path) -> None:
    git("mv", "Dockerfile", "Other.dockerfile")
    write("Other.dockerfile", *DOCKERFILE, "FROM new:1")
    assert found(check()) == [("Other.dockerfile", "new:1")]


@pytest.mark.parametrize(
    ("name", "configuration", "expected"),
    [
        ("notes.txt", "", 5),
        ("old/Dockerfile.dev", "", 0),
        ("compose.yaml", "", 5),
        ("vendor/Dockerfile", 'exclude = ["vendor/"]', 5),
        ("notes.txt", "[extend-include]\ndockerfile = ['*.txt']", 0),
    ],
)
def test_a_file_of_another_kind_did_not_move(repository: Path, name: str, configuration: str, expected: int) -> None:
    os.unlink("Dockerfile")
    write(name, *DOCKERFILE)
    write("pinner.toml", configuration)
    commit()
    git("mv", name, "New.dockerfile")
    assert len(found(check())) == expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"Dockerfile": "a"}, {"Dockerfile": "b"}, ["b:1", "b:2"]),
        ({"Dockerfile": "link", "link": "a"}, {"link": "b"}, ["b:1", "b:2"]),
        ({"web": "one"}, {"web": "two"}, ["two:1"]),
        ({"Dockerfile": "a"}, {"Dockerfile": "./a"}, []),
        ({"Dockerfile": "a"}, {}, []),
        ({"Dockerfile": "Dockerfile"}, {"Dockerfile": "b"}, ["b:1", "b:2"]),
        ({"Dockerfile": "../b"}, {"Dockerfile": "b"}, ["b:1", "b:2"]),
        ({}, {"Dockerfile": "b"}, ["b:1", "b:2"]),
    ],
)
def test_a_link_is_compared_with_what_it_led_to(
    repository: Path, before: dict[str, str], now: dict[str, str], expected: list[str]
) -> None:
    os.unlink("Dockerfile")
    write("a", "FROM a:1", "FROM a:2")
    write("b", "FROM b:1", "FROM b:2")
    write("one/base", "FROM one:1")
    write("two/base", "FROM two:1")
    os.symlink("web/base", "Web.dockerfile")
    for links in (before, now):
        for link, target in links.items():
            Path(link).unlink(missing_ok=True)
            os.symlink(target, link)
        if links is before:
            commit()
    assert [text for _, text in found(check())] == expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (["ARG T=1", "RUN x", "FROM a:${T}"], ["ARG T=2", "RUN x", "FROM a:${T}"], ["a:${T}"]),
        (["ARG T=1", "ARG U=1", "FROM a:${T}"], ["ARG T=1", "ARG U=2", "FROM a:${T}"], []),
        (["FROM a:1 AS b", "", "FROM b"], ["FROM a:1 AS c", "", "FROM b"], ["a:1", "b"]),
    ],
)
def test_a_reference_changes_without_its_line(
    repository: Path, before: list[str], now: list[str], expected: list[str]
) -> None:
    write("Dockerfile", *before)
    commit()
    write("Dockerfile", *now)
    assert [text for _, text in found(check())] == expected


COMPOSE = "services: {a: {image: $R/b:1}}"


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({".env": "R=x", "compose.yaml": COMPOSE}, {"compose.yaml": f"# a comment\n{COMPOSE}"}, []),
        ({".env": "R=x", "compose.yaml": COMPOSE}, {".env": "R=y"}, ["$R/b:1"]),
        ({"compose.yaml": COMPOSE}, {".env": "R=y"}, ["$R/b:1"]),
        ({".env": "T=b:1\nU=1", "compose.yaml": "services: {a: {image: $T}}"}, {".env": "T=b:1\nU=2"}, []),
        ({".env": "T=b:1\nU=1", "compose.yaml": "services: {a: {image: $T}}"}, {".env": "T=b:2\nU=1"}, ["b:2"]),
    ],
)
def test_a_reference_changes_with_a_value_in_another_file(
    repository: Path, before: dict[str, str], now: dict[str, str], expected: list[str]
) -> None:
    for name, text in before.items():
        write(name, text)
    commit()
    for name, text in now.items():
        write(name, text)
    assert [text for _, text in found(check())] == expected


def test_a_branch_is_compared_with_where_it_began(repository: Path) -> None:
    git("checkout", "--quiet", "-b", "topic")
    write("Dockerfile", *DOCKERFILE, "FROM topic:1")
    commit()
    git("checkout", "--quiet", "main")
    write("Dockerfile", "FROM main:1", *DOCKERFILE[1:])
    commit()
    git("checkout", "--quiet", "topic")
    assert found(check("main")) == [("Dockerfile", "topic:1")]


def test_without_a_common_commit_the_revision_itself_is_compared_with(repository: Path) -> None:
    git("checkout", "--quiet", "--orphan", "other")
    write("Dockerfile", *DOCKERFILE, "FROM new:1")
    commit()
    assert found(check("main")) == [("Dockerfile", "new:1")]


def test_paths_from_a_folder_and_through_links(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("sub/Dockerfile", *DOCKERFILE)
    commit()
    write("sub/Dockerfile", *DOCKERFILE, "FROM new:1")
    os.symlink("sub/Dockerfile", "Link.dockerfile")
    monkeypatch.chdir("sub")
    assert found(check()) == [("Dockerfile", "new:1")]
    assert found(check("HEAD", "../Link.dockerfile")) == [("../Link.dockerfile", "new:1")]
    assert found(check("HEAD", str(repository / "sub"))) == [(str(repository / "sub" / "Dockerfile"), "new:1")]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"diff.noprefix": "true"},
        {"diff.mnemonicPrefix": "true"},
        {"diff.context": "5"},
        {"diff.interHunkContext": "9"},
        {"diff.external": "false"},
        {"color.ui": "always"},
        {"core.quotePath": "false"},
        {"diff.relative": "true"},
    ],
)
def test_no_setting_of_git_changes_the_result(repository: Path, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        git("config", name, value)
    write("Dockerfile", "FROM x:1", *DOCKERFILE[1:4], "FROM y:1")
    write("ä/Dockerfile", "FROM n:1")
    assert found(check()) == [("Dockerfile", "x:1"), ("Dockerfile", "y:1"), ("ä/Dockerfile", "n:1")]


@pytest.mark.parametrize("attribute", ["-diff", "binary", "diff=hidden"])
def test_no_attribute_hides_a_change(repository: Path, attribute: str) -> None:
    git("config", "diff.hidden.textconv", "true")
    write(".gitattributes", f"Dockerfile {attribute}")
    write("Dockerfile", *DOCKERFILE, "FROM new:1")
    assert ("Dockerfile", "new:1") in found(check())


FILTERS = [
    {".gitattributes": "* filter=x", "filter.x.clean": "touch MARK; git show HEAD:Dockerfile"},
    {".git/info/attributes": "* filter=x", "filter.x.process": "touch MARK; false", "filter.x.required": "true"},
    {".gitattributes": "* diff=x", "diff.x.textconv": "touch MARK; true"},
    {".gitattributes": "* diff=x", "diff.x.command": "touch MARK; true"},
    {"diff.external": "touch MARK; true"},
    {".gitattributes": "* working-tree-encoding=UTF-16"},
    {".gitattributes": "* ident"},
    {"diff.ignoreSubmodules": "all", "core.trustctime": "false", "core.checkStat": "minimal"},
]


@pytest.mark.parametrize("settings", FILTERS, ids=str)
def test_nothing_of_a_checkout_is_run_and_hides_a_change(repository: Path, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        if name.startswith("."):
            write(name, value)
        else:
            git("config", name, value)
    write("Dockerfile", *DOCKERFILE, "FROM new:1")
    assert ("Dockerfile", "new:1") in found(check())
    assert not Path("MARK").exists()


@pytest.mark.parametrize("bit", ["--assume-unchanged", "--skip-worktree"])
def test_no_bit_of_the_index_hides_a_change(repository: Path, bit: str) -> None:
    git("update-index", bit, "Dockerfile")
    write("Dockerfile", *DOCKERFILE, "FROM new:1")
    assert found(check()) == [("Dockerfile", "new:1")]


def test_filters_of_repositories_inside_are_not_run(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "--quiet", "inner")
    monkeypatch.chdir("inner")
    write("Dockerfile", "FROM i:1")
    commit()
    write(".gitattributes", "* filter=x")
    git("config", "filter.x.clean", f"touch {repository}/MARK; cat")
    monkeypatch.chdir("..")
    commit("with a submodule")
    write("inner/Dockerfile", "FROM i:2")
    assert found(check()) == [("inner/Dockerfile", "i:2")]
    assert not Path("MARK").exists()


def test_line_ends_are_no_change(repository: Path) -> None:
    Path("Dockerfile").write_bytes(b"\r\n".join([*(line.encode() for line in DOCKERFILE), b"FROM new:1\r\n"]))
    assert found(check()) == [("Dockerfile", "new:1")]


def test_what_was_a_link_has_changed(repository: Path) -> None:
    os.symlink("Dockerfile", "Link.dockerfile")
    commit("a link")
    os.unlink("Link.dockerfile")
    write("Link.dockerfile", *DOCKERFILE)
    assert [path for path, _ in found(check())] == ["Link.dockerfile"] * len(DOCKERFILE)


def test_a_new_file_unlike_what_is_gone_is_new(repository: Path) -> None:
    os.unlink("Dockerfile")
    write("Other.dockerfile", DOCKERFILE[0], "FROM x:1", "FROM y:1", "FROM z:1", "FROM zz:1", "FROM zzz:1")
    assert len(found(check())) == 6


def test_of_many_lines_that_may_differ_all_have_changed(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pinner.scanning.changed_lines.MOST_LINES", 5)
    write("Dockerfile", DOCKERFILE[0], "FROM x:1", DOCKERFILE[2], "FROM y:1", DOCKERFILE[4])
    assert [text for _, text in found(check())] == ["a:1", "x:1", "c:1", "y:1", "e:1"]


def test_lines_that_look_like_a_patch(repository: Path) -> None:
    write("Dockerfile", *DOCKERFILE, "RUN <<E", "++ b/other", "@@ -1 +1 @@", "-- a/other", "E", "FROM new:1")
    assert found(check()) == [("Dockerfile", "new:1")]


def test_files_that_fail_count_if_they_changed(repository: Path) -> None:
    write("bad/Dockerfile", "RUN x")
    assert check().code == 3
    commit()
    assert check().code == 0
    write("bad/Dockerfile", "RUN y")
    assert check().code == 3


def test_what_is_ignored_counts_if_it_changed(repository: Path) -> None:
    write("Dockerfile", *DOCKERFILE, "# pinner: ignore[unpinned] why", "FROM new:1")
    assert check().document["summary"]["ignored"] == 1
    commit()
    assert check().document["summary"]["ignored"] == 0


def test_conflicts_with_lines_that_did_not_change_are_seen(repository: Path) -> None:
    digests = [f"sha256:{letter * 64}" for letter in "ab"]
    write("Dockerfile", f"FROM a:1@{digests[0]}")
    commit()
    write("new/Dockerfile", f"FROM a:1@{digests[1]}")
    assert [(finding["path"], finding["rule"]) for finding in check().document["findings"]] == [
        ("new/Dockerfile", "conflicting-digests")
    ]


@pytest.mark.parametrize("revision", ["nothing", "--help", "", "HEAD:Dockerfile"])
def test_a_revision_that_is_none(repository: Path, revision: str) -> None:
    with pytest.raises(UsageError, match=f"^--diff-base {revision}: there is no such commit here"):
        changed_since(revision, Scan({}, ()), kinds_of_search())


def test_no_work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"^--diff-base HEAD: not a git repository"):
        changed_since("HEAD", Scan({}, ()), kinds_of_search())


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=r"^--diff-base HEAD: git cannot be run: it is not on the PATH"):
        changed_since("HEAD", Scan({}, ()), kinds_of_search())


@pytest.mark.parametrize(("first", "last", "touches"), [(1, 1, False), (5, 5, False), (6, 6, True), (4, 7, True)])
def test_a_place_of_several_lines(repository: Path, first: int, last: int, touches: bool) -> None:
    write("Dockerfile", *DOCKERFILE, "FROM new:1", "FROM new:2")
    commit("second")
    write("Dockerfile", *DOCKERFILE, "FROM newer:1", "FROM new:2")
    changed = changed_since("HEAD", scan_files(discover(["Dockerfile"]).files), kinds_of_search())
    assert changed.touches("Dockerfile", Location(first, 1, last, 9)) is touches


def test_online_asks_only_about_lines_that_changed(repository: Path, asked: Callable[[], list[str]]) -> None:
    write("Dockerfile", *DOCKERFILE, "FROM new:1")
    check("HEAD", "--online")
    assert asked() == ["docker.io/library/new:1"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the command asks registries about."""
    from pinner.cli import registry_calls
    from pinner.model.resolution import Unresolved

    references: list[str] = []

    def examine(wanted: object, scan: object, settings: object) -> dict[object, Unresolved]:
        answers = {each: Unresolved(each, "unreachable", "a test") for each in wanted}  # type: ignore[attr-defined]
        references.extend(map(str, answers))
        return answers

    monkeypatch.setattr(registry_calls, "examine", examine)
    return lambda: references


POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: nginx}]}"
PIN = f"images: [{{name: nginx, newTag: '1@sha256:{64 * 'a'}'}}]"
SKAFFOLD = "apiVersion: skaffold/v3\nkind: Config\nbuild: {{artifacts: [{{image: {}}}]}}"


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("kustomization.yaml", f"resources: [pod.yaml]\n{PIN}", "resources: [pod.yaml]", ["pod.yaml"]),
        ("kustomization.yaml", f"resources: [pod.yaml]\n{PIN}", f"resources: [other.yaml]\n{PIN}", ["pod.yaml"]),
        ("kustomization.yaml", f"resources: [pod.yaml]\n{PIN}", PIN.replace("nginx", "x"), ["pod.yaml"]),
        ("skaffold.yaml", SKAFFOLD.format("nginx"), SKAFFOLD.format("x"), ["pod.yaml"]),
        ("kustomization.yaml", f"resources: [pod.yaml]\n{PIN}", f"# more\nresources: [pod.yaml]\n{PIN}", []),
        ("kustomization.yaml", "resources: [pod.yaml]", "resources: [pod.yaml]\nnamePrefix: x", []),
        ("kustomization.yaml", f"bases: [pod.yaml]\n{PIN}", f"bases: [pod.yaml]\n{PIN.replace('1@', '2@')}", []),
        ("skaffold.yaml", SKAFFOLD.format("nginx"), "# more\n" + SKAFFOLD.format("nginx"), []),
        ("skaffold.yaml", SKAFFOLD.format("x"), SKAFFOLD.format("y"), []),
    ],
)  # fmt: skip
def test_images_on_which_another_file_decides_no_more(
    repository: Path, path: str, before: str, after: str, expected: list[str]
) -> None:
    write("pod.yaml", POD)
    write(path, before)
    commit()
    write(path, after)
    pods = [each["path"] for each in check().document["findings"] if each["rule"] == "unpinned"]
    assert pods == expected
