"""Updates over weeks, at the command line: tags move as a script says, and the test sets the clock."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import images
from tests.support.command import Ran, pinner
from tests.support.embedded import Embedded
from tests.support.shelves import EmbeddedShelf

pytestmark = pytest.mark.integration

START = 1767600000  # 2026-01-05T08:00:00Z
DAY = 86400
LEDGER = "pinner-ledger.jsonl"


class World:
    """A project with one Dockerfile, a registry, and the time."""

    def __init__(self, registry: Embedded, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shelf = EmbeddedShelf(registry)
        self.folder = folder
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(folder)
        self.set_time(0)

    def set_time(self, day: float) -> None:
        self._monkeypatch.setenv("PINNER_NOW", str(START + day * DAY))

    def build(self, name: str, repository: str = "app") -> str:
        """The publisher pushes the tag 1."""
        return self.shelf.put(repository, images.multi_platform(f"{repository} {name}"), "1")

    def digest(self, name: str, repository: str = "app") -> str:
        return images.multi_platform(f"{repository} {name}").digest

    def lose(self, name: str, repository: str = "app") -> None:
        self.shelf.delete(repository, self.digest(name, repository))

    def pin(self, *pins: str) -> None:
        """Pins such as `app:A`: the image app:1 at the build A."""
        pairs = [pin.split(":") for pin in pins]
        lines = [f"FROM {self.image(repository)}@{self.digest(name, repository)}\n" for repository, name in pairs]
        (self.folder / "Dockerfile").write_text("".join(lines))

    def image(self, repository: str = "app") -> str:
        return f"{self.shelf.host}/{repository}:1"

    @property
    def pinned(self) -> list[str]:
        return [line.partition("@")[2].strip() for line in (self.folder / "Dockerfile").read_text().splitlines()]

    def update(self, *flags: str, day: float | None = None, min_age: int = 7) -> Ran:
        if day is not None:
            self.set_time(day)
        return pinner("update", "--min-age", str(min_age), "--format", "json", *flags)

    @property
    def lines(self) -> list[str]:
        return (self.folder / LEDGER).read_text().splitlines()


@pytest.fixture
def world(embedded_registry: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    folder = tmp_path / "project"
    folder.mkdir()
    return World(embedded_registry, folder, monkeypatch)


def kept(ran: Ran) -> list[str]:
    return [each["reason"] for each in ran.document["kept"]]


def test_thirty_nights_with_a_lost_digest_and_a_lost_platform(world: World) -> None:
    """Neither the image that is lost nor the one that is refused keeps the others from ageing and moving."""
    names = ["app", "lost", "refused", "nightly"]
    for name in names:
        world.build("0", name)
    world.pin(*(f"{name}:0" for name in names))
    child = images.single("refused")
    codes, ages = [], []
    for night in range(30):
        world.build(str(night // 10), "app")
        world.build(str(night), "nightly")
        if night == 3:
            world.build("1", "lost")
            world.lose("0", "lost")
        if night == 5:
            world.shelf.put("refused", images.index([child], [{"platform": images.AMD64}]), "1")
        ran = world.update(day=night)
        codes.append(ran.code)
        assert "Traceback" not in ran.stderr
        if night == 3:
            (change,) = ran.document["changes"]
            assert (change["why"], change["new"]) == ("lost", world.digest("1", "lost"))
        counts = ran.document["summary"]
        assert counts["refused"] == (night >= 12)
        assert counts["changed"] == len(ran.document["changes"])
        nightly = world.pinned[3]
        ages.append(night - next(each for each in range(night + 1) if world.digest(str(each), "nightly") == nightly))
    assert codes == [0] * 12 + [1] * 18
    assert world.pinned[0] == world.digest("2", "app")
    assert world.pinned[2] == world.digest("0", "refused")
    # Built every night, the pin is a week behind.
    assert set(ages[7:]) == {7}


def test_twenty_six_weeks_and_each_run_half_a_minute_early(world: World) -> None:
    world.build("0")
    world.pin("app:0")
    for week in range(26):
        world.build(str(week))
        world.update(day=7 * week - week * 30 / DAY)
        assert world.pinned == [world.digest(str(max(0, week - 1)))]
    # Only what is new is noted: the first lines are those of the first week.
    assert sum('"named"' in line for line in world.lines) == 26


def test_a_build_that_was_withdrawn_is_never_taken(world: World) -> None:
    for day, name in ((0, "A"), (1, "B"), (2, "A"), (10, "C")):
        world.build(name)
        world.pin("app:A")
        world.update(day=day)
    for day in range(11, 17):
        ran = world.update(day=day)
        assert (world.pinned, kept(ran)) == ([world.digest("A")], ["too-young"])
    world.update(day=17)
    assert world.pinned == [world.digest("C")]


def test_a_pin_to_what_the_tag_names_no_more_is_said(world: World) -> None:
    for day, name in ((0, "A"), (1, "B"), (8, "C")):
        world.build(name)
        world.pin("app:A")
        ran = world.update(day=day)
    (change,) = ran.document["changes"]
    assert (change["new"], change["current"], change["tag_digest"]) == (world.digest("B"), False, world.digest("C"))
    assert change["first_seen"] == "2026-01-06T08:00:00Z"
    world.pin("app:A")
    assert f"the tag names {world.digest('C')[:19]} now" in pinner("update", "--min-age", "7").stdout
    world.pin("app:A")
    markdown = pinner("update", "--min-age", "7", "--format", "markdown").stdout
    assert f"the tag names `{world.digest('C')[7:19]}` now" in markdown
    assert world.digest("C") in markdown


@pytest.mark.parametrize(
    ("script", "lost", "expected"),
    [
        ("A B", "A", "B"),
        ("A B C", "A", "B"),
        ("A B C", "AB", "C"),
        ("A B A C", "A", "C"),
        ("A B C B", "A", "B"),
    ],
)
def test_a_pin_that_is_gone_is_repaired_at_once(script: str, lost: str, expected: str, world: World) -> None:
    """To the oldest that came after it, was not withdrawn, and is still there."""
    world.pin("app:A")
    for day, name in enumerate(script.split()):
        world.build(name)
        world.update(day=day / 10)
    for name in lost:
        world.lose(name)
    ran = world.update(day=1)
    assert (ran.code, world.pinned) == (0, [world.digest(expected)])
    (change,) = ran.document["changes"]
    assert (change["why"], change["before"]) == ("lost", None)
    world.pin("app:A")
    text = pinner("update", "--min-age", "7").stdout
    repaired = f"{world.image()}: the pinned digest is gone -> {world.digest(expected)[:19]} ("
    assert text.splitlines()[0].startswith(repaired)


@pytest.mark.parametrize("min_age", [0, 7])
def test_a_pin_that_is_gone_with_its_tag_is_repaired_from_the_ledger(min_age: int, world: World) -> None:
    world.pin("app:A")
    for day, name in enumerate("AB"):
        world.build(name)
        world.update(day=day / 10)
    world.shelf.untag("app", "1")
    world.lose("A")
    world.pin("app:A")
    (finding,) = pinner("check", "--online", "--format", "json").document["findings"]
    assert finding["rule"] == "missing-digest"
    ran = world.update(day=1, min_age=min_age)
    assert (ran.code, world.pinned) == (0, [world.digest("B")])
    (change,) = ran.document["changes"]
    assert (change["why"], change["current"], change["tag_digest"]) == ("lost", False, None)
    world.pin("app:A")
    world.lose("B")
    ran = world.update(min_age=min_age)
    assert (ran.code, world.pinned) == (1, [world.digest("A")])
    assert [each["rule"] for each in ran.document["findings"]] == ["missing-digest"]


def test_check_online_asks_what_update_asks(world: World) -> None:
    """Whatever update would leave is a note, and a gate on warnings stays green."""
    world.build("A")
    world.pin("app:A")
    world.update(day=0)
    world.build("B")
    (world.folder / "pinner.toml").write_text("min-age = 7")
    for day in (1, 5, 8):
        world.set_time(day)
        checked = pinner("check", "--online", "--fail-on", "warning", "--format", "json")
        ran = pinner("update", "--diff", "--format", "json")
        (finding,) = checked.document["findings"]
        held = day < 8 - 1
        assert (finding["severity"], checked.code) == (("note", 0) if held else ("warning", 1))
        assert ("too-young" in ran.stderr) is held
        world.update(day=day)
    assert world.pinned == [world.digest("B")]


def test_check_online_lets_attestations_go(world: World) -> None:
    image = images.multi_platform("app A")
    world.build("A")
    world.pin("app:A")
    children = [*image.children, images.single("attestation", {"architecture": "unknown", "os": "unknown"})]
    unknown = {"platform": {"architecture": "unknown", "os": "unknown"}}
    descriptors = [{"platform": images.AMD64}, {"platform": images.ARM64}, unknown]
    world.shelf.put("app", images.index(children, descriptors), "1")
    checked = pinner("check", "--online", "--format", "json", "--fail-on", "warning")
    assert [(each["rule"], each["severity"]) for each in checked.document["findings"]] == [("stale-digest", "note")]
    assert checked.code == 0


def test_the_ledger_is_taken_from_the_policy_s_revision(world: World) -> None:
    """A pull request makes nothing older than its base knows it to be."""
    import subprocess

    world.build("A")
    world.pin("app:A")
    world.update(day=0)
    (world.folder / "pinner.toml").write_text("min-age = 7")
    identity = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Base"]):
        subprocess.run(["git", *identity, *words], check=True)
    world.build("B")
    older = [line.replace(world.digest("A"), world.digest("B")) for line in world.lines]
    (world.folder / LEDGER).write_text("\n".join([*world.lines, *older]))
    world.set_time(3)
    severity = [
        pinner("check", "--online", "--format", "json", *flags).document["findings"][0]["severity"]
        for flags in ([], ["--policy-from", "HEAD"])
    ]
    assert severity == ["note", "note"]
    world.set_time(8)
    severity = [
        pinner("check", "--online", "--format", "json", *flags).document["findings"][0]["severity"]
        for flags in ([], ["--policy-from", "HEAD"])
    ]
    assert severity == ["warning", "note"]


def test_two_branches_merge_line_by_line(world: World) -> None:
    world.build("A")
    world.pin("app:A")
    world.update(day=0)
    base = world.lines
    sides = []
    for name in "BC":
        (world.folder / LEDGER).write_text("\n".join(base) + "\n")
        world.build(name)
        world.update(day={"B": 1, "C": 2}[name])
        assert world.lines[: len(base)] == base
        sides.append(world.lines)
    merged = [*sides[1], *sides[0]]
    random.Random(7).shuffle(merged)
    (world.folder / LEDGER).write_text("\n".join(merged))
    world.update(day=8)
    assert world.pinned == [world.digest("B")]
    (world.folder / LEDGER).write_text("\n".join([*base, "<<<<<<< ours", *sides[0], "=======", *sides[1], ">>>>>>> x"]))
    ran = pinner("update", "--min-age", "7")
    assert (ran.code, "merge conflict" in ran.stderr) == (2, True)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("1000", "PINNER_NOW says a time before 2026"),
        ("soon", "PINNER_NOW: seconds since 1970 are needed, a number, not 'soon'"),
        ("nan", "PINNER_NOW says a time before 2026"),
        ("inf", "PINNER_NOW says a time before 2026"),
        ("9e99", "PINNER_NOW says a time before 2026"),
    ],
)
@pytest.mark.parametrize("command", [["update"], ["check", "--online"], ["list", "--online"]])
def test_a_clock_that_cannot_be_right_is_refused(
    now: str, said: str, command: list[str], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.build("A")
    world.pin("app:A")
    monkeypatch.setenv("PINNER_NOW", now)
    ran = pinner(*command)
    assert (ran.code, said in ran.stderr) == (2, True)
    assert not (world.folder / LEDGER).exists()


def test_the_clock_of_the_machine_is_refused_as_well(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.build("A")
    world.pin("app:A")
    monkeypatch.delenv("PINNER_NOW")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert pinner("update").code == 0
    monkeypatch.setattr("pinner.model.clock.time.time", lambda: 86400.0)
    ran = pinner("update")
    assert (ran.code, "the clock of this machine says a time before 2026" in ran.stderr) == (2, True)


def test_lines_from_the_future_are_said_and_count_from_today(world: World) -> None:
    world.build("A")
    world.pin("app:A")
    world.update(day=0)
    world.build("B")
    world.update(day=400)
    assert "1 line from the future, which count from today" in world.update(day=1).stderr
    assert "from the future" not in world.update(day=2).stderr
    world.update(day=8)
    assert world.pinned == [world.digest("B")]


def test_a_missing_ledger_is_said_and_only_then(world: World) -> None:
    world.build("A")
    world.pin("app:A")
    said = f"no ledger at {LEDGER}: every age starts today"
    assert [said in world.update(day=day).stderr for day in (0, 1)] == [True, False]
    (world.folder / LEDGER).unlink()
    assert said not in pinner("update").stderr


def test_a_subfolder_has_no_ledger_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.build("A")
    world.pin("app:A")
    (world.folder / "pinner.toml").write_text("min-age = 7")
    (world.folder / "sub").mkdir()
    (world.folder / "Dockerfile").rename(world.folder / "sub/Dockerfile")
    monkeypatch.chdir(world.folder / "sub")
    ran = pinner("update")
    assert f"no ledger at ../{LEDGER}" in ran.stderr
    assert [path.name for path in world.folder.rglob("*ledger*")] == [LEDGER]
    assert (world.folder / LEDGER).exists()


def test_the_older_ledger_is_read_once_and_rewritten(world: World) -> None:
    world.build("A")
    world.build("B")
    world.pin("app:A")
    entry = {"registry": world.shelf.host, "repository": "app", "tag": "1"}
    entries = [
        {**entry, "digest": world.digest(name), "first_seen": f"2026-01-0{day}T00:00:00Z"}
        for name, day in (("A", 1), ("B", 2))
    ]
    old = world.folder / "pinner-ledger.json"
    old.write_text(json.dumps({"schema_version": 1, "entries": entries}))
    ran = world.update(day=4)
    assert (ran.code, world.pinned) == (0, [world.digest("B")])
    assert (old.exists(), len(world.lines) >= 2) == (False, True)


def test_add_obeys_the_age(world: World) -> None:
    world.build("A")
    (world.folder / "Dockerfile").write_text(f"FROM {world.image()}\n")
    ran = world.update("--add", day=0)
    assert (ran.code, kept(ran), world.pinned) == (0, ["too-young"], [""])
    world.build("B")
    world.update("--add", day=5)
    assert world.pinned == [""]
    world.update("--add", day=7)
    assert world.pinned == [world.digest("A")]


def test_settings_of_some_images(world: World) -> None:
    repositories = ("usual", "quick", "frozen")
    for name in repositories:
        world.build("A", name)
    world.pin(*(f"{name}:A" for name in repositories))
    (world.folder / "pinner.toml").write_text(
        "min-age = 7\n"
        f'[[images]]\nmatch = ["{world.shelf.host}/quick", "{world.shelf.host}/frozen"]\nmin-age = 0\n'
        f'[[images]]\nmatch = ["{world.shelf.host}/frozen"]\nupdate = false\n'
    )
    for name in repositories:
        world.build("B", name)
    ran = pinner("update", "--format", "json")
    assert world.pinned == [world.digest(build, name) for name, build in zip(repositories, "ABA", strict=True)]
    assert sorted(kept(ran)) == ["not-updated", "too-young"]
    checked = pinner("check", "--online", "--format", "json")
    assert {each["severity"] for each in checked.document["findings"]} == {"note"}


def test_platforms_of_some_images(world: World) -> None:
    image = images.multi_platform("app A")
    changed = images.index(
        [image.children[0], images.single("other", images.ARM64)],
        [{"platform": images.AMD64}, {"platform": images.ARM64}],
    )
    world.build("A")
    world.pin("app:A")
    world.shelf.put("app", changed, "1")
    (world.folder / "pinner.toml").write_text(
        f'[[images]]\nmatch = ["{world.shelf.host}/**"]\nplatforms = ["linux/amd64"]\nallow-lost-platforms = true\n'
    )
    assert kept(world.update(min_age=0)) == ["same-manifests"]
    world.shelf.put(
        "app", images.index([images.single("s")], [{"platform": {"os": "linux", "architecture": "s390x"}}]), "1"
    )
    assert world.update(min_age=0).code == 0
    assert world.pinned != [world.digest("A")]


def roll(world: World) -> tuple[str, Callable[..., Ran]]:
    """A pin that moved from A to B, and the command for its image."""
    world.build("A")
    world.pin("app:A")
    world.update(day=0)
    world.build("B")
    world.update(day=1)
    world.update(day=8)
    assert world.pinned == [world.digest("B")]
    return world.image(), lambda *flags: pinner("update", "--image", world.image(), *flags, "--format", "json")


@pytest.mark.parametrize("min_age", [0, 7])
@pytest.mark.parametrize("how", ["--rollback", "--to"])
def test_a_roll_back_lasts_until_the_tag_names_a_third(how: str, min_age: int, world: World) -> None:
    _, command = roll(world)
    world.set_time(9)
    ran = command("--rollback") if how == "--rollback" else command("--to", world.digest("A"))
    assert (ran.code, world.pinned) == (0, [world.digest("A")])
    for day in (10, 30):
        assert kept(world.update(day=day, min_age=min_age)) == ["rejected"]
        assert world.pinned == [world.digest("A")]
    world.build("C")
    world.update(day=31, min_age=min_age)
    world.update(day=38, min_age=min_age)
    assert world.pinned == [world.digest("C")]


def test_what_cannot_be_rolled_back_to(world: World) -> None:
    image, command = roll(world)
    unknown = f"sha256:{'0' * 64}"
    for flags, said in (
        (["--to", unknown], "does not know this digest"),
        (["--to", "sha256:12"], "a digest is needed"),
        (["--to", unknown, "--rollback"], "exclude each other"),
    ):
        ran = command(*flags)
        assert (ran.code, said in ran.stderr) == (2, True)
    assert pinner("update", "--rollback").code == 2
    assert pinner("update", "--image", "other:1", "--rollback").code == 2
    world.lose("A")
    ran = command("--to", world.digest("A"))
    assert (ran.code, world.pinned) == (3, [world.digest("B")])
    world.pin("app:A")
    assert image in pinner("list").stdout


def test_update_of_one_image(world: World) -> None:
    for name in ("app", "other"):
        world.build("A", name)
        world.build("B", name)
    world.pin("app:A", "other:A")
    assert pinner("update", "--image", world.image()).code == 0
    assert world.pinned == [world.digest("B"), world.digest("A", "other")]


def test_an_update_of_one_image_forgets_no_pin_of_another(world: World) -> None:
    for name, repository in (("1", "app"), ("0", "other"), ("1", "other")):
        world.build(name, repository)
    world.pin("app:1", "other:0")
    world.update(day=0)
    (pinned,) = [line for line in world.lines if world.digest("0", "other") in line]
    world.build("2")
    world.update("--image", world.image(), day=500)
    assert pinned in world.lines
