"""Exceptions and exit codes. A leaf.

    PinnerError
    ├── UsageError            the command line or the configuration is wrong; exit 2
    ├── FileError             one file; the other files' results stand
    │   ├── ReadError
    │   └── WriteError
    ├── InvalidReference      text that is no image reference
    └── RegistryError         one answer of one registry: see pinner.registry

The failure of one file or one image never ends a run: it is caught where the item is handled and
becomes a value with a reason.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the process."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    UNCHECKED = 3
    INTERRUPTED = 130


class PinnerError(Exception):
    """Base of all errors of pinner: the text is one line that tells the user what to do."""


class Interrupted(KeyboardInterrupt):
    """An interrupt of which is known what it left: the text says what was written."""


class UsageError(PinnerError):
    """The command line or the configuration asks for something that cannot be done. Each argument is one line."""

    def __str__(self) -> str:
        return "\n".join(self.args)


class FileError(PinnerError):
    """One file could not be handled."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason


class ReadError(FileError):
    """A file could not be read."""


class WriteError(FileError):
    """A file could not be written; it is as it was."""


class InvalidReference(PinnerError):
    """Text that is no image reference by the distribution grammar."""
