"""The file kinds that pinner reads. To add one: a module here and a line in FORMATS."""

import re
from typing import Protocol

from pinner.finding import Reading
from pinner.source import Source


class Format(Protocol):
    """What a module of this package offers."""

    NAME: str
    FILES: re.Pattern[str]

    def read(self, source: Source) -> Reading:
        """Everything that the file says. Never raises for what a file may hold: that is a Problem."""
        ...
