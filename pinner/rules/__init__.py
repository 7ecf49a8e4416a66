"""The rules. To add one: a module here and a line in RULES.

A rule module's docstring is its documentation: `pinner explain` prints it and the documentation is
made from it.
"""

from pinner.rules import (
    broken_index,
    built_here,
    conflicting_digests,
    digest_after_variable,
    digest_on_built_image,
    digest_without_tag,
    floating_tag,
    invalid_reference,
    missing_digest,
    missing_tag,
    not_an_image,
    opaque_reference,
    platform_digest,
    pulled_before_build,
    stale_digest,
    template_file,
    unpinned,
    unused_ignore,
)
from pinner.rules._base import Facts, Rule

__all__ = ["RULES", "Facts", "Rule"]

RULES: tuple[Rule, ...] = (
    broken_index,
    built_here,
    conflicting_digests,
    digest_after_variable,
    digest_on_built_image,
    digest_without_tag,
    floating_tag,
    invalid_reference,
    missing_digest,
    missing_tag,
    not_an_image,
    opaque_reference,
    platform_digest,
    pulled_before_build,
    stale_digest,
    template_file,
    unpinned,
    unused_ignore,
)
