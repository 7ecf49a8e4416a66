"""Which rules run where, and how bad their findings are."""

from collections.abc import Mapping
from typing import NamedTuple

from pinner.finding import Severity
from pinner.patterns import Patterns


class Override(NamedTuple):
    """What holds for some files: `select` switches rules on there, then `ignore` switches rules off."""

    files: Patterns
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = {}
