"""Which images the globs of `ignore-images` match."""

import pytest

from pinner.model.reference import parse
from pinner.scanning.image_globs import check_glob, glob_matcher


@pytest.mark.parametrize(
    ("globs", "image", "expected"),
    [
        ((), "node:20", False),
        (("docker.io/library/node",), "node:20", True),
        (("docker.io/library/node",), "index.docker.io/node", True),
        (("docker.io/library/node",), "node-red:1", False),
        (("docker.io/library/*",), "node:20", True),
        (("docker.io/library/n?de",), "node:20", True),
        (("docker.io/*",), "node:20", False),
        (("docker.io/**",), "node:20", True),
        (("**",), "ghcr.io/a/b/c", True),
        (("**/node",), "quay.io/x/y/node", True),
        (("*.example.com/**",), "r.example.com/a/b", True),
        (("*.example.com/**",), "evil.net/r.example.com/b", False),
        (("r.example.com/**",), "rXexample.com/b", False),
        (("r.example.com:5000/**",), "r.example.com:5000/b", True),
        (("localhost/**",), "docker.io/localhost/b", False),
        (("ghcr.io/us/**", "!ghcr.io/us/base"), "ghcr.io/us/base:1", False),
        (("ghcr.io/us/**", "!ghcr.io/us/base"), "ghcr.io/us/base/x:1", True),
        (("!ghcr.io/us/base", "ghcr.io/us/**"), "ghcr.io/us/base:1", True),
        (("**", "!docker.io/**", "docker.io/library/**"), "bitnami/redis", False),
        (("**", "!docker.io/**", "docker.io/library/**"), "redis", True),
        (("docker.io/library/*o*o*o*o*o*o*o*o*o*o*o*o*o*ob",), "o" * 200, False),
        (("docker.io/**o**o*o*o*o*o*o*o*o*o*o**o*o*ob",), "o" * 200, False),
        (("docker.io/**o**o*o*o*o*o*o*o*o*o*o**o*o*o",), "o" * 200, True),
        (("**",), f"{'a.' * 300}a/b", False),
        (("docker.io/*/**/x",), "a/x", False),
        (("docker.io/*/**/x",), "a/b/x", True),
        (("docker.io/a?c/**",), "a/c/d", False),
    ],
)
def test_the_last_glob_that_matches_decides(globs: tuple[str, ...], image: str, expected: bool) -> None:
    assert all(check_glob(glob) for glob in globs)
    assert glob_matcher(globs)(parse(image)) is expected


@pytest.mark.parametrize(
    ("glob", "hint"),
    [
        ("node", "as docker.io/library/node does"),
        ("!node", "as docker.io/library/node does"),
        ("bitnami/*", "as docker.io/bitnami/* does"),
        ("*", "as docker.io/library/* does"),
        ("ghcr.io", "as docker.io/library/ghcr.io does"),
        ("ghcr.io/us/app:dev", "leave tag and digest out"),
        ("ghcr.io/us/app@sha256", "leave tag and digest out"),
        (f"ghcr.io/{'*a' * 300}", "no name has more than 512 characters"),
    ],
)
def test_a_glob_that_matches_no_image_is_refused(glob: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f"^{glob.replace('*', '.')} matches no image: .*{hint.replace('*', '.')}"):
        check_glob(glob)
