"""What several readings of one file say together."""

from pinner.formats import COMPOSE, DOCKERFILE
from pinner.model.occurrence import Decider, Decision, Link, Reading
from pinner.model.source import Location, Source
from pinner.scanning.readings import merged, united


def test_nothing_that_one_reading_says_is_lost() -> None:
    decision = Decision(by=Decider.BUILDER, name="docker.io/a/b", tag=None, path="compose.yaml", line=1)
    where = Location(line=2, column=1, end_line=2, end_column=2)
    link = Link(path="a", kind="dockerfile", where=where, context="build.dockerfile")
    one, other = Reading((), decisions=(decision,)), Reading((), decisions=(decision,), links=(link,))
    assert united([one, other]) == Reading((), decisions=(decision,), links=(link,))


def test_the_contexts_of_all_readings_count() -> None:
    text = b"x-i: &i nginx:1\nservices:\n  a: {image: *i}\n  b: {image: *i}\n  c: {image: *i}\n"
    (occurrence,) = COMPOSE.read(Source("compose.yaml", text)).occurrences
    one = occurrence._replace(also=("services.b.image",))
    other = occurrence._replace(context="services.c.image", also=("services.b.image", "services.d.image"))
    (together,) = merged([one, other])
    assert (together.context, together.also) == (
        "services.a.image",
        ("services.b.image", "services.c.image", "services.d.image"),
    )


def test_what_is_used_twice_in_one_context_has_no_other() -> None:
    (occurrence,) = DOCKERFILE.read(Source("Dockerfile", b"FROM nginx:1\n")).occurrences
    assert list(merged([occurrence, occurrence])) == [occurrence]
