"""Which platforms are the same."""

import pytest

from pinner.model.platforms import fits, fits_any


@pytest.mark.parametrize(
    ("platform", "wanted", "expected"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm/v7", "linux/arm", True),
        ("linux/arm/v7", "linux/arm/v6", False),
        ("linux/arm64", "linux/arm", False),
        ("linux/amd64", "linux/arm64", False),
        ("linux/amd64", "windows/amd64", False),
        ("linux/amd64", "Linux/x86_64", True),
        ("linux/arm64/v8", "linux/aarch64", True),
        ("linux/arm/v6", "linux/armel", True),
        ("linux/amd64", "amd64", False),
        ("linux/amd64", "linux", False),
        ("linux/amd64", "", False),
        ("", "", False),
    ],
)
def test_fits(platform: str, wanted: str, expected: bool) -> None:
    assert fits(platform, wanted) is expected
    assert fits(wanted, platform) is expected
    assert fits_any(platform, ("linux/s390x", wanted)) is expected
