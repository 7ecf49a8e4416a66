"""What a configuration that was found may not say, and what one that is named may."""

import json
import os
from pathlib import Path

import pytest

from pinner.config import load
from pinner.model.errors import UsageError
from tests.support.command import pinner
from tests.support.occurrences import DIGEST

NAMES = ["pinner.toml", ".pinner.toml", "pyproject.toml"]


@pytest.fixture
def checkout(folder: Path) -> Path:
    """A work tree with links that leave it and one that does not."""
    for name in ("hooks", "objects", "refs"):
        (folder / ".git" / name).mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "ci").mkdir()
    (folder / "Dockerfile").write_text("FROM node:20\n")
    (folder / "out").symlink_to("..")
    (folder / "link.json").symlink_to("../b.json")
    (folder / "in").symlink_to("ci")
    return folder


def configure(folder: Path, line: str, name: str = "pinner.toml") -> None:
    (folder / name).write_text(f"[tool.pinner]\n{line}\n" if name == "pyproject.toml" else f"{line}\n")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "report",
    ["sarif=../out.sarif", "json=.git/hooks/commit-msg", "concise=report.txt", "text=/tmp/report", "json=/dev/stdout"],
)
def test_no_report(name: str, report: str, checkout: Path) -> None:
    configure(checkout, f'format = ["github", "{report}"]', name)
    before = sorted(checkout.parent.rglob("*"))
    run = pinner("check")
    line = 2 if name == "pyproject.toml" else 1
    assert (run.code, run.stdout) == (2, "")
    assert run.stderr == (
        f'error: {name}:{line}: format: "{report}" names a file to write, which a configuration that was found '
        "must not do: pass --format, or name the configuration with --config\n"
    )
    assert sorted(checkout.parent.rglob("*")) == before


@pytest.mark.parametrize("key", ["baseline", "ledger"])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../b.json", "lies outside of the configuration's folder"),
        ("ci/../../b.json", "lies outside of the configuration's folder"),
        ("/etc/b.json", "lies outside of the configuration's folder"),
        ("..", "lies outside of the configuration's folder"),
        (".git/b.json", "lies below .git"),
        ("ci/../.git/b.json", "lies below .git"),
        ("ci/.git/b.json", "lies below .git"),
        (".GIT/b.json", "lies below .git"),
        (".git./b.json", "lies below .git"),
        (".git /b.json", "lies below .git"),
        ("git~1/b.json", "lies below .git"),
        (".git", "lies below .git"),
        ("link.json", "leads through a link"),
        ("out/b.json", "leads through a link"),
        ("in/b.json", "leads through a link"),
        ("ci/../out/b.json", "leads through a link"),
        ("in/none/b.json", "leads through a link"),
    ],
)
def test_no_file_elsewhere(key: str, path: str, reason: str, checkout: Path) -> None:
    configure(checkout, f'{key} = "{path}"')
    with pytest.raises(UsageError) as caught:
        load({})
    assert str(caught.value) == (
        f'pinner.toml:1: {key}: "{path}" {reason}, which a configuration that was found must not do: '
        f"pass --{key}, or name the configuration with --config"
    )


@pytest.mark.parametrize(
    "path", ["b.json", "ci/b.json", "./ci//b.json", "ci/../b.json", "none/b.json", ".github/b.json", "a.git/b.json"]
)
def test_files_in_its_folder(path: str, checkout: Path) -> None:
    configure(checkout, f'baseline = "{path}"\nledger = "{path}"')
    settings = load({})
    assert settings.baseline == settings.ledger == os.path.normpath(path)


def test_a_whole_path_into_its_folder(checkout: Path) -> None:
    configure(checkout, f'ledger = "{checkout}/l.json"')
    assert load({}).ledger == str(checkout / "l.json")


def test_the_folder_is_the_configuration_s(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("ci")
    configure(checkout, 'baseline = "b.json"')
    assert load({}).baseline == "../b.json"
    configure(checkout / "ci", 'baseline = "../b.json"')
    with pytest.raises(UsageError, match="lies outside"):
        load({})


@pytest.mark.parametrize("line", ['format = ["json=../r.json"]', 'baseline = "out/b.json"', 'ledger = "../l.json"'])
def test_what_is_named_may_name_any_file(line: str, checkout: Path) -> None:
    configure(checkout, line)
    with pytest.raises(UsageError):
        load({})
    with pytest.raises(UsageError):
        load({}, baseline="mine", ledger="mine", format=["text"])
    load({}, config="pinner.toml")
    load({"PINNER_CONFIG": "pinner.toml"})
    assert load({}, no_config=True).baseline is None
    (checkout / "pinner.toml").unlink()
    assert load({"PINNER_LEDGER": "../l.json"}).ledger == "../l.json"
    assert load({}, format=["json=../r.json"]).format == (("json", "../r.json"),)


def test_what_is_only_read_may_lie_anywhere(checkout: Path) -> None:
    configure(checkout, 'ca-file = "../ca.pem"\n[registries."ghcr.io"]\nca-file = "/etc/ca.pem"')
    assert load({}).ca_file == "../ca.pem"


# The baseline and the ledger themselves.


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin"])
def test_a_device_is_no_baseline_and_no_ledger(device: str, checkout: Path) -> None:
    run = pinner("check", "--baseline", device)
    reason = "cannot read the baseline: not a regular file; --write-baseline makes one"
    assert (run.code, run.stderr) == (2, f"error: {device}: {reason}\n")
    (checkout / "Dockerfile").write_text("FROM scratch\n")
    run = pinner("update", "--ledger", device)
    assert (run.code, run.stderr) == (2, f"error: the ledger {device} cannot be read: not a regular file\n")


def test_a_pipe_hangs_nothing(checkout: Path) -> None:
    os.mkfifo("pipe")
    for line in ('baseline = "pipe"', 'ledger = "pipe"'):
        configure(checkout, line)
        run = pinner("check" if "baseline" in line else "update")
        assert (run.code, "not a regular file" in run.stderr) == (2, True)


@pytest.mark.parametrize("name", ["pinner-ledger.json", "pinner-ledger.jsonl"])
@pytest.mark.parametrize("target", ["../l.json", "ci/l.json", ".git/config", "/dev/null"])
def test_the_default_ledger_is_no_link(name: str, target: str, checkout: Path) -> None:
    (checkout / "Dockerfile").write_text("FROM scratch\n")
    (checkout / name).symlink_to(target)
    run = pinner("update", "--min-age", "1")
    reason = "the ledger is a link: remove it, or name the file that is meant with --ledger"
    assert (run.code, run.stderr) == (2, f"error: {name}: {reason}\n")
    assert not (checkout.parent / "l.json").exists()
    assert not (checkout / "ci" / "l.json").exists()


def test_a_ledger_that_is_named_and_a_link_out_of_the_checkout(checkout: Path) -> None:
    (checkout / "Dockerfile").write_text("FROM scratch\n")
    older = b'{"schema_version": 1, "entries": []}'  # which is rewritten
    (checkout.parent / "l.json").write_bytes(older)
    (checkout / "l.json").symlink_to("../l.json")
    run = pinner("update", "--ledger", "l.json")
    assert (run.code, "l.json is a link that leaves the checkout" in run.stderr) == (2, True)
    assert (checkout.parent / "l.json").read_bytes() == older


@pytest.mark.parametrize("flags", [["--format", "json=link.json"], ["--write-baseline", "link.json"]])
def test_a_flag_does_not_write_through_a_link_of_the_checkout(flags: list[str], checkout: Path) -> None:
    (checkout.parent / "b.json").write_text("keep\n")
    run = pinner("check", *flags)
    assert (run.code, "link.json is a link that leaves the checkout" in run.stderr) == (2, True)
    assert (checkout.parent / "b.json").read_text() == "keep\n"


def test_numbers_of_a_baseline_that_nobody_can_count_to(checkout: Path) -> None:
    (checkout / "b.json").write_text(
        '{"schema_version": 1, "entries": [{"path": "", "rule": "", "text": "", "count": Infinity}]}'
    )
    run = pinner("check", "--baseline", "b.json")
    assert (run.code, run.stderr) == (2, "error: b.json: this is no baseline; --write-baseline makes one\n")


# The configuration itself.

SECRET = f"password = hunter2\nregistry.example/{DIGEST}\n"


@pytest.mark.parametrize("name", ["pinner.toml", ".pinner.toml"])
@pytest.mark.parametrize("text", [SECRET, 'hunter2 = 1\n"pinner" = 2', "[tool.pinner]\nhunter2 = 1", ""])
@pytest.mark.parametrize("target", ["../secret", ".git/secret", "out/secret", "first"])
def test_a_link_that_leaves_the_checkout_shows_nothing(name: str, text: str, target: str, checkout: Path) -> None:
    (checkout / "first").symlink_to("../secret")
    for folder in (checkout.parent, checkout / ".git"):
        (folder / "secret").write_text(text)
    (checkout / name).symlink_to(target)
    run = pinner("check")
    reason = "the configuration is a link that leaves the checkout: name the file with --config"
    assert (run.code, run.stdout, run.stderr) == (2, "", f"error: {name}: {reason}\n")


@pytest.mark.parametrize(("text", "code"), [("[tool.other]\nhunter2 = 1\n", 1), ("[tool.pinner]\nhunter2 = 1\n", 2)])
def test_a_project_file_of_others_may_be_a_link(text: str, code: int, checkout: Path) -> None:
    (checkout.parent / "shared.toml").write_text(text)
    (checkout / "pyproject.toml").symlink_to("../shared.toml")
    run = pinner("check")
    assert (run.code, "hunter2" in run.stdout + run.stderr) == (code, False)


def test_a_link_within_the_checkout_is_followed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(checkout, "jobs = 3")
    (checkout / "ci" / "pinner.toml").symlink_to("../pinner.toml")
    monkeypatch.chdir("ci")
    assert load({}).jobs == 3


def test_a_link_that_is_named_is_followed(checkout: Path) -> None:
    (checkout.parent / "own.toml").write_text("jobs = 3")
    (checkout / "pinner.toml").symlink_to("../own.toml")
    assert load({}, config="pinner.toml").jobs == 3


@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_read_is_no_absent_configuration(name: str, checkout: Path) -> None:
    os.mkfifo(name)
    for arguments in ([], ["Dockerfile"], ["--config", name]):
        run = pinner("check", *arguments)
        assert (run.code, run.stderr) == (2, f"error: {name}: cannot read the configuration: not a regular file\n")
    (checkout / name).unlink()
    (checkout / name).symlink_to("nowhere")
    assert pinner("check").stderr == f"error: {name}: cannot read the configuration: no such file or directory\n"
    (checkout / name).unlink()
    (checkout / name).write_bytes(b"#" * (1024 * 1024 + 1))
    assert pinner("check").stderr == f"error: {name}: cannot read the configuration: larger than 1048576 bytes\n"


def test_what_the_report_still_says(checkout: Path) -> None:
    """A configuration within these bounds configures."""
    configure(checkout, 'baseline = "ci/b.json"\nformat = ["json"]')
    assert pinner("check", "--write-baseline", "ci/b.json").code == 0
    run = pinner("check")
    assert (run.code, json.loads(run.stdout)["summary"]["known"]) == (0, 1)
