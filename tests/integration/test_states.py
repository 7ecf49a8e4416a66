"""Every status that a pin can be in, on both registries, and what it costs to find out."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from pinner.model.reference import parse
from pinner.model.resolution import ATTESTATION, PinState, PinStatus, Unresolved
from pinner.registry.settings import RegistrySettings
from pinner.updating.pin_status import Depth, Examination, examine
from tests.support import answers, images
from tests.support.distribution import Distribution
from tests.support.embedded import Embedded
from tests.support.misbehaving import Script, misbehaving, reply
from tests.support.push import Pusher
from tests.support.shelves import DistributionShelf, EmbeddedShelf, Shelf

pytestmark = pytest.mark.integration

DEEP = Depth(deep=True)
A, B = images.multi_platform("state A"), images.multi_platform("state B")
ATTESTED = images.attested("state")
ONE, TWO = images.single("state one"), images.single("state two")
EMPTY = images.empty_index()
ABSENT = f"sha256:{'0' * 64}"
PLATFORMS = ("linux/amd64", "linux/arm64/v8")


@pytest.fixture(params=["embedded", "distribution"])
def shelf(request: pytest.FixtureRequest, embedded_registry: Embedded) -> Shelf:
    if request.param == "embedded":
        return EmbeddedShelf(embedded_registry)
    registry: Distribution = request.getfixturevalue("registry")
    push: Pusher = request.getfixturevalue("push")
    return DistributionShelf(registry, push)


class Case(NamedTuple):
    """What the registry holds, what a file says after the repository's name, and the status of that."""

    name: str
    arrange: Callable[[Shelf, str], object]
    suffix: str
    expected: PinStatus | str
    depth: Depth = Depth()


def holds(
    *entries: tuple[images.Image, str | None], then: Callable[[Shelf, str], object] | None = None
) -> Callable[[Shelf, str], None]:
    """Put the images there, one after the other."""

    def arrange(shelf: Shelf, repository: str) -> None:
        for image, tag in entries:
            shelf.put(repository, image, tag)
        if then:
            then(shelf, repository)

    return arrange


def lost(digest: str) -> Callable[[Shelf, str], object]:
    return lambda shelf, repository: shelf.delete(repository, digest)


def untagged(tag: str) -> Callable[[Shelf, str], object]:
    return lambda shelf, repository: shelf.untag(repository, tag)


def status(
    state: PinState, current: images.Image | None, content: images.Image | None = None, **fields: object
) -> PinStatus:
    named = PinStatus(state, current.digest if current else None, content.manifest.media_type if content else None)
    return named._replace(**fields)  # type: ignore[arg-type]


AMD64_OF_A, ATTESTATION_OF = A.children[0], ATTESTED.children[1]
LOST_ARM64 = "the registry has lost linux/arm64/v8"
NO_IMAGE = "the index lists no image"

CASES = [
    Case("fresh index", holds((A, "1")), f":1@{A.digest}", status(PinState.FRESH, A, A)),
    Case("fresh manifest", holds((ONE, "1")), f":1@{ONE.digest}", status(PinState.FRESH, ONE, ONE)),
    Case("moved", holds((A, "1"), (B, "1")), f":1@{A.digest}", status(PinState.STALE, B, A)),
    Case("moved and back", holds((A, "1"), (B, "1"), (A, "1")), f":1@{A.digest}", status(PinState.FRESH, A, A)),
    Case("pinned in between", holds((A, "1"), (B, "1"), (A, "1")), f":1@{B.digest}", status(PinState.STALE, A, B)),
    Case("moved manifest", holds((ONE, "1"), (TWO, "1")), f":1@{ONE.digest}", status(PinState.STALE, TWO, ONE)),
    Case("manifest became index", holds((ONE, "1"), (A, "1")), f":1@{ONE.digest}", status(PinState.STALE, A, ONE)),
    Case("index became manifest", holds((A, "1"), (ONE, "1")), f":1@{A.digest}", status(PinState.STALE, ONE, A)),
    Case("manifest of the index before", holds((A, "1"), (B, "1")), f":1@{AMD64_OF_A.digest}",
         status(PinState.STALE, B, AMD64_OF_A)),
    Case("gone", holds((A, "1"), (B, "1"), then=lost(A.digest)), f":1@{A.digest}", status(PinState.GONE, B)),
    Case("never there", holds((A, "1")), f":1@{ABSENT}", status(PinState.GONE, A)),
    Case("platform", holds((A, "1")), f":1@{AMD64_OF_A.digest}",
         status(PinState.PLATFORM, A, AMD64_OF_A, platforms=("linux/amd64",), child="linux/amd64")),
    Case("attestation", holds((ATTESTED, "1")), f":1@{ATTESTATION_OF.digest}",
         status(PinState.PLATFORM, ATTESTED, ATTESTATION_OF, child=ATTESTATION)),
    Case("a lost child of the index", holds((A, "1"), then=lost(AMD64_OF_A.digest)), f":1@{AMD64_OF_A.digest}",
         status(PinState.GONE, A)),
    Case("no tag", holds((A, "1"), then=untagged("1")), f":1@{A.digest}", status(PinState.NO_TAG, None, A)),
    Case("neither tag nor pin", holds((A, "1")), f":2@{ABSENT}", status(PinState.GONE, None)),
    Case("unpinned", holds((A, "1")), ":1", status(PinState.UNPINNED, A, A)),
    Case("unpinned latest", holds((A, "latest")), "", status(PinState.UNPINNED, A, A)),
    Case("unpinned, no tag", holds((A, "1")), ":2", status(PinState.NO_TAG, None)),
    Case("untagged", holds((A, "1")), f"@{A.digest}", status(PinState.UNTAGGED, None, A)),
    Case("untagged and gone", holds((A, "latest")), f"@{ABSENT}", status(PinState.GONE, None)),
    Case("untagged where nothing vouches", holds((A, "1")), f"@{ABSENT}", "not-found"),
    Case("empty index", holds((EMPTY, "1")), f":1@{EMPTY.digest}",
         status(PinState.FRESH, EMPTY, EMPTY, broken=NO_IMAGE)),
    Case("stale empty index", holds((EMPTY, "1"), (A, "1")), f":1@{EMPTY.digest}",
         status(PinState.STALE, A, EMPTY, broken=NO_IMAGE)),
    Case("unpinned empty index", holds((EMPTY, "1")), ":1", status(PinState.UNPINNED, EMPTY, EMPTY, broken=NO_IMAGE)),
    Case("platforms", holds((A, "1")), f":1@{A.digest}", status(PinState.FRESH, A, A, platforms=PLATFORMS),
         Depth(True)),
    Case("platforms of one manifest", holds((ONE, "1")), ":1", status(PinState.UNPINNED, ONE, ONE), Depth(True)),
    Case("deep and whole", holds((A, "1")), f":1@{A.digest}", status(PinState.FRESH, A, A, platforms=PLATFORMS), DEEP),
    Case("deep and one manifest", holds((ONE, "1")), f":1@{ONE.digest}", status(PinState.FRESH, ONE, ONE), DEEP),
    Case("a lost child", holds((A, "1"), then=lost(A.children[1].digest)), f":1@{A.digest}",
         status(PinState.FRESH, A, A, platforms=PLATFORMS, broken=LOST_ARM64), DEEP),
    Case("a lost attestation", holds((ATTESTED, "1"), then=lost(ATTESTATION_OF.digest)), f":1@{ATTESTED.digest}",
         status(PinState.FRESH, ATTESTED, ATTESTED, platforms=("linux/amd64",)), DEEP),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_states(case: Case, shelf: Shelf) -> None:
    repository = f"states/{case.name.replace(' ', '-').replace(',', '')}"
    case.arrange(shelf, repository)
    found = examined(f"{shelf.host}/{repository}{case.suffix}", case.depth)
    assert (found.reason if isinstance(found, Unresolved) else found) == case.expected


def examined(text: str, depth: Depth = Depth()) -> Examination:  # noqa: B008 - frozen
    [found] = examine([parse(text)], RegistrySettings(), depth).values()
    return found


@pytest.mark.parametrize(
    ("suffix", "heads", "gets", "depth"),
    [
        (":1", 1, 0, Depth()),
        (f":1@{B.digest}", 1, 0, Depth()),
        (f":1@{A.digest}", 2, 0, Depth()),
        (f"@{A.digest}", 1, 0, Depth()),
        (f":1@{ABSENT}", 2, 1, Depth()),
        (f":1@{B.children[0].digest}", 2, 1, Depth()),
        (f":1@{B.digest}", 1, 1, Depth(fetch=True)),
        (f":1@{B.digest}", 3, 1, DEEP),
        (":empty", 1, 1, Depth()),
    ],
)
def test_what_a_state_costs(suffix: str, heads: int, gets: int, depth: Depth, embedded_registry: Embedded) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    holds((A, "1"), (B, "1"), (EMPTY, "empty"))(shelf, "costs")
    examined(f"{shelf.host}/costs{suffix}", depth)
    assert (embedded_registry.store.count("HEAD"), embedded_registry.store.count("GET")) == (heads, gets)


def test_many_fresh_pins_cost_one_head_each_and_stale_ones_one_more(embedded_registry: Embedded) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    fresh = [parse(f"{shelf.host}/app:{tag}@{shelf.put('app', A, str(tag))}") for tag in range(20)]
    stale = [parse(f"{shelf.host}/old:{tag}@{A.digest}") for tag in range(5)]
    holds((A, None), *((B, str(tag)) for tag in range(5)))(shelf, "old")
    found = examine([*fresh, *stale, *fresh], RegistrySettings())
    states = [each.state for each in found.values() if isinstance(each, PinStatus)]
    assert states == [PinState.FRESH] * 20 + [PinState.STALE] * 5
    # The five stale ones share their pin.
    assert (embedded_registry.store.count("HEAD"), embedded_registry.store.count("GET")) == (20 + 5 + 1, 0)


REFUSED = answers.challenge('Basic realm="a test"')
LIMITED = reply(429, {"Retry-After": "3600"})
OTHER = answers.WRONG_DIGEST
OTHER_HEAD = answers.head(digest=OTHER)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (Script(head=[REFUSED]), "unauthorized"),
        (Script(head=[answers.RIGHT_HEAD, REFUSED]), "unauthorized"),
        (Script(head=[answers.RIGHT_HEAD, reply(403)], get=[reply(403)]), "denied"),
        (Script(head=[LIMITED]), "rate-limited"),
        (Script(head=[answers.RIGHT_HEAD, LIMITED]), "rate-limited"),
        (Script(head=[answers.RIGHT_HEAD, reply(404)], get=[LIMITED]), "rate-limited"),
        (Script(head=[answers.RIGHT_HEAD, reply(404)], get=[REFUSED]), "unauthorized"),
        (Script(head=[answers.RIGHT_HEAD, reply(404)], get=[reply(503)]), "unreachable"),
        (Script(head=[reply(503)]), "unreachable"),
        (Script(head=[reply(404), LIMITED], get=[reply(404)]), "rate-limited"),
        (Script(head=[reply(404), REFUSED], get=[reply(404)]), "unauthorized"),
    ],
)
@pytest.mark.usefixtures("hurried")
def test_what_fails_half_way_is_unchecked(script: Script, reason: str) -> None:
    """The pin is another digest than the tag's, so it is asked for, too."""
    with misbehaving(script) as server:
        found = examined(f"{server.host}/app:1@{OTHER}")
    assert isinstance(found, Unresolved)
    assert found.reason == reason


def test_a_platform_pin_whose_index_cannot_be_fetched_is_unchecked() -> None:
    pin = reply(fields={"Content-Type": images.OCI_MANIFEST, "Docker-Content-Digest": OTHER}, length=300)
    with misbehaving(Script(head=[answers.RIGHT_HEAD, pin], get=[LIMITED])) as server:
        found = examined(f"{server.host}/app:1@{OTHER}")
    assert isinstance(found, Unresolved)
    assert found.reason == "rate-limited"


def test_a_lost_child_counts_more_than_one_that_gives_no_answer() -> None:
    with misbehaving(
        Script(head=[answers.RIGHT_HEAD, reply(404), reply(403)], get=[answers.RIGHT_GET, reply(404), reply(403)])
    ) as server:
        found = examined(f"{server.host}/app:1@{answers.DIGEST}", DEEP)
    assert isinstance(found, PinStatus)
    assert found.broken in {f"the registry has lost {platform}" for platform in PLATFORMS}


def test_children_that_give_no_answer_are_unchecked() -> None:
    with misbehaving(Script(head=[answers.RIGHT_HEAD, LIMITED], get=[answers.RIGHT_GET])) as server:
        found = examined(f"{server.host}/app:1@{answers.DIGEST}", DEEP)
    assert isinstance(found, Unresolved)
    assert found.reason == "rate-limited"


def test_one_registry_that_is_down_hides_nothing_of_the_other(embedded_registry: Embedded) -> None:
    shelf = EmbeddedShelf(embedded_registry)
    good = f"{shelf.host}/up:1@{shelf.put('up', A, '1')}"
    found = examine([parse(good), parse(f"127.0.0.1:9/down:1@{ABSENT}")], RegistrySettings())
    assert [type(each).__name__ for each in found.values()] == ["PinStatus", "Unresolved"]
