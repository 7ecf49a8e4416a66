"""Why a pin moved, by what two indexes say of themselves. Pure.

Source: image-spec `annotations.md`, "Pre-Defined Annotation Keys". All of it is the publisher's text, which nobody
verified: it is shown to people and decides nothing.
"""

import re
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from pinner.model.changes import Explanation, Provenance
from pinner.model.platforms import fits_any
from pinner.registry.manifest import Manifest

_KEYS = {
    "version": "org.opencontainers.image.version",
    "revision": "org.opencontainers.image.revision",
    "source": "org.opencontainers.image.source",
    "created": "org.opencontainers.image.created",
    "base_name": "org.opencontainers.image.base.name",
    "base_digest": "org.opencontainers.image.base.digest",
}
_REVISION = re.compile(r"[0-9a-fA-F]{7,64}")
_SEGMENT = re.compile(r"[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*")
# The hosts to whose pages pinner links, and what stands between a repository and its comparison.
_COMPARE = {"github.com": "compare", "gitlab.com": "-/compare"}


class _Source(NamedTuple):
    host: str
    path: str
    revision: str


def explain_move(
    old: Manifest | None,
    new: Manifest,
    used: tuple[str, ...],
    *,
    digest: str,
    current: str,
    first_seen: datetime | None,
) -> Explanation:
    """Return why a pin moved from `old`, None where that is gone, to `new`, whose digest is `digest`.

    `used` are the platforms in use, `current` is the digest that the tag names now, empty where it is gone.
    """
    before, after = provenance(old, used) if old else None, provenance(new, used)
    had, has = (set(each.platforms) if each else set() for each in (old, new))
    compared = old is not None and old.is_index and new.is_index
    return Explanation(
        why=_why(old, new, before, after),
        before=before,
        after=after,
        compare_url=compare_url(before, after) if before and after else None,
        added=tuple(sorted(has - had)) if compared else (),
        lost=tuple(sorted(had - has)) if compared else (),
        current=digest == current,
        tag_digest=None if digest == current else current or None,
        first_seen=first_seen.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if first_seen else None,
    )


def provenance(manifest: Manifest, used: tuple[str, ...]) -> Provenance | None:
    """Return what a manifest says of itself, None where that is nothing.

    The descriptors of the images in use go first, then those of the other images, then the index as a whole.
    """
    in_use = [each for each in manifest.images if not used or fits_any(each.platform or "", used)]
    sources = [*(each.annotations for each in (*in_use, *manifest.images)), manifest.annotations]
    found = {
        field: next((annotations[key] for annotations in sources if key in annotations), None)
        for field, key in _KEYS.items()
    }
    return Provenance(**found) if any(value is not None for value in found.values()) else None


def compare_url(before: Provenance, after: Provenance) -> str | None:
    """Return the address of the page that compares two revisions of one repository on GitHub or GitLab, else None."""
    old, new = _source(before), _source(after)
    # Both hosts take the path of a repository in any case of its letters.
    if not old or not new or (old.host, old.path.lower()) != (new.host, new.path.lower()):
        return None
    if old.revision.lower() == new.revision.lower():
        return None
    return f"https://{new.host}/{new.path}/{_COMPARE[new.host]}/{old.revision}...{new.revision}"


def _why(old: Manifest | None, new: Manifest, before: Provenance | None, after: Provenance | None) -> str:
    """Return the first word that applies."""
    if old is None:
        return "lost"
    if before and after:
        # What only one of the two says tells nothing: publishers begin and stop to annotate.
        pairs = zip(Provenance._fields, before, after, strict=True)
        changed = {field for field, was, now in pairs if None not in (was, now) and was != now}
        if "version" in changed:
            return "version"
        if changed & {"source", "revision"}:
            return "source"
        if changed & {"base_digest", "base_name"}:
            return "base"
        if "created" in changed and before._replace(created=after.created) == after:
            return "rebuild"
    images, old_images = ({(each.platform, each.digest) for each in manifest.images} for manifest in (new, old))
    return "attestations" if old_images and images == old_images else "unknown"


def _source(provenance: Provenance) -> _Source | None:
    """Return repository and revision, the latter also from `REPOSITORY.git#REVISION:FOLDER`; None for anything else."""
    url = _split(provenance.source or "")
    if url is None:
        return None
    of_fragment = url.fragment.partition(":")[0]
    revisions = [each for each in (provenance.revision, of_fragment) if each and _REVISION.fullmatch(each)]
    path = url.path.strip("/").removesuffix(".git")
    segments = path.split("/")
    is_repository = len(segments) == 2 or (len(segments) > 2 and url.hostname == "gitlab.com")
    # What stands behind `/-/` on GitLab is a page of a repository.
    if not revisions or not is_repository or "-" in segments or not all(map(_SEGMENT.fullmatch, segments)):
        return None
    return _Source(host=url.hostname or "", path=path, revision=revisions[0])


def _split(text: str) -> SplitResult | None:
    """Return the parts of an https URL of a known host on its default port, without user and query; else None."""
    try:
        url = urlsplit(text)
        usable = url.scheme == "https" and url.hostname in _COMPARE and url.port in (None, 443)
    except ValueError:
        return None
    # The link is shown in a terminal and in pull requests: nothing may hide in it where it leads.
    is_plain = text.isascii() and text.isprintable() and " " not in text and "@" not in url.netloc and not url.query
    return url if usable and is_plain else None
