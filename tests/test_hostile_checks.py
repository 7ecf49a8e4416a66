"""What the runner of the hostile checkouts reports: each of its checks can fail."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.support import checkouts
from tests.support.checkouts import Checkout, Ran, Tree, changes_broken, expectation_broken, output_broken

GOOD = Ran(1, b"Dockerfile:1:6: error: a/b:1 is not pinned\n\tindented\r\n", b"")
IMAGE = "rogue.example.test/tool:9"


def ran(code: int | None = 1, stdout: str = "", stderr: str = "") -> Ran:
    return Ran(code, stdout.encode(), stderr.encode())


def checkout_of(top: Path, **case: Any) -> Checkout:
    checkout = Checkout(top / "top", top / "home")
    checkout.make(case)
    return checkout


@pytest.mark.parametrize(
    "path",
    ["MARK", "checkout/MARK", "checkout/.git/MARK", "beside", "checkout/Dockerfile", "checkout/.git/hooks/commit-msg"],
)
def test_change_is_reported(path: str, tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, files={"Dockerfile": "FROM scratch\n", ".git/index": ""})
    before = Tree.of(checkout.top)
    (checkout.top / path).parent.mkdir(parents=True, exist_ok=True)
    (checkout.top / path).write_text("written")
    reported = [line.partition(" ")[0] for line in changes_broken(before.changed(Tree.of(checkout.top)), ["other/"])]
    assert path in reported


def test_mark_is_reported_wherever_it_may_appear() -> None:
    assert list(changes_broken(["checkout/other/MARK"], ["other/"])) == ["checkout/other/MARK is there: a command ran"]


@pytest.mark.parametrize("change", ["chmod", "remove", "to a link", "another target", "touch"])
def test_only_a_real_change_counts(change: str, tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, files={"a": "", "b": ""}, symlinks={"link": "a"}, fifos=["fifo"])
    before = Tree.of(checkout.top)
    match change:
        case "chmod":
            (checkout.folder / "a").chmod(0o600 if (checkout.folder / "a").stat().st_mode & 0o077 else 0o644)
        case "remove":
            (checkout.folder / "a").unlink()
        case "to a link":
            (checkout.folder / "a").unlink()
            (checkout.folder / "a").symlink_to("b")
        case "another target":
            (checkout.folder / "link").unlink()
            (checkout.folder / "link").symlink_to("b")
        case "touch":
            os.utime(checkout.folder / "a", (1, 1))
    changed = before.changed(Tree.of(checkout.top))
    assert changed == ([] if change == "touch" else ["checkout/link" if change == "another target" else "checkout/a"])


def test_what_may_change_is_not_reported() -> None:
    changed = ["checkout/.git/index", "checkout/other/x", "checkout/report.json"]
    assert not list(changes_broken(changed, ["other/", "report.json"]))


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (ran(None), "did not end"),
        (ran(-11), "exit code -11"),
        (ran(1, stderr="Traceback (most recent call last):\n"), "traceback"),
        (ran(1, "\x1b[31m"), r"'\x1b'"),
        (ran(1, "a\rb"), r"'\r'"),
        (ran(1, "\x9b1m"), r"'\x9b'"),
        (ran(1, stderr="\u202e"), r"'\u202e'"),
        (ran(1, stderr="\u2028"), r"'\u2028'"),
        (Ran(1, b"\x9b1m", b""), r"'\udc9b'"),
        (ran(1, "::notice::hello"), "workflow command"),
        (ran(1, stderr="first\n \t ::notice::hello"), "workflow command"),
        (ran(1, "said ##[group]"), "workflow command"),
        (ran(1, "##vso[task]"), "workflow command"),
    ],
)
def test_what_no_run_may_do_is_reported(one: Ran, says: str) -> None:
    [line] = output_broken(one)
    assert says in line


def test_own_workflow_commands_are_no_others() -> None:
    own = "::error file=Dockerfile,line=1::not pinned\n"
    assert not list(output_broken(ran(1, own), own_commands=True))
    assert list(output_broken(ran(1, own)))
    assert list(output_broken(ran(1, f"{own}::set-output name=a::b\n"), own_commands=True))


@pytest.mark.parametrize(
    ("one", "expect", "says"),
    [
        (ran(0, IMAGE), {"caught": IMAGE}, "passed unseen"),
        (ran(1, "another:1"), {"caught": IMAGE}, "passed unseen"),
        (ran(3), {"exit": [0, 1]}, "exit code 3, not 0 or 1"),
        (ran(1), {"says": ["this"]}, "'this' is not said"),
        (ran(1, "that"), {"silent_on": ["that"]}, "'that' is said"),
        (ran(1, "that"), {"says_any": ["Fetch", "shallow"]}, "none of"),
    ],
)
def test_what_a_case_asks_for_is_reported(one: Ran, expect: dict[str, Any], says: str) -> None:
    [line] = expectation_broken(one, expect)
    assert says in line


@pytest.mark.parametrize(
    ("one", "expect"),
    [
        (ran(1, stderr=IMAGE), {"caught": IMAGE}),
        (ran(2), {"caught": IMAGE}),
        (ran(3), {"caught": IMAGE}),
        (ran(2, "a SHALLOW clone"), {"exit": [2], "says_any": ["fetch", "Shallow"], "silent_on": ["option"]}),
    ],
)
def test_what_a_case_asks_for_is_enough(one: Ran, expect: dict[str, Any]) -> None:
    assert not list(expectation_broken(one, expect))


def test_good_run_has_nothing_to_report(tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, files={"Dockerfile": "FROM a/b:1\n"})
    case = {"command": ["check"], "expect": {"caught": "a/b:1", "holds": {"Dockerfile": "FROM a/b:1\n"}}}
    assert not checkout.broken(case, Tree.of(checkout.top), GOOD)


def test_text_that_a_file_lacks_is_reported(tmp_path: Path) -> None:
    checkout = checkout_of(tmp_path, files={"Dockerfile": "FROM a/b:1\n"})
    case = {"command": ["check"], "expect": {"holds": {"Dockerfile": "{PIN}"}}}
    first, *said = checkout.broken(case, Tree.of(checkout.top), GOOD)
    assert first == f"Dockerfile does not hold '@sha256:{'5' * 64}'"
    assert said == ["exit 1", GOOD.text]


@pytest.mark.parametrize(
    "case",
    [{"name": "a", "expect": {"exits": [1]}}, {"name": "a", "expect": {}, "then": [{"file": {}}]}],
)
def test_word_that_the_form_does_not_know_is_an_error(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkouts.json, "loads", lambda _: {"cases": [case]})
    with pytest.raises(ValueError, match=r"exits|file"):
        checkouts.cases("hostile-checkout.json")
