"""Which files are found: sorted, each once, none left out silently."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.formats import COMPOSE, DOCKERFILE, FORMATS, Places
from pinner.model.errors import UsageError
from pinner.scanning.discovery import Discovery, discover, format_of
from pinner.scanning.gitignore import Patterns
from tests.support.unprivileged import unprivileged


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory that lies in no repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names: str, folder: str | Path = ".") -> None:
    for name in names:
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def git(*arguments: str, folder: str | Path = ".") -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def repository(folder: str | Path = ".") -> None:
    git("init", "--quiet", str(folder))


def nothing() -> None:
    """No repository."""


def paths(*named: str) -> list[str]:
    return [file.path for file in discover(named or ["."]).files]


def failures(found: Discovery) -> list[tuple[str, str]]:
    return [(failure.path, failure.message) for failure in found.failures]


in_and_outside_of_git = pytest.mark.parametrize("prepare", [nothing, repository], ids=["folder", "repository"])


@in_and_outside_of_git
def test_files_are_sorted_and_known_by_name(prepare: Callable[[], None]) -> None:
    prepare()
    make("b/Dockerfile", "a/compose.yml", "Dockerfile", "a.dockerfile", "a/README.md", "b/main.py", "a-b/Containerfile")
    assert [(file.path, file.format.NAME) for file in discover(["."]).files] == [
        ("Dockerfile", "dockerfile"),
        ("a-b/Containerfile", "dockerfile"),
        ("a.dockerfile", "dockerfile"),
        ("a/compose.yml", "compose"),
        ("b/Dockerfile", "dockerfile"),
    ]


@in_and_outside_of_git
def test_hidden_folders_are_searched_but_not_those_of_version_control(prepare: Callable[[], None]) -> None:
    prepare()
    make(".devcontainer/Dockerfile", ".github/docker/Dockerfile", ".git/hooks/Dockerfile", ".Dockerfile")
    make(".hg/Dockerfile" if prepare is nothing else "x/Dockerfile")
    expected = [".Dockerfile", ".devcontainer/Dockerfile", ".github/docker/Dockerfile"]
    assert paths() == expected + ([] if prepare is nothing else ["x/Dockerfile"])


@in_and_outside_of_git
def test_gitignore_is_respected_at_every_level(prepare: Callable[[], None]) -> None:
    prepare()
    Path(".gitignore").write_bytes(b"\xef\xbb\xbf/vendor/\r\n*.tmp\n# comment\n!\n\\\nbuild\n")
    make("Dockerfile", "vendor/Dockerfile", "a/vendor/Dockerfile", "a/build/Dockerfile", "a/b/Dockerfile.x")
    Path("a/b/.gitignore").write_text("Dockerfile.*\n!Dockerfile.kept\n")
    make("a/b/Dockerfile.kept", "a/Dockerfile.y")
    assert paths() == ["Dockerfile", "a/Dockerfile.y", "a/b/Dockerfile.kept", "a/vendor/Dockerfile"]


@in_and_outside_of_git
def test_gitignore_holds_names_that_are_not_utf8(prepare: Callable[[], None]) -> None:
    prepare()
    name = os.fsdecode(b"caf\xe9.dockerfile")
    Path(".gitignore").write_bytes(b"caf\xe9.dockerfile\n")
    make(name, "x.dockerfile")
    assert paths() == ["x.dockerfile"]


def test_a_gitignore_above_the_folder_counts_in_a_repository(folder: Path) -> None:
    repository()
    Path(".gitignore").write_text("/a/out/\n")
    make("a/out/Dockerfile", "a/Dockerfile")
    assert paths("a") == ["a/Dockerfile"]


@pytest.mark.parametrize("broken", [Path.mkdir, os.mkfifo])
def test_a_gitignore_that_cannot_be_read_is_reported(broken: Callable[[Path], object]) -> None:
    make("a/Dockerfile")
    broken(Path("a/.gitignore"))
    found = discover(["."])
    assert [file.path for file in found.files] == ["a/Dockerfile"]
    assert [path for path, _ in failures(found)] == ["a/.gitignore"]


def test_a_tracked_file_is_found_although_it_is_ignored() -> None:
    repository()
    make("Dockerfile", "out/Dockerfile")
    git("add", "out/Dockerfile")
    Path(".gitignore").write_text("*\n")
    assert paths() == ["out/Dockerfile"]


def test_a_tracked_file_that_is_gone_is_not_passed_over() -> None:
    repository()
    make("Dockerfile", "gone.md")
    git("add", ".")
    os.unlink("Dockerfile")
    os.unlink("gone.md")
    assert paths() == ["Dockerfile"]


def test_an_unmerged_file_is_found_once() -> None:
    repository()
    make("Dockerfile")
    git("add", ".")
    git("commit", "--message", "a")
    blob = subprocess.run(["git", "rev-parse", ":Dockerfile"], capture_output=True, text=True).stdout.strip()
    entries = "".join(f"100644 {blob} {stage}\tDockerfile\n" for stage in (1, 2, 3))
    git("rm", "--cached", "Dockerfile")
    subprocess.run(["git", "update-index", "--index-info"], input=entries, text=True, check=True)
    assert paths() == ["Dockerfile"]


# Repositories in repositories.


def test_repositories_inside_are_searched_by_their_own_rules() -> None:
    repository()
    repository("nested")
    make("Dockerfile", "nested/Dockerfile", "nested/a/Dockerfile", "nested/out/Dockerfile")
    Path("nested/.gitignore").write_text("out\n")
    assert paths() == ["Dockerfile", "nested/Dockerfile", "nested/a/Dockerfile"]


def test_submodules_are_searched(tmp_path_factory: pytest.TempPathFactory) -> None:
    origin = tmp_path_factory.mktemp("origin")
    repository(origin)
    make("Dockerfile", "deep/Dockerfile.x", folder=origin)
    git("add", ".", folder=origin)
    git("commit", "--message", "a", folder=origin)
    repository()
    git("submodule", "add", str(origin), "modules/one")
    make("Dockerfile", "modules/one/untracked.dockerfile")
    assert paths() == [
        "Dockerfile",
        "modules/one/Dockerfile",
        "modules/one/deep/Dockerfile.x",
        "modules/one/untracked.dockerfile",
    ]


def submodule_without_content() -> None:
    """What a clone without --recurse-submodules leaves."""
    repository()
    git("commit", "--allow-empty", "--message", "a")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    git("update-index", "--add", "--cacheinfo", f"160000,{commit},module")
    make("Dockerfile")
    Path("module").mkdir()


@pytest.mark.parametrize("inside", [nothing, lambda: make("module/.git"), lambda: Path("module/.git").mkdir()])
def test_a_submodule_that_is_not_checked_out(inside: Callable[[], None]) -> None:
    submodule_without_content()
    inside()
    assert paths() == ["Dockerfile"]
    assert paths("module") == []
    make("module/Dockerfile")
    assert paths() == ["Dockerfile", "module/Dockerfile"]
    assert paths("module") == ["module/Dockerfile"]


def test_the_repository_of_a_hook_is_not_taken_for_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    repository("other")
    make("Dockerfile.elsewhere", folder="other")
    git("add", ".", folder="other")
    repository("here")
    make("Dockerfile", "out/Dockerfile", folder="here")
    Path("here/.gitignore").write_text("out\n")
    monkeypatch.setenv("GIT_DIR", str(Path("other/.git").absolute()))
    monkeypatch.setenv("GIT_INDEX_FILE", str(Path("other/.git/index").absolute()))
    assert paths("here") == ["here/Dockerfile"]


@pytest.mark.parametrize("git_is", ["missing", "broken"])
def test_without_git_nothing_is_left_out(git_is: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    repository()
    make("Dockerfile", "out/Dockerfile")
    Path(".gitignore").write_text("out\n")
    monkeypatch.setenv("PATH", str(folder / "bin"))
    if git_is == "broken":
        make("bin/git")
        Path("bin/git").write_text("#!/bin/sh\nexit 128\n")
        Path("bin/git").chmod(0o755)
    found = discover(["."])
    assert [file.path for file in found.files] == ["Dockerfile", "out/Dockerfile"]
    reason = {"missing": "git cannot be run: it is not on the PATH", "broken": "git ended with 128"}[git_is]
    assert found.warnings == (f"nothing in . is left out by .gitignore, since Git cannot be asked: {reason}",)


def test_a_repository_in_a_folder_that_is_none_is_searched_by_its_own_rules() -> None:
    repository("nested")
    make("Dockerfile", "nested/out/Dockerfile", "nested/Dockerfile", "nested/other/Dockerfile")
    Path("nested/.gitignore").write_text("out\nother\n")
    git("add", "--force", "out", folder="nested")
    assert paths() == ["Dockerfile", "nested/Dockerfile", "nested/out/Dockerfile"]


def test_what_git_refuses_is_warned_of_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        repository(name)
        make("Dockerfile", "out/Dockerfile", folder=name)
        Path(name, ".gitignore").write_text("out\n")
    Path("a/.git/config").write_text("[core]\nrepositoryformatversion = 1\n[extensions]\nnothing = 1\n")
    make("b/.git/HEAD", "c/.git/HEAD")
    Path("b/.git/HEAD").write_text("")
    found = discover(["."])
    expected = ["a/Dockerfile", "a/out/Dockerfile", "b/Dockerfile", "b/out/Dockerfile", "c/Dockerfile"]
    assert [file.path for file in found.files] == expected
    (warning,) = found.warnings
    assert re.match(
        r"nothing in [ab] \(nor in 1 more\) is left out by \.gitignore, since Git cannot be asked: fatal: ", warning
    )


@pytest.mark.parametrize("broken", [Path.touch, Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_a_repository_that_is_none_hides_nothing(broken: Callable[[Path], object]) -> None:
    make("Dockerfile", "out/Dockerfile")
    Path(".gitignore").write_text("out\n")
    broken(Path(".git"))
    found = discover(["."])
    assert [file.path for file in found.files] == ["Dockerfile", "out/Dockerfile"]
    assert len(found.warnings) == 1


def test_repositories_may_be_nested_deeply() -> None:
    depth = 60
    path = Path(".")
    for _ in range(depth):
        repository(path)
        make("Dockerfile", folder=path)
        path = path / "d"
    assert len(paths()) == depth


def shaped_like_a_repository(folder: str, config: str = "") -> None:
    make("objects/x", "refs/x", folder=folder)
    Path(folder, "HEAD").write_text("ref: refs/heads/z\n")
    Path(folder, "config").write_text(f"[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\n{config}")


@pytest.mark.parametrize(
    "config", ["", "excludesFile = info/exclude\n", "bare = true\n", "[extensions]\nx = 1\n", "[\n"]
)
@pytest.mark.parametrize("inside", [False, True])
def test_a_folder_like_a_repository_hides_nothing(config: str, inside: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    repository()
    shaped_like_a_repository("x", config)
    make("x/info/exclude", "x/Dockerfile", "x/sub/Dockerfile")
    Path("x/info/exclude").write_text("*\n")
    git("add", "--all", "--force")
    assert paths() == ["x/Dockerfile", "x/sub/Dockerfile"]
    if inside:
        monkeypatch.chdir("x")
    assert paths("." if inside else "x") == (["Dockerfile", "sub/Dockerfile"] if inside else paths())


def test_names_that_differ_in_case_hide_nothing() -> None:
    repository()
    make("dockerfile")
    git("add", ".")
    git("config", "core.ignoreCase", "true")
    os.rename("dockerfile", "Dockerfile")
    if not os.path.exists("dockerfile"):
        assert "Dockerfile" in paths()


@pytest.mark.parametrize("bit", ["--assume-unchanged", "--skip-worktree"])
def test_no_bit_of_the_index_hides_a_file(bit: str) -> None:
    repository()
    make("Dockerfile")
    git("add", ".")
    git("update-index", bit, "Dockerfile")
    assert paths() == ["Dockerfile"]


@pytest.mark.parametrize("name", [":(icase)web", ":/", ":!x", "*", "[w]eb", "-x", "--others", "a b", "ä"])
def test_a_folder_is_named_literally(name: str) -> None:
    repository()
    make(f"{name}/Dockerfile", "web/Dockerfile", "x/Dockerfile")
    git("--literal-pathspecs", "add", "--", name)
    assert paths(name) == [os.path.join(os.path.normpath(name), "Dockerfile")]


# Links, and folders that cannot be read.


@in_and_outside_of_git
def test_links_to_files_are_followed_and_links_to_folders_are_not(prepare: Callable[[], None]) -> None:
    prepare()
    make("real/Dockerfile", "elsewhere.txt")
    Path("linked").symlink_to("real")
    Path("loop").symlink_to(".")
    Path("x.dockerfile").symlink_to("elsewhere.txt")
    Path("dangling.dockerfile").symlink_to("nowhere")
    assert paths() == ["dangling.dockerfile", "real/Dockerfile", "x.dockerfile"]


@in_and_outside_of_git
def test_a_file_and_the_links_to_it_are_one_place(prepare: Callable[[], None]) -> None:
    prepare()
    make("z/Dockerfile")
    Path("Dockerfile").symlink_to("z/Dockerfile")
    Path("a.dockerfile").symlink_to("Dockerfile")
    assert paths() == ["z/Dockerfile"]
    assert paths("Dockerfile", "a.dockerfile") == ["Dockerfile"]


def test_a_link_that_gives_a_file_another_format_hides_nothing() -> None:
    Path("compose.yaml").write_text("FROM a:1\n")
    Path("Dockerfile").symlink_to("compose.yaml")
    found = discover(["."]).files
    assert [(file.path, file.format.NAME) for file in found] == [
        ("Dockerfile", "dockerfile"),
        ("compose.yaml", "compose"),
    ]


def outside(*named: str) -> list[str]:
    return [file.path for file in discover(named or ["."]).files if file.is_outside]


@in_and_outside_of_git
def test_a_link_leaves_the_root_or_not(prepare: Callable[[], None], tmp_path_factory: pytest.TempPathFactory) -> None:
    prepare()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    make("Dockerfile", folder=elsewhere)
    make("a/b/base", "inside")
    links = {
        "a/Dockerfile.up": "../inside",
        "a/Dockerfile.down": "b/base",
        "a/Dockerfile.chain": "Dockerfile.out",
        "a/Dockerfile.out": os.path.relpath(elsewhere / "Dockerfile", Path("a").absolute()),
        "a/Dockerfile.absolute": str(elsewhere / "Dockerfile"),
        "a/Dockerfile.gone": "../../nowhere",
        "a/Dockerfile.git": "../.git/config",
    }
    for path, target in links.items():
        Path(path).symlink_to(target)
    # Three of them are one file.
    expected = ["a/Dockerfile.absolute", "a/Dockerfile.git", "a/Dockerfile.gone"]
    assert outside() == outside("a") == expected
    assert outside(*links) == []
    assert outside("a", *links) == []


def test_a_tracked_file_behind_a_link_to_a_folder_leaves_the_root(tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    make("Dockerfile", folder=elsewhere)
    repository()
    make("a/Dockerfile", "b/Dockerfile")
    git("add", ".")
    subprocess.run(["rm", "-r", "a"], check=True)
    Path("a").symlink_to(elsewhere)
    assert paths() == ["a/Dockerfile", "b/Dockerfile"]
    assert outside() == ["a/Dockerfile"]


def test_without_a_work_tree_the_root_is_the_working_directory_or_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("a/base", "a/b/x", "a/c/x")
    Path("a/b/Dockerfile").symlink_to("../base")
    assert outside("a/b") == outside("a") == []
    monkeypatch.chdir("a/c")
    assert outside("../b") == ["../b/Dockerfile"]
    assert outside("..") == []


@pytest.mark.parametrize(
    "named",
    [
        ("Dockerfile", "./Dockerfile"),
        (".", "./Dockerfile"),
        (".", "Dockerfile"),
        ("x/../Dockerfile", "Dockerfile"),
        ("linked", "."),
        ("linked/Dockerfile", "Dockerfile"),
    ],
)
def test_a_file_that_is_named_twice_is_found_once(named: tuple[str, str]) -> None:
    make("Dockerfile", "x/y")
    Path("linked").symlink_to(".")
    assert len(paths(*named)) == 1


def test_an_absolute_name_and_a_relative_one_are_one_place(folder: Path) -> None:
    make("Dockerfile")
    assert len(paths("Dockerfile", str(folder / "Dockerfile"))) == 1


def test_a_folder_that_cannot_be_listed_is_reported(folder: Path) -> None:
    make("Dockerfile", "secret/Dockerfile")
    folder.chmod(0o755)
    Path("secret").chmod(0)
    with unprivileged():
        found = discover(["."])
    Path("secret").chmod(0o755)
    assert [file.path for file in found.files] == ["Dockerfile"]
    assert failures(found) == [("secret", "cannot list the folder: Permission denied")]


def test_a_folder_that_vanishes_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(path: str) -> None:
        raise FileNotFoundError(2, "No such file or directory", path)

    make("a/Dockerfile")
    monkeypatch.setattr(os, "scandir", vanish)
    assert failures(discover(["."])) == [(".", "cannot list the folder: No such file or directory")]


def test_a_folder_may_be_as_deep_as_the_system_allows(folder: Path) -> None:
    depth = sys.getrecursionlimit() + 100
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    make("Dockerfile")
    os.chdir(folder)
    try:
        assert paths() == ["/".join([*"d" * depth, "Dockerfile"])]
    finally:
        # What pytest would clean up with is recursive.
        subprocess.run(["rm", "-r", "d"], check=True)


# Paths that are named.


def test_a_file_that_is_named_is_taken_whatever_its_name() -> None:
    make("README.md", "app.yaml", "Dockerfile.md", "Makefile")
    found = discover(["app.yaml", "README.md", "Dockerfile.md", "Makefile"])
    assert [(file.path, file.format.NAME) for file in found.files] == [
        ("Dockerfile.md", "dockerfile"),
        ("Makefile", "dockerfile"),
        ("README.md", "dockerfile"),
        ("app.yaml", "places"),
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Dockerfile", "dockerfile"),
        ("x/compose.yaml", "compose"),
        ("stack.yml", "places"),
        ("Dockerfile.yml", "places"),
        ("anything", "dockerfile"),
        ("docker-compose.yml.j2", "dockerfile"),
    ],
)
def test_format_of(path: str, expected: str) -> None:
    assert format_of(path).NAME == expected


def test_what_is_not_there_is_reported() -> None:
    make("Dockerfile")
    found = discover(["gone", "Dockerfile", "", "gone/Dockerfile"])
    assert [file.path for file in found.files] == ["Dockerfile"]
    reason = "no such file or folder"
    assert failures(found) == [("gone", reason), ("", reason), ("gone/Dockerfile", reason)]


@pytest.mark.parametrize("named", ["Dockerfile", "Dockerfile/", "./Dockerfile"])
def test_a_folder_named_like_a_file_is_searched(named: str) -> None:
    make("Dockerfile/Dockerfile.x")
    assert paths(named) == ["Dockerfile/Dockerfile.x"]


@pytest.mark.parametrize("named", ["a", "a/", "./a", "a/.", "b/../a"])
def test_the_spelling_of_a_folder_is_tidied(named: str) -> None:
    make("a/Dockerfile", "b/x")
    assert paths(named) == ["a/Dockerfile"]


def test_an_empty_folder_holds_nothing() -> None:
    assert discover(["."]) == Discovery((), (), 0)


# What is left out by name.


@in_and_outside_of_git
@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], ["Dockerfile", "a/Dockerfile", "a/vendor/Dockerfile", "vendor/Dockerfile"]),
        (["vendor"], ["Dockerfile", "a/Dockerfile"]),
        (["/vendor/"], ["Dockerfile", "a/Dockerfile", "a/vendor/Dockerfile"]),
        (["a/**"], ["Dockerfile", "vendor/Dockerfile"]),
        (["Dockerfile", "!/Dockerfile"], ["Dockerfile"]),
        (["**/Dockerfile"], []),
        (["# a comment", ""], ["Dockerfile", "a/Dockerfile", "a/vendor/Dockerfile", "vendor/Dockerfile"]),
    ],
    ids=str,
)
def test_exclude(prepare: Callable[[], None], patterns: list[str], expected: list[str]) -> None:
    prepare()
    make("Dockerfile", "vendor/Dockerfile", "a/vendor/Dockerfile", "a/Dockerfile")
    found = discover(["."], Patterns(tuple(patterns)))
    assert [file.path for file in found.files] == expected
    assert len(found.files) + found.excluded == 4


@pytest.mark.parametrize("named", ["vendor/Dockerfile", "./vendor/Dockerfile", "a/../vendor/Dockerfile"])
def test_exclude_counts_for_files_that_are_named(named: str, folder: Path) -> None:
    make("vendor/Dockerfile", "a/x")
    for path in (named, str(folder / named)):
        assert discover([path], Patterns(("/vendor/",))) == Discovery((), (), 1)


def test_exclude_is_relative_to_where_it_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make("a/vendor/Dockerfile", "a/Dockerfile")
    monkeypatch.chdir("a")
    assert [file.path for file in discover(["."], Patterns(("/a/vendor/",), str(folder))).files] == ["Dockerfile"]


@pytest.mark.parametrize(
    "name",
    [
        "../Dockerfile",
        "a/../../Dockerfile",
        "a/../Dockerfile",
        "./Dockerfile",
        "/",
        "/Dockerfile",
        "a//Dockerfile",
        "..",
        ".git/Dockerfile",
        "a/.git/Dockerfile",
        ".GIT/Dockerfile",
        ".git./Dockerfile",
        "git~1/Dockerfile",
        ".g\u200cit/Dockerfile",
    ],
)
def test_what_git_lists_beside_the_work_tree_is_not_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    repository()
    make("Dockerfile", "a/Dockerfile")
    listed = f"Dockerfile\0{name}\0a/Dockerfile\0".encode()
    monkeypatch.setattr("pinner.scanning.discovery.run_git", lambda *_: listed)
    found = discover(["."])
    assert [file.path for file in found.files] == ["Dockerfile", "a/Dockerfile"]
    assert [path for path, _ in failures(found)] == [name.removesuffix("/")]


@pytest.mark.parametrize("name", [".../Dockerfile", "a..b/Dockerfile", ".github/Dockerfile", "git/Dockerfile"])
def test_names_that_are_odd_are_read(name: str) -> None:
    repository()
    make(name)
    git("add", ".")
    assert len(discover(["."]).files) == 1
    assert discover(["."]).failures == ()


HARMLESS = [
    "**/*.dockerfile*",
    "*-*/Dockerfile*",
    "services/*/*/*/*/Dockerfile*.*",
    "**/a/**/b/**",
    "# ************",
    "*",
    "**",
    "!a*b*c*",
    "[[:alpha:]]",
]
ENDLESS = ["*a*a*a*ab", "!*a*a*a*ab", "**/a/**/a/**/b", "***b", "*a*a*/*a*b", "a**b**c"]


@pytest.mark.parametrize("pattern", HARMLESS)
def test_usual_patterns_are_taken(pattern: str, recwarn: pytest.WarningsRecorder) -> None:
    Patterns((pattern,)).matcher()
    assert not recwarn.list


@pytest.mark.parametrize("pattern", [*ENDLESS, "[z-a]"])
def test_a_pattern_that_may_take_for_ever_or_is_none(pattern: str) -> None:
    with pytest.raises(UsageError, match=re.escape(pattern)):
        Patterns((pattern,)).matcher()


@pytest.mark.parametrize("pattern", ENDLESS)
def test_a_gitignore_that_may_take_for_ever_is_reported(pattern: str) -> None:
    make("a/Dockerfile", "b/Dockerfile")
    Path(".gitignore").write_text(f"[z-a]\n{pattern}\nb/\n")
    found = discover(["."])
    assert [file.path for file in found.files] == ["a/Dockerfile"]
    assert [(each.path, each.line) for each in found.failures] == [("./.gitignore", 2)]


def test_a_pattern_that_is_none() -> None:
    make("Dockerfile")
    with pytest.raises(UsageError, match="Invalid git pattern: '!'"):
        discover(["."], Patterns(("!",)))


NAMES = st.sampled_from(
    "Dockerfile dockerfile Dockerfile.dev Dockerfile.go dockerfile.go Containerfile a.dockerfile Dockerfile~".split()
    + "compose.yaml docker-compose.yml compose.yaml.md x_compose.dev.yml .github/workflows/compose.yaml".split()
)
PARTS = NAMES | st.text(st.sampled_from("aDd.-_~\n"), max_size=3) | st.sampled_from(["", ".github", "workflows"])


@given(st.lists(PARTS, min_size=1, max_size=4).map("/".join), st.sampled_from(["", "\n", "~", ".txt", "/"]))
def test_the_last_part_of_a_path_is_enough_to_tell_its_format(path: str, end: str) -> None:
    path += end
    other = Places() if re.search(Places().FILES, path) else DOCKERFILE
    assert format_of(path) == next((each for each in FORMATS if re.search(each.FILES, path)), other)


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_git_is_asked_where_standard_streams_are_closed(closed: str, folder: Path) -> None:
    repository()
    make("Dockerfile", "ignored/Dockerfile")
    Path(".gitignore").write_text("ignored/\n")
    git("add", ".")
    git("add", "--force", "ignored/Dockerfile")
    program = "from pinner.scanning import discovery; open('out', 'w').write(str(len(discovery.discover(['.']).files)))"
    subprocess.run(["/bin/sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, program], check=True)
    assert Path("out").read_text() == "2"


def test_a_pattern_is_about_the_whole_path(monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = [(re.compile(r"(^|/)deploy/.*\.stack$").search, COMPOSE)]
    monkeypatch.setattr("pinner.scanning.discovery._searches", lambda: patterns)
    make("deploy/a.stack", "deploy/base/a.stack", "x/deploy/a.stack", "deploys/a.stack", "a.stack", "deploy.stack")
    assert paths() == ["deploy/a.stack", "deploy/base/a.stack", "x/deploy/a.stack"]
