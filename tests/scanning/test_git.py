"""Git in repositories of strangers: what they configure is not run, and does not decide which repository is meant."""

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pinner.model.errors import UsageError
from pinner.scanning import git
from pinner.scanning.changed_lines import changed_since
from pinner.scanning.discovery import discover, kinds_of_search
from pinner.scanning.git import GitFailed, Repository, blobs, commit_of, find_repository, run_git, tree
from pinner.scanning.scan import scan_files

pytestmark = pytest.mark.integration

IDENTITY = "-c user.name=a -c user.email=a@example -c commit.gpgsign=false -c init.defaultBranch=main".split()


def command(*arguments: str) -> bytes:
    done = subprocess.run(["git", *IDENTITY, *arguments], check=True, capture_output=True)
    return done.stdout.strip()


def commit(**files: str) -> None:
    for name, text in files.items():
        Path(name).write_text(text)
    command("add", "--all", "--force")
    command("commit", "--quiet", "--message", "m")


def content(repository: Repository, revision: str, name: str) -> bytes:
    object_id = tree(repository, revision)[name]
    return blobs(repository, [object_id])[object_id]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    top = tmp_path / "top"
    top.mkdir()
    monkeypatch.chdir(top)
    command("init", "--quiet")
    commit(Dockerfile="FROM a:1\n")
    return Repository(str(top / ".git"), str(top))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after a moment, and forget afterwards that Git gave no answer."""
    monkeypatch.setattr(git, "TIME_LIMIT", 0.5)
    monkeypatch.setattr(git, "_unanswered", [])


@pytest.fixture
def fake_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A shell script in the place of Git."""

    def install(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return install


# Which repository is meant.


def test_the_repository_of_a_folder(repository: Repository, tmp_path: Path) -> None:
    Path("a/b").mkdir(parents=True)
    Path("linked").symlink_to("a/b")
    for folder in (".", "a", "a/b", "linked", str(tmp_path / "top" / "a")):
        assert find_repository(folder) == repository
    assert find_repository(str(tmp_path)) is None


def test_a_folder_like_a_bare_repository_is_none(repository: Repository) -> None:
    command("init", "--quiet", "--bare", "bare")
    assert find_repository("bare") == repository


def test_a_file_may_name_the_repository(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    command("worktree", "add", "--quiet", "w")
    monkeypatch.chdir("w")
    found = find_repository(".")
    assert found is not None and found.git_dir.endswith("/top/w/.git")
    assert run_git(found, ["ls-files"]) == b"Dockerfile\n"


def test_the_work_tree_is_where_the_repository_was_found(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    command("config", "core.worktree", str(tmp_path / "elsewhere"))
    command("--work-tree=.", "config", "core.bare", "false")
    Path("new").touch()
    assert run_git(repository, ["ls-files", "--others"]) == b"new\n"
    command("--work-tree=.", "config", "--unset", "core.worktree")
    command("--work-tree=.", "config", "core.bare", "true")
    assert run_git(repository, ["ls-files", "--others"]) == b"new\n"


def test_the_owner_of_the_files_does_not_matter(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert subprocess.run(["git", "status"], capture_output=True).returncode == 128
    assert run_git(repository, ["ls-files"]) == b"Dockerfile\n"


# What is run, and what is not.


def test_variables_of_git_are_replaced(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, fake_git: Callable[[str], None]
) -> None:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_CONFIG_COUNT", "GIT_EXTERNAL_DIFF", "GIT_TRACE2", "GIT_EXEC_PATH"):
        monkeypatch.setenv(name, "x")
    fake_git("env")
    variables = dict(line.split("=", 1) for line in run_git(repository, []).decode().splitlines())
    assert {name: value for name, value in variables.items() if name.startswith("GIT_")} == {
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


@pytest.mark.parametrize("path", ["", ".", "bin", "bin:", "./bin"])
def test_git_is_not_taken_from_the_checkout(path: str, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("bin").mkdir()
    for name in ("git", "bin/git"):
        Path(name).write_text("#!/bin/sh\ntouch MARK\n")
        Path(name).chmod(0o755)
    monkeypatch.setenv("PATH", path)
    with pytest.raises(GitFailed, match=r"^git cannot be run: it is not on the PATH$"):
        run_git(repository, ["ls-files"])
    assert not Path("MARK").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"remote.o.url": ".", "remote.o.uploadpack": "touch MARK; false"},
        {"remote.o.url": "git@host.example.test:x", "core.sshCommand": "touch MARK; false"},
        {"remote.o.url": "ext::sh -c touch% MARK", "protocol.ext.allow": "always", "protocol.allow": "always"},
    ],
    ids=["uploadpack", "ssh", "ext"],
)
def test_a_missing_object_is_not_fetched(settings: dict[str, str], repository: Repository) -> None:
    missing = commit_of(repository, "HEAD")
    object_id = tree(repository, missing)["Dockerfile"]
    Path(".git/objects", object_id[:2], object_id[2:]).unlink()
    settings = {
        "extensions.partialClone": "o",
        "core.repositoryFormatVersion": "1",
        "remote.o.promisor": "true",
    } | settings
    for name, value in settings.items():
        command("config", name, value)
    with pytest.raises(GitFailed):
        content(repository, missing, "Dockerfile")
    assert not Path("MARK").exists()
    # What Git does without that: otherwise the test would prove nothing.
    subprocess.run(["git", "cat-file", "blob", object_id], capture_output=True)
    assert Path("MARK").exists()


def test_no_monitor_and_no_hook_is_run(repository: Repository) -> None:
    script = Path(".git/hooks/x")
    script.parent.mkdir(exist_ok=True)
    script.write_text("#!/bin/sh\ntouch MARK\n")
    script.chmod(0o755)
    Path(".git/hooks/post-index-change").symlink_to("x")
    command("config", "core.fsmonitor", ".git/hooks/x")
    run_git(repository, ["ls-files", "--others", "--exclude-standard"])
    run_git(repository, ["update-index", "--refresh", "--force-write-index"])
    assert not Path("MARK").exists()
    command("update-index", "--refresh", "--force-write-index")
    assert Path("MARK").exists()


def test_what_git_complains_of_is_one_line(repository: Repository, fake_git: Callable[[str], None]) -> None:
    fake_git("printf 'warning: a\\nhint: b\\nfatal: c\\nd\\n' >&2; exit 128")
    with pytest.raises(GitFailed, match=r"^fatal: c$"):
        run_git(repository, ["ls-files"])


# How long it may take.

FILES_OF_GIT = (
    "config index HEAD packed-refs commondir shallow info/exclude info/attributes info/grafts config.worktree"
    " objects/info/alternates refs/heads/main"
).split()


def make_pipe(name: str) -> None:
    path = Path(name)
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True, parents=True)
    os.mkfifo(path)


@pytest.mark.parametrize(
    "name", [*(f".git/{name}" for name in FILES_OF_GIT), ".gitignore", ".gitattributes", "sub/.gitignore"]
)
def test_a_pipe_among_the_files_blocks_nothing(name: str, repository: Repository, impatient: None) -> None:
    commit(Other="FROM b:1\n")
    make_pipe(name)
    assert "Dockerfile" in [found.path for found in discover(["."]).files]
    with suppress(UsageError):
        scan = scan_files(discover(["Dockerfile"]).files)
        assert changed_since("HEAD", scan, kinds_of_search()).lines == {}


@pytest.mark.parametrize("setting", ["core.excludesFile", "include.path"])
def test_a_pipe_that_is_configured_blocks_nothing(setting: str, repository: Repository, impatient: None) -> None:
    command("config", setting, str(Path("pipe").absolute()))
    make_pipe("pipe")
    found = discover(["."])
    assert [file.path for file in found.files] == ["Dockerfile"]
    assert found.warnings == (
        "nothing in . is left out by .gitignore, since Git cannot be asked: git gave no answer within 0 seconds",
    )


def test_a_git_without_an_answer_is_not_asked_again(repository: Repository, impatient: None) -> None:
    for name in "abcdefgh":
        command("init", "--quiet", name)
        Path(name, "Dockerfile").touch()
        make_pipe(f"{name}/.git/config")
    since = time.monotonic()
    found = discover(["."])
    assert len(found.files) == 9
    assert len(found.warnings) == 1
    assert time.monotonic() - since < 8 * git.TIME_LIMIT


@pytest.mark.parametrize("end", ["wait", "exit 0"])
def test_what_git_has_started_is_ended_with_it(
    end: str, repository: Repository, impatient: None, fake_git: Callable[[str], None]
) -> None:
    fake_git(f"sleep 600 & echo $! > pid; {end}")
    with pytest.raises(GitFailed, match="no answer"):
        run_git(repository, ["ls-files"])
    process = int(Path("pid").read_text())
    for _ in range(100):
        if not _is_running(process):
            return
        time.sleep(0.05)
    raise AssertionError("still running")


def _is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


# Commits and what they hold.


@pytest.mark.parametrize("revision", ["HEAD", "main", "@", "HEAD~0", "refs/heads/main"])
def test_a_revision_is_a_commit(revision: str, repository: Repository) -> None:
    assert commit_of(repository, revision) == command("rev-parse", "HEAD").decode()


@pytest.mark.parametrize(
    "revision", ["", "nothing", "--help", "-h", "--all", "HEAD:Dockerfile", "HEAD^{tree}", "HEAD --"]
)
def test_what_is_no_commit(revision: str, repository: Repository) -> None:
    with pytest.raises(GitFailed, match=r"^there is no such commit here; a shallow clone has to fetch it first$"):
        commit_of(repository, revision)


def test_a_revision_that_no_program_takes(repository: Repository) -> None:
    with pytest.raises(GitFailed, match=r"^there is no such commit here"):
        commit_of(repository, "a\0b")


@pytest.mark.parametrize("name", ["Dockerfile", "-h", "--help", ":(icase)x", "a b", "ä", "*", "a\nb", "[d]"])
def test_the_content_of_a_file(name: str, repository: Repository) -> None:
    commit(**{name: "one\r\n\0"})
    first = commit_of(repository, "HEAD")
    commit(**{name: "two"})
    assert content(repository, first, name) == b"one\r\n\0"
    assert content(repository, commit_of(repository, "HEAD"), name) == b"two"


@pytest.mark.parametrize(
    "name", ["nothing", "dockerfile", "*", "Docker*", ":(icase)dockerfile", "folder", "folder/", "l"]
)
def test_what_is_no_file(name: str, repository: Repository) -> None:
    Path("folder").mkdir()
    Path("l").symlink_to("Dockerfile")
    commit(**{"folder/x": "x"})
    assert name not in tree(repository, commit_of(repository, "HEAD"))


def test_the_content_of_a_file_is_bounded(repository: Repository) -> None:
    assert blobs(repository, tree(repository, "HEAD").values(), limit=8) == {}


def test_an_object_cannot_be_replaced(repository: Repository) -> None:
    commit(Dockerfile="FROM rogue:1\n")
    command("replace", "HEAD~1", "HEAD")
    assert command("show", "HEAD~1:Dockerfile") == b"FROM rogue:1"
    assert content(repository, commit_of(repository, "HEAD~1"), "Dockerfile") == b"FROM a:1\n"
