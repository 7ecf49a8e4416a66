"""Nothing in a checkout may run, write or hide anything: one run of pinner in each of the checkouts of `tests/data`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.checkouts import Checkout, Tree, cases, every_tag
from tests.support.tools import require

pytestmark = pytest.mark.integration

CASES = cases("hostile-checkout.json") | cases("hostile-more.json")


@pytest.fixture(scope="module")
def registry_url() -> Iterator[str]:
    with every_tag() as url:
        yield url


@pytest.mark.parametrize("name", CASES)
def test_checkout(name: str, tmp_path: Path, registry_url: str) -> None:
    require("git")
    case = CASES[name]
    checkout = Checkout(tmp_path / "top", tmp_path / "home", registry_url)
    checkout.make(case)
    before = Tree.of(checkout.top)
    ran = checkout.run(case)
    assert not (broken := checkout.broken(case, before, ran)), "\n".join([case["why"], *broken])
