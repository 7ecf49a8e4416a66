"""What a run is asked to do: the flags, the environment and the configuration file as one value."""

from typing import NamedTuple

from pinner.finding import Severity


class Settings(NamedTuple):
    """The settings of a run. Times are in seconds."""

    fail_on: Severity = Severity.ERROR
    format: str = "text"
    color: str = "auto"
    verbosity: int = 0
    diff: bool = False
    exclude: tuple[str, ...] = ()
    stdin_filename: str | None = None
    mirrors: tuple[tuple[str, str], ...] = ()
    insecure: tuple[str, ...] = ()
    ca_file: str | None = None
    jobs: int = 16
    timeout: float = 30.0
    verify: bool = False


def load(**flags: object) -> Settings:
    """The settings in force. A flag that was not given is None and changes nothing."""
    given = {name: value for name, value in flags.items() if value is not None}
    return Settings(**given)  # type: ignore[arg-type]
