"""Links that lead out of a folder that is searched: neither written through nor shown."""

import os
import subprocess
from pathlib import Path

import pytest

from pinner.output import OUTPUTS
from pinner.pipeline import unpin
from pinner.scanning.discovery import discover
from pinner.scanning.scan import scan_files
from tests.support.command import pinner

PIN = f"@sha256:{'b' * 64}"
SECRET = "secret.example.test/private:1"
LEFT_ALONE = "the link leads out of what is checked: its references were left alone; name it to follow it"
COMMANDS = ["check", "pin", "update", "unpin", "list"]


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work tree with one pinned file, beside a folder that is none of its business."""
    top = tmp_path / "checkout"
    top.mkdir()
    monkeypatch.chdir(top)
    subprocess.run(["git", "init", "--quiet"], check=True)
    Path("Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "keep").mkdir()
    return top


def link(text: str, name: str = "web/Dockerfile", to: str = "../keep/file") -> Path:
    """Make `name` a link to a file with this text; `to` is relative to the checkout."""
    target = Path(to)
    target.parent.mkdir(exist_ok=True, parents=True)
    target.write_text(text)
    Path(name).parent.mkdir(exist_ok=True, parents=True)
    Path(name).symlink_to(os.path.relpath(to, Path(name).parent))
    return target


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("folder", [".", "web"])
def test_references_out_of_the_tree_are_left_alone(command: str, folder: str) -> None:
    target = link(f"FROM {SECRET}\n")
    run = pinner(command, folder)
    assert run.code == 3
    assert f"web/Dockerfile: error[file-error] {LEFT_ALONE}" in run.stdout + run.stderr
    assert "secret" not in run.stdout + run.stderr
    assert target.read_text() == f"FROM {SECRET}\n"
    assert Path("web/Dockerfile").is_symlink()


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("web/Dockerfile", "machine h login secret password secret\n"),
        ("web/Dockerfile", "root:secret:1:::\n"),
        ("web/Dockerfile", "[secret]\n\tsecret = 1\n"),
        ("web/Dockerfile", "FROM secret:${secret}\n"),
        ("compose.yaml", "image: [secret\n"),
        ("compose.yaml", "services:\n  web:\n    image: secret:1\n"),
    ],
)
def test_nothing_of_a_file_out_of_the_tree_is_printed(name: str, output: str, text: str) -> None:
    link(text, name)
    run = pinner("check", "--format", output)
    assert run.code == 3
    assert "secret" not in run.stdout + run.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_file_of_its_kind_is_unchecked(command: str) -> None:
    link("machine h login secret password secret\n")
    run = pinner(command)
    assert run.code == 3
    message = (
        "web/Dockerfile: error[file-error] the link leads out of what is checked, and its target is no dockerfile\n"
    )
    assert message in run.stdout + run.stderr
    assert "secret" not in run.stdout + run.stderr


@pytest.mark.parametrize("text", [f"FROM a:1{PIN}\n", "FROM scratch\n"])
def test_a_check_accepts_a_link_to_what_is_pinned(text: str) -> None:
    link(text)
    run = pinner("check")
    assert (run.code, run.stdout) == (0, "")
    assert run.stderr.startswith("2 files, ")


def test_a_link_below_git_is_left_alone() -> None:
    target = link(f"FROM a:1{PIN}\n", to=".git/x")
    assert pinner("unpin").code == 3
    assert PIN in target.read_text()


@pytest.mark.parametrize("named", ["web/Dockerfile", "./web/Dockerfile"])
@pytest.mark.parametrize("beside", [[], ["."], ["web"]])
def test_a_link_that_is_named_is_followed(named: str, beside: list[str]) -> None:
    target = link(f"FROM a:1{PIN}\n")
    assert pinner("unpin", *beside, named).code == 0
    assert target.read_text() == "FROM a:1\n"
    assert Path("web/Dockerfile").is_symlink()


@pytest.mark.parametrize("folder", [".", "web"])
def test_a_link_within_the_work_tree_is_followed(folder: str) -> None:
    target = link(f"FROM a:1{PIN}\n", to="shared/base")
    assert pinner("unpin", folder).code == 0
    assert target.read_text() == "FROM a:1\n"


def test_a_file_that_becomes_a_link_is_not_written_through(tmp_path: Path) -> None:
    text = f"FROM alpine:3{PIN}\n"
    Path("web").mkdir()
    Path("web/Dockerfile").write_text(text)
    scan = scan_files(discover(["."]).files)
    Path("web/Dockerfile").unlink()
    target = link(text)
    failed = unpin(scan, write=True).fixed.failures
    assert [(each.path, "behind a link" in each.message) for each in failed] == [("web/Dockerfile", True)]
    assert target.read_text() == text


def test_other_files_are_edited_beside_a_link_that_is_not() -> None:
    link(f"FROM {SECRET}\n")
    Path("Dockerfile").write_text(f"FROM a:1{PIN}\n")
    assert pinner("unpin").code == 3
    assert Path("Dockerfile").read_text() == "FROM a:1\n"


def test_two_digests_of_one_tag_are_seen_through_a_link() -> None:
    link(f"FROM a:1@sha256:{'c' * 64}\n")
    Path("Dockerfile").write_text(f"FROM a:1{PIN}\n")
    assert pinner("check").code == 3
