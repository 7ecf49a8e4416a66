"""The records of a reading."""

import pytest

from pinner.model.occurrence import Invalid, Opaque
from pinner.model.reference import Reference, parse

TARGETS = (Opaque("x"), Invalid("x"), Opaque("y"), Invalid("y"), parse("x"))


@pytest.mark.parametrize("left", TARGETS, ids=repr)
@pytest.mark.parametrize("right", TARGETS, ids=repr)
def test_targets_of_two_kinds_differ(left: Reference | Opaque | Invalid, right: Reference | Opaque | Invalid) -> None:
    assert (left == right) is (left is right)
    assert (left != right) is (left is not right)
    assert len({left, right}) == (1 if left is right else 2)


@pytest.mark.parametrize("kind", [Opaque, Invalid])
def test_targets_of_one_kind_and_reason_are_equal(kind: type[Opaque | Invalid]) -> None:
    assert kind("x") == kind("x")
    assert {kind("x"), kind("x")} == {kind("x")}
    assert kind("x") != ("x",)
