"""`pinner update` and `check --online` on registries whose tags move."""

import json
import time
from pathlib import Path

import pytest

from tests.support import answers, images
from tests.support.command import Ran, pinner
from tests.support.distribution import Distribution
from tests.support.embedded import Embedded
from tests.support.images import Image
from tests.support.misbehaving import Script, misbehaving, reply
from tests.support.push import Pusher
from tests.support.shelves import DistributionShelf, EmbeddedShelf, Shelf

pytestmark = pytest.mark.integration

UBUNTU = "sha256:5d1d5407f353843ecf8b16524bc5565aa332e9e6a1297c73a92d3e754b8a636d"
UBUNTU_AMD64 = "sha256:60f560e52264ed1cb7829a0d59b1ee7740d7580e0eb293aca2d722136edb1e24"
A, B = images.multi_platform("update A"), images.multi_platform("update B")
ONE, TWO = images.single("update one"), images.single("update two")
ATTESTED = images.attested("update")
AMD64, ARM64 = A.children
SAME_IMAGES = images.index([AMD64, ARM64], [{"platform": images.AMD64}, {"platform": images.ARM64, "urls": []}])
AMD64_ONLY = images.index([AMD64], [{"platform": images.AMD64}])
NEW_ARM64 = images.index([AMD64, B.children[1]], [{"platform": images.AMD64}, {"platform": images.ARM64}])
ATTESTATIONS_ONLY = images.index([ATTESTED.children[1]], [{"platform": {"architecture": "unknown", "os": "unknown"}}])
CHART = images.artifact("application/vnd.cncf.helm.config.v1+json")
ABSENT = f"sha256:{'0' * 64}"


@pytest.fixture(params=["embedded", "distribution"])
def shelf(request: pytest.FixtureRequest, embedded_registry: Embedded) -> Shelf:
    if request.param == "embedded":
        return EmbeddedShelf(embedded_registry)
    registry: Distribution = request.getfixturevalue("registry")
    push: Pusher = request.getfixturevalue("push")
    return DistributionShelf(registry, push)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def dockerfile(project: Path, *lines: str) -> Path:
    path = project / "Dockerfile"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def named(shelf: Shelf, request: pytest.FixtureRequest) -> str:
    """A repository of the test's own."""
    letters = [letter if letter.isalnum() else "-" for letter in request.node.name.lower()]
    return f"update/{'-'.join(part for part in ''.join(letters).split('-') if part)}"


def update(*arguments: str) -> Ran:
    return pinner("update", "--format", "json", *arguments)


def kept(ran: Ran) -> list[tuple[str, bool]]:
    return [(each["reason"], each["refused"]) for each in ran.document["kept"]]


@pytest.mark.parametrize(
    ("before", "after", "pin"),
    [
        ([(A, "1")], [(B, "1")], A),
        ([(ONE, "1")], [(TWO, "1")], ONE),
        ([(ONE, "1")], [(A, "1")], ONE),
        ([(A, "1")], [], AMD64),
        ([(A, "1")], [(B, "1")], AMD64),
        ([(ATTESTED, "1")], [], ATTESTED.children[1]),
        ([(A, "1"), (B, "1")], [(A, "1")], B),
    ],
    ids=["index", "manifest", "to an index", "platform", "old platform", "attestation", "moved back"],
)
def test_a_pin_moves_to_what_its_tag_names(
    before: list[tuple[Image, str]], after: list[tuple[Image, str]], pin: Image, shelf: Shelf, project: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    repository = named(shelf, request)
    for image, tag in [*before, *after]:
        shelf.put(repository, image, tag)
    wanted = (after or before)[-1][0]
    path = dockerfile(project, f"FROM {shelf.host}/{repository}:1@{pin.digest} AS build", "RUN make")
    ran = update()
    assert (ran.code, ran.rules) == (0, [])
    assert path.read_text() == f"FROM {shelf.host}/{repository}:1@{wanted.digest} AS build\nRUN make\n"
    assert [(each["old"], each["new"]) for each in ran.document["changes"]] == [(pin.digest, wanted.digest)]
    assert not (project / "pinner-ledger.jsonl").exists()
    assert pinner("check", "--online").code == 0


def test_a_pin_that_is_gone_moves_and_that_is_said(shelf: Shelf, project: Path, request: pytest.FixtureRequest) -> None:
    repository = named(shelf, request)
    shelf.put(repository, A, "1")
    shelf.put(repository, B, "1")
    shelf.delete(repository, A.digest)
    path = dockerfile(project, f"FROM {shelf.host}/{repository}:1@{A.digest}")
    checked = pinner("check", "--online", "--format", "json")
    assert (checked.code, checked.rules) == (1, ["missing-digest"])
    ran = update()
    assert ran.code == 0
    assert B.digest in path.read_text()
    assert [each["note"] for each in ran.document["changes"]] == ["the pinned digest is gone"]


@pytest.mark.parametrize(
    ("old", "new", "arguments", "expected"),
    [
        (A, images.empty_index(), (), ("empty-index", True)),
        (A, images.empty_index(), ("--all-changes", "--allow-lost-platforms"), ("empty-index", True)),
        (A, ATTESTATIONS_ONLY, (), ("empty-index", True)),
        (A, CHART, (), ("not-an-image", True)),
        (ONE, CHART, (), ("not-an-image", True)),
        (A, AMD64_ONLY, (), ("lost-platforms", True)),
        (A, AMD64_ONLY, ("--allow-lost-platforms",), None),
        (A, ONE, (), ("lost-platforms", True)),
        (A, SAME_IMAGES, (), ("same-manifests", False)),
        (A, SAME_IMAGES, ("--all-changes",), None),
        (A, NEW_ARM64, (), None),
    ],
)  # fmt: skip
def test_what_must_not_or_need_not_be_taken(
    old: Image, new: Image, arguments: tuple[str, ...], expected: tuple[str, bool] | None,
    embedded_registry: Embedded, project: Path,
) -> None:  # fmt: skip
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", old, "1")
    shelf.put("app", new, "1")
    path = dockerfile(project, f"FROM {shelf.host}/app:1@{old.digest}")
    ran = update(*arguments)
    assert kept(ran) == ([expected] if expected else [])
    assert (new.digest if expected is None else old.digest) in path.read_text()
    assert ran.code == (1 if expected and expected[1] else 0)


@pytest.mark.parametrize(
    ("lines", "configuration", "moves"),
    [
        (["FROM --platform=linux/amd64 {pin}"], "", False),
        (["FROM --platform=linux/arm64 {pin}"], "", True),
        (["FROM {pin}"], 'platforms = ["linux/amd64"]', False),
        (["FROM {pin}"], 'platforms = ["linux/amd64", "linux/arm64"]', True),
        (["FROM --platform=linux/amd64 {pin} AS a", "FROM {pin}"], "", True),
        (["FROM --platform=linux/amd64 {pin} AS a", "FROM --platform=linux/arm64 {pin}"], "", True),
        # Two digests of one tag: the update ends the conflict.
        (["FROM --platform=linux/amd64 {pin} AS a", "FROM {new}"], "", True),
    ],
)
def test_the_platforms_in_use_decide(
    lines: list[str], configuration: str, moves: bool, embedded_registry: Embedded, project: Path
) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    shelf.put("app", NEW_ARM64, "1")
    pin, new = (f"{shelf.host}/app:1@{image.digest}" for image in (A, NEW_ARM64))
    path = dockerfile(project, *(line.format(pin=pin, new=new) for line in lines))
    (project / "pinner.toml").write_text(configuration)
    ran = update()
    assert ran.code == 0
    assert (A.digest not in path.read_text()) is moves
    assert {reason for reason, _ in kept(ran)} == (set() if moves else {"same-manifests"})


def test_the_real_ubuntu(embedded_registry: Embedded, project: Path) -> None:
    path = dockerfile(project, f"FROM ubuntu:20.04@{UBUNTU_AMD64}")
    checked = pinner("check", "--online", "--mirror", embedded_registry.mirror)
    assert checked.code == 1
    said = f"ubuntu:20.04@{UBUNTU_AMD64[:19]} is the linux/amd64 manifest of the index {UBUNTU[:19]}"
    assert said in checked.stdout
    ran = pinner("update", "--mirror", embedded_registry.mirror)
    assert ran.code == 0
    changes = f"ubuntu:20.04: {UBUNTU_AMD64[:19]} -> {UBUNTU[:19]} (1 place)\nDockerfile: 1 digest changed\n"
    assert ran.stdout == changes
    assert path.read_text() == f"FROM ubuntu:20.04@{UBUNTU}\n"
    assert pinner("check", "--online", "--mirror", embedded_registry.mirror).code == 0


def test_a_literal_platform_makes_a_platform_pin_a_note(embedded_registry: Embedded, project: Path) -> None:
    dockerfile(project, f"FROM --platform=linux/amd64 ubuntu:20.04@{UBUNTU_AMD64}")
    (project / "compose.yaml").write_text(
        f"services:\n  web:\n    image: ubuntu:20.04@{UBUNTU_AMD64}\n    platform: linux/amd64\n"
    )
    ran = pinner("check", "--online", "--format", "json", "--mirror", embedded_registry.mirror)
    assert ran.code == 0
    assert [(each["rule"], each["severity"]) for each in ran.document["findings"]] == [("platform-digest", "note")] * 2


def test_what_has_no_tag_or_no_digest_is_left_alone_and_told(embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    text = [f"FROM {shelf.host}/app@{B.digest} AS a", f"FROM {shelf.host}/app:1"]
    path = dockerfile(project, *text)
    ran = update()
    assert path.read_text().splitlines() == text
    assert (ran.code, ran.rules, kept(ran)) == (0, ["digest-without-tag"], [("unpinned", False)])
    assert embedded_registry.store.requests == []
    ran = update("--add")
    assert path.read_text().splitlines() == [text[0], f"{text[1]}@{A.digest}"]
    assert (ran.code, ran.rules, kept(ran)) == (0, ["digest-without-tag"], [])


def test_an_empty_index_is_not_added(embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", images.empty_index(), "1")
    path = dockerfile(project, f"FROM {shelf.host}/app:1")
    ran = update("--add")
    assert (ran.code, kept(ran)) == (1, [("empty-index", True)])
    assert "@" not in path.read_text()


@pytest.mark.parametrize(
    ("comment", "pin"),
    [("stale-digest", A), ("platform-digest", B.children[0]), ("missing-digest", ONE), ("", A)],
)
def test_a_comment_keeps_a_pin(comment: str, pin: Image, embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    shelf.put("app", B, "1")
    ignore = f"# pinner: ignore[{comment}] it is meant" if comment else "# pinner: ignore it is meant"
    path = dockerfile(project, ignore, f"FROM {shelf.host}/app:1@{pin.digest}")
    before = path.read_text()
    ran = update("--fail-on", "note")
    assert path.read_text() == before
    assert (ran.code, ran.rules, kept(ran)) == (0, [], [("ignored", False)])
    checked = pinner("check", "--online", "--format", "json", "--fail-on", "note")
    assert (checked.code, checked.rules) == (0, [])


def test_an_ignore_comment_of_an_online_rule(embedded_registry: Embedded, project: Path) -> None:
    """Offline nobody knows whether it is of use."""
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    dockerfile(project, "# pinner: ignore[stale-digest] it is meant", f"FROM {shelf.host}/app:1@{A.digest}")
    assert pinner("check", "--format", "json").rules == []
    assert pinner("check", "--online", "--format", "json").rules == ["unused-ignore"]


def test_a_diff_writes_nothing(embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    shelf.put("app", B, "1")
    path = dockerfile(project, f"FROM {shelf.host}/app:1@{A.digest}")
    ran = pinner("update", "--diff", "--ledger", "ledger.json")
    assert ran.code == 1
    assert f"-FROM {shelf.host}/app:1@{A.digest}\n+FROM {shelf.host}/app:1@{B.digest}\n" in ran.stdout
    assert path.read_text() == f"FROM {shelf.host}/app:1@{A.digest}\n"
    assert [each.name for each in project.iterdir()] == ["Dockerfile"]


def test_what_an_update_costs(embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    lines = [f"FROM {shelf.host}/app:{n}@{shelf.put('app', A, str(n))} AS a{n}" for n in range(10)]
    lines += [f"FROM {shelf.host}/app:{n}@{A.digest} AS b{n}" for n in range(10)]
    dockerfile(project, *lines)
    assert update().code == 0
    assert (embedded_registry.store.count("HEAD"), embedded_registry.store.count("GET")) == (10, 0)
    embedded_registry.store.requests.clear()
    shelf.put("app", B, "0")
    assert update().code == 0
    assert (embedded_registry.store.count("HEAD"), embedded_registry.store.count("GET")) == (10 + 1, 2)


def test_all_places_of_an_image_are_one_line(embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    shelf.put("app", B, "1")
    image = f"{shelf.host}/app:1@{A.digest}"
    dockerfile(project, f"FROM {image} AS a", f"FROM {image}", f"COPY --from={image} / /")
    (project / "compose.yaml").write_text(f"services: {{web: {{image: '{image}'}}}}\n")
    first, *files = pinner("update").stdout.splitlines()
    assert first == f"{shelf.host}/app:1: {A.digest[:19]} -> {B.digest[:19]} (4 places)"
    assert files == ["Dockerfile: 3 digests changed", "compose.yaml: 1 digest changed"]


STATES: list[tuple[str, str, list[str], dict[str, int]]] = [
    ("fresh", "app:1@{B}", [], {"error": 0, "warning": 0, "note": 0}),
    ("stale", "app:1@{A}", ["stale-digest"], {"error": 0, "warning": 1, "note": 1}),
    ("gone", "app:1@{absent}", ["missing-digest"], {"error": 1, "warning": 1, "note": 1}),
    ("platform", "app:1@{platform}", ["platform-digest"], {"error": 1, "warning": 1}),
    ("no tag", "app:2@{A}", ["missing-tag"], {"error": 0, "warning": 1}),
    ("broken", "app:empty@{empty}", ["broken-index"], {"error": 1}),
    ("unpinned", "app:1", ["unpinned"], {"error": 1}),
    ("unpinned and no tag", "app:2", ["missing-tag", "unpinned"], {"error": 1}),
    ("unknown", "none:1@{A}", [], {"error": 3, "note": 3}),
]


@pytest.mark.parametrize(("text", "rules", "codes"), [case[1:] for case in STATES], ids=[case[0] for case in STATES])
def test_exit_codes(
    text: str, rules: list[str], codes: dict[str, int], embedded_registry: Embedded, project: Path
) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    for image, tag in ((A, "1"), (B, "1"), (images.empty_index(), "empty")):
        shelf.put("app", image, tag)
    digests = {"A": A.digest, "B": B.digest, "platform": B.children[0].digest, "absent": ABSENT}
    dockerfile(project, f"FROM {shelf.host}/" + text.format(**digests, empty=images.empty_index().digest))
    for level, code in codes.items():
        ran = pinner("check", "--online", "--format", "json", "--fail-on", level)
        assert (ran.code, ran.rules) == (code, rules)


def test_deep_finds_lost_children(shelf: Shelf, project: Path, request: pytest.FixtureRequest) -> None:
    repository = named(shelf, request)
    shelf.put(repository, A, "1")
    shelf.delete(repository, ARM64.digest)
    dockerfile(project, f"FROM {shelf.host}/{repository}:1@{A.digest}")
    assert pinner("check", "--online").code == 0
    ran = pinner("check", "--online", "--deep", "--format", "json")
    assert (ran.code, ran.rules) == (1, ["broken-index"])


def test_what_cannot_be_asked_is_unchecked_and_never_clean(project: Path) -> None:
    dockerfile(project, f"FROM 127.0.0.1:9/app:1@{A.digest} AS a", "FROM 127.0.0.1:9/app:2")
    ran = pinner("check", "--online", "--format", "json")
    assert (ran.code, ran.rules) == (1, ["unpinned"])
    assert [each["reason"] for each in ran.document["unchecked"]] == ["unreachable"] * 2
    assert "2 unchecked" in ran.stderr
    ran = update("--add")
    assert (ran.code, ran.rules) == (3, [])
    assert ran.document["summary"]["unchecked"] == 2


def test_what_cannot_be_compared_is_unchecked(project: Path) -> None:
    """The registry says no in the middle: the state is known, and what has changed is not."""
    pin = answers.head(digest=answers.WRONG_DIGEST)
    limited = reply(429, {"Retry-After": "3600"})
    for gets in ([limited], [answers.RIGHT_GET, limited]):
        with misbehaving(Script(head=[answers.RIGHT_HEAD, pin], get=gets)) as server:
            path = dockerfile(project, f"FROM {server.host}/app:1@{answers.WRONG_DIGEST}")
            ran = update()
            server.follow(Script(head=[answers.RIGHT_HEAD, pin], get=gets))
            checked = pinner("check", "--online", "--format", "json")
        for each in (ran, checked):
            assert (each.code, [every["reason"] for every in each.document["unchecked"]]) == (3, ["rate-limited"])
            assert each.rules == []
        assert answers.WRONG_DIGEST in path.read_text()


@pytest.mark.parametrize("command", [["pin"], ["update", "--add"]], ids=["pin", "update"])
def test_verify_fetches_what_is_to_be_written(command: list[str], project: Path) -> None:
    wrong = Script([answers.head(digest=answers.WRONG_DIGEST)], [answers.RIGHT_GET])
    with misbehaving(wrong) as server:
        path = dockerfile(project, f"FROM {server.host}/app:1")
        ran = pinner(*command, "--verify", "--format", "json")
        assert (ran.code, [each["reason"] for each in ran.document["unchecked"]]) == (3, ["digest-mismatch"])
        assert answers.WRONG_DIGEST not in path.read_text()
        server.follow(Script([answers.RIGHT_HEAD], [answers.RIGHT_GET]))
        assert pinner(*command, "--verify").code == 0
        assert f"@{answers.DIGEST}" in path.read_text()
        assert (server.count("HEAD"), server.count("GET", answers.DIGEST)) == (1, 1)


def test_verify_fetches_what_is_resolved() -> None:
    with misbehaving(Script([answers.RIGHT_HEAD], [answers.get(b"{}")])) as server:
        assert pinner("resolve", f"{server.host}/app:1").code == 0
        ran = pinner("resolve", "--verify", "--format", "json", f"{server.host}/app:1")
        assert (ran.code, [each["reason"] for each in ran.document["unchecked"]]) == (3, ["not-a-manifest"])


@pytest.mark.parametrize(
    ("image", "says"),
    [(CHART, "no image but holds application/vnd.cncf.helm"), (images.empty_index(), "the index lists no image")],
    ids=["chart", "empty index"],
)
@pytest.mark.parametrize("command", ["pin", "pin --verify", "update --add", "check --online"])
def test_what_is_no_image_is_not_pinned(
    command: str, image: Image, says: str, embedded_registry: Embedded, project: Path
) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", image, "1")
    shelf.put("app", ONE, "2")
    path = dockerfile(project, f"FROM {shelf.host}/app:1", f"FROM {shelf.host}/app:2")
    ran = pinner(*command.split(), "--format", "json")
    assert ran.code == 1
    assert "broken-index" in ran.rules
    assert says in ran.stdout
    lines = path.read_text().splitlines()
    assert "@" not in lines[0]
    assert lines[1].endswith(f"@{ONE.digest}") == (command != "check --online")
    resolved = pinner("resolve", f"{shelf.host}/app:1", f"{shelf.host}/app:2")
    assert (resolved.code, resolved.stdout.split()) == (3, [ONE.digest])
    assert says in resolved.stderr


@pytest.mark.parametrize(("old", "new", "reason"), [
    (A, CHART, "no image"), (A, AMD64_ONLY, "lacks linux/arm64/v8"), (A, images.empty_index(), "lists no image"),
])  # fmt: skip
@pytest.mark.parametrize("is_gone", [False, True])
def test_what_update_refuses_no_check_says_that_it_can_be_updated(
    old: Image, new: Image, reason: str, is_gone: bool, embedded_registry: Embedded, project: Path
) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", old, "1")
    shelf.put("app", new, "1")
    if is_gone:
        shelf.delete("app", old.digest)
    path = dockerfile(project, f"FROM {shelf.host}/app:1@{old.digest}")
    before = path.read_text()
    checked = pinner("check", "--online", "--format", "json")
    (finding,) = checked.document["findings"]
    updated = update()
    if path.read_text() != before:
        assert finding["command"] == "update"
        return
    assert updated.code == 1
    assert (finding["command"], finding["fix"]) == (None, None)
    assert reason in finding["message"]


def test_what_min_age_holds_is_a_note(embedded_registry: Embedded, project: Path) -> None:
    """A pin to one platform's manifest, as much as one that is stale: no gate is red for what time alone cures."""
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    dockerfile(project, f"FROM {shelf.host}/app:1@{AMD64.digest}")
    (project / ".pinner.toml").write_text("min-age = 7\n")
    for command in (["check", "--online"], ["update"]):
        ran = pinner(*command, "--format", "json")
        assert (ran.code, ran.rules) == (0, ["platform-digest"])
        assert "for less than 7 days" in ran.stdout
    (project / ".pinner.toml").unlink()
    assert pinner("check", "--online").code == 1


def test_neither_tag_nor_digest_is_one_finding(embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    dockerfile(project, f"FROM {shelf.host}/app:2@{ABSENT}")
    for command in (["check", "--online"], ["update"]):
        ran = pinner(*command, "--format", "json")
        assert (ran.code, ran.rules) == (1, ["missing-digest"])
        assert f"neither {shelf.host}/app:2@{ABSENT} nor its tag" in ran.stdout
        assert [each["command"] for each in ran.document["findings"]] == [None]


def test_what_cannot_be_asked_or_is_not_there_is_not_offered_to_be_pinned(
    embedded_registry: Embedded, project: Path
) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    dockerfile(project, f"FROM {shelf.host}/app:1", f"FROM {shelf.host}/app:2", "FROM 127.0.0.1:9/app:1")
    ran = pinner("check", "--online")
    assert "1 of 4 can be pinned: run pinner pin" in ran.stderr


def test_a_place_is_pinned_or_unchecked(project: Path) -> None:
    dockerfile(project, f"FROM 127.0.0.1:9/app:1@{A.digest}")
    assert "1 reference: 0 pinned, 0 findings, 1 unchecked" in pinner("check", "--online").stderr


def test_an_unpinned_finding_holds_the_digest(embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    dockerfile(project, f"FROM {shelf.host}/app:1")
    (finding,) = pinner("check", "--online", "--format", "json").document["findings"]
    assert [edit["text"] for edit in finding["fix"]["edits"]] == [f"@{A.digest}"]


def test_an_image_that_may_stay_unpinned_is_not_asked_for(project: Path) -> None:
    dockerfile(project, "# pinner: ignore[unpinned] built before", "FROM 127.0.0.1:9/local:dev")
    assert pinner("check", "--online").code == 0


def test_reuse(embedded_registry: Embedded, project: Path) -> None:
    """The digest of the same tag elsewhere; a conflict is left to the registry."""
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", B, "1")
    shelf.put("app", B, "2")
    pins = [
        f"FROM {shelf.host}/app:1@{A.digest} AS a",
        *(f"FROM {shelf.host}/app:2@{each.digest}" for each in (A, ONE)),
    ]
    path = dockerfile(project, *pins, f"FROM {shelf.host}/app:1", f"FROM {shelf.host}/app:2")
    before = path.read_text()
    ran = pinner("pin", "--reuse", "--format", "json")
    assert path.read_text().splitlines()[3:] == [
        f"FROM {shelf.host}/app:1@{A.digest}",
        f"FROM {shelf.host}/app:2@{B.digest}",
    ]
    assert "unpinned" not in ran.rules
    assert embedded_registry.store.count("HEAD") == 1
    path.write_text(before)
    pinner("pin")
    assert path.read_text().splitlines()[3] == f"FROM {shelf.host}/app:1@{B.digest}"


def test_list_online(embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    shelf.put("app", B, "1")
    dockerfile(project, f"FROM {shelf.host}/app:1@{A.digest} AS a", "FROM 127.0.0.1:9/app:1", "FROM ${BASE}")
    first_seen = "2026-01-02T03:04:05Z"
    entry = {"registry": shelf.host, "repository": "app", "tag": "1", "digest": A.digest, "first_seen": first_seen}
    (project / "pinner-ledger.json").write_text(json.dumps({"schema_version": 1, "entries": [entry]}))
    ran = pinner("list", "--online", "--format", "json")
    assert ran.code == 3
    stale, unanswered, invalid = ran.document["references"]
    assert (stale["state"], stale["current"], stale["media_type"]) == ("stale", B.digest, images.OCI_INDEX)
    assert (stale["platforms"], stale["first_seen"]) == (["linux/amd64", "linux/arm64/v8"], first_seen)
    assert isinstance(stale["age_days"], int)
    assert (unanswered["state"], unanswered["reason"], unanswered["age_days"]) == ("unchecked", "unreachable", None)
    assert (invalid["state"], invalid["platforms"]) == (None, [])
    table = pinner("list", "--online").stdout.splitlines()
    assert "  stale                    OCI index  linux/amd64, linux/arm64/v8  " in table[0]
    assert table[1].endswith("  unchecked (unreachable)")
    assert "  invalid: " in table[2]


def test_only_what_is_asked_online_is_shown(project: Path) -> None:
    dockerfile(project, "FROM 127.0.0.1:9/app:1")
    (place,) = pinner("list", "--format", "json").document["references"]
    assert "state" not in place


@pytest.mark.parametrize("arguments", [("check", "--deep"), ("update", "--min-age", "-1")])
def test_flags_that_make_no_sense(arguments: tuple[str, ...], project: Path) -> None:
    dockerfile(project, "FROM scratch")
    assert pinner(*arguments).code == 2


def test_a_damaged_ledger_ends_the_run_before_anything_is_written(embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    shelf.put("app", B, "1")
    path = dockerfile(project, f"FROM {shelf.host}/app:1@{A.digest}")
    (project / "pinner-ledger.jsonl").write_text("<<<<<<< HEAD")
    ran = pinner("update")
    assert (ran.code, A.digest in path.read_text()) == (2, True)
    assert "pinner-ledger.jsonl:1: the ledger holds a merge conflict" in ran.stderr


def test_min_age_at_the_command_line(
    embedded_registry: Embedded, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    shelf.put("app", B, "1")
    path = dockerfile(project, f"FROM {shelf.host}/app:1@{A.digest}")
    ran = update("--min-age", "3")
    assert (ran.code, kept(ran)) == (0, [("too-young", False)])
    assert "; the pin can move to it from " in ran.document["kept"][0]["detail"]
    assert "no ledger at pinner-ledger.jsonl: every age starts today\n" in ran.stderr
    monkeypatch.setenv("PINNER_NOW", str(time.time() + 3 * 86400))
    ran = update("--min-age", "3")
    assert (ran.code, kept(ran)) == (0, [])
    assert "no ledger" not in ran.stderr
    assert B.digest in path.read_text()


def test_min_age_and_ledger_in_the_configuration(embedded_registry: Embedded, project: Path) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    shelf.put("app", A, "1")
    shelf.put("app", B, "1")
    dockerfile(project, f"FROM {shelf.host}/app:1@{A.digest}")
    (project / "ci").mkdir()
    (project / "pinner.toml").write_text('min-age = 3\nledger = "ci/ages.jsonl"\n')
    assert kept(update()) == [("too-young", False)]
    assert (project / "ci/ages.jsonl").exists()
    assert kept(update("--min-age", "0")) == []


@pytest.mark.parametrize(("platform", "moves"), [(images.AMD64, True), (images.ARM64, False)], ids=["same", "other"])
def test_a_manifest_in_the_place_of_an_index(
    platform: dict[str, str], moves: bool, registry: Distribution, push: Pusher, project: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    """Its configuration names the platform."""
    shelf = DistributionShelf(registry, push)
    repository = named(shelf, request)
    shelf.put(repository, AMD64_ONLY, "1")
    new = images.single("config", platform)
    shelf.put(repository, new, "1")
    path = dockerfile(project, f"FROM {shelf.host}/{repository}:1@{AMD64_ONLY.digest}")
    ran = update()
    assert (new.digest in path.read_text()) is moves
    assert kept(ran) == ([] if moves else [("lost-platforms", True)])
