"""Pinning leaves every variable as useful as it was: whatever a builder sets, the build gets the image that it
would have got before, and the digest only where that image is the one which was pinned."""

from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pinner.formats import DOCKERFILE
from pinner.formats.dockerfile.reader import Build, open_text
from pinner.formats.variables.expansion import COMPOSE, LITERAL
from pinner.formats.variables.scope import Scope
from pinner.formats.variables.text import Text
from pinner.model.occurrence import Invalid, Opaque
from pinner.model.reference import Reference
from pinner.model.source import Source
from tests.support.pinning import DIGEST, pinned

_NAMES = ("A", "B", "C")
_VALUES = st.sampled_from(
    "20|20-slim|a20||node|node:20|x/|-s|v1.2|$A|$B|${A}|${B:-1}|$A-s|${A%-*}|x$B|${A:+y}|quay.io/|1.2".split("|")
)
_VARIABLES = st.sampled_from(
    "$A|$B|$C|${A}|${A:-1}|${B:-2}|${C:+z}|${A%-*}|${B#v}|${A/20/21}|${A//-/.}|${B:-${A}}|${A:+-$A}|${C-x}".split("|")
)
_PARTS = _VARIABLES | st.sampled_from(["node", "node:", "20", "-slim", ":", "x/", "a"])
_WORDS = st.one_of(
    st.lists(_PARTS, min_size=1, max_size=4).map("".join),
    st.builds("node:{}".format, _VARIABLES),
    st.builds("node:{}-s".format, _VARIABLES),
    st.builds("{}node:20".format, _VARIABLES),
    st.builds("node:{}{}".format, _VARIABLES, _VARIABLES),
    st.builds("{}:{}".format, _VARIABLES, _VARIABLES),
)
_OVERRIDES = ("", "18", "18-x", "v9", "a", "x20", "20", "3-20")


class Lines(NamedTuple):
    """A Dockerfile of ARGs and FROMs, one a line."""

    arguments: list[str]
    words: list[str]

    @property
    def source(self) -> Source:
        return Source("Dockerfile", "".join(f"{line}\n" for line in [*self.arguments, *self._froms]).encode())

    @property
    def _froms(self) -> list[str]:
        return [f"FROM {word}" for word in self.words]

    def after(self, data: bytes) -> "Lines":
        """The same lines as `data` has them."""
        lines = data.decode().splitlines()
        count = len(self.arguments)
        return Lines(lines[:count], [line.removeprefix("FROM ") for line in lines[count:]])

    def images(self, overrides: dict[str, str]) -> list[Reference | Invalid | Opaque | None]:
        """What each FROM pulls when somebody builds with `overrides`."""
        return [self._image(word, overrides) for word in self.words]

    def _image(self, word: str, overrides: dict[str, str]) -> Reference | Invalid | Opaque | None:
        source = Lines(self.arguments, [word]).source
        scope = Scope(COMPOSE, source)
        declared = {
            name: scope.declare(name, Text.made_up(value), LITERAL, is_visible=False)
            for name, value in overrides.items()
        }
        build = Build(declared, frozenset(), scope)
        reading = open_text(Text.of_bytes(source.data), source, build=build).read()
        return reading.occurrences[0].target if reading.occurrences and not reading.problems else None


@st.composite
def lines(draw: st.DrawFn) -> Lines:
    arguments = [
        f"ARG {draw(st.sampled_from(_NAMES))}{draw(st.just('') | _VALUES.map('={}'.format))}"
        for _ in range(draw(st.integers(0, 4)))
    ]
    return Lines(arguments, draw(st.lists(_WORDS, min_size=1, max_size=3)))


@settings(max_examples=100)
@given(lines())
@example(Lines(["ARG A=20"], ["node:${A:+z}${B:-1}"]))
@example(Lines(["ARG A=20"], ["node:${A/20/21}"]))
@example(Lines(["ARG A=20", "ARG B="], ["node:$A", "node:$B$A"]))
def test_no_variable_is_switched_off(before: Lines) -> None:
    if DOCKERFILE.read(before.source).problems:
        return
    after = before.after(pinned(before.source, DOCKERFILE))
    usual = before.images({})
    for name in _NAMES:
        for value in _OVERRIDES:
            wanted, got = before.images({name: value}), after.images({name: value})
            for image, was, now in zip(usual, wanted, got, strict=True):
                _check(image, was, now)


def _check(usual: object, wanted: object, got: object) -> None:
    """`got` is `wanted`, and pinned at most where that is the `usual` image."""
    if not isinstance(wanted, Reference):
        return
    assert isinstance(got, Reference)
    assert got.by_tag() == wanted.by_tag()
    if got.digest:
        assert got.digest == DIGEST
        assert isinstance(usual, Reference)
        assert usual.by_tag().tag == wanted.by_tag().tag
