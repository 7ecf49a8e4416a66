"""Programs that integration tests need and that a developer's machine may lack."""

import shutil

import pytest

from tests.support.environment import IN_CI


def require(*programs: str) -> None:
    """Skip the test where one of `programs` is not installed; in CI that is a failure."""
    missing = [program for program in programs if shutil.which(program) is None]
    if not missing:
        return
    message = f"not installed: {', '.join(missing)}"
    if IN_CI:
        pytest.fail(message)
    pytest.skip(message)
