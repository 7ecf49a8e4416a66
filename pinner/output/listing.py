"""The JSON documents of `pinner list` and `pinner resolve`: a contract with a version, as `json` is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pinner.model.occurrence import Invalid, Occurrence, Opaque, is_built
from pinner.model.reference import Reference
from pinner.model.report import FileFailure
from pinner.model.resolution import Resolution, Resolved
from pinner.output._json import dumps
from pinner.output._states import Detail
from pinner.output.json import SCHEMA_VERSION, errors, used_at


class ResolvedText(NamedTuple):
    """The answer of a registry on one reference; `text` is as the user wrote it."""

    text: str
    reference: Reference
    digest: str
    media_type: str
    platforms: tuple[str, ...]


class UnresolvedText(NamedTuple):
    """A reference that could not be resolved. `reason` is a slug, `detail` a sentence for people."""

    text: str
    reason: str
    detail: str


def render_list(
    occurrences: Sequence[Occurrence], failures: tuple[FileFailure, ...], online: Sequence[Detail] | None = None
) -> str:
    """Every place where an image is named, in the order given; with what registries say, where they were asked."""
    references = [_occurrence(occurrence) for occurrence in occurrences]
    if online is not None:
        references = [place | detail.as_json() for place, detail in zip(references, online, strict=True)]
    return dumps({"schema_version": SCHEMA_VERSION, "references": references, "errors": errors(failures)})


def render_resolve(answers: Iterable[ResolvedText], failures: Iterable[UnresolvedText]) -> str:
    """Return what the registries answered, in the order given."""
    references = [
        {"reference": answer.text, **_name(answer.reference), "digest": answer.digest}
        | {"media_type": answer.media_type, "platforms": list(answer.platforms)}
        for answer in answers
    ]
    unchecked = [{"reference": text, "reason": reason, "detail": detail} for text, reason, detail in failures]
    return dumps({"schema_version": SCHEMA_VERSION, "references": references, "unchecked": unchecked})


def sort_out(
    references: Mapping[str, Reference], resolutions: Mapping[str, Resolution]
) -> tuple[list[ResolvedText], list[UnresolvedText]]:
    """Return the answers and the failures, by the text that the user wrote, in the order given."""
    from pinner.registry.manifest import parse_manifest

    answers: list[ResolvedText] = []
    unanswered: list[UnresolvedText] = []
    for text, resolution in resolutions.items():
        if not isinstance(resolution, Resolved):
            unanswered.append(UnresolvedText(text=text, reason=resolution.reason, detail=resolution.detail))
            continue
        # Only what was fetched has a body. A manifest does not name its own platform: its configuration would.
        body, media_type = resolution.body, resolution.media_type
        answers.append(
            ResolvedText(
                text=text,
                reference=references[text],
                digest=resolution.digest,
                media_type=media_type,
                platforms=parse_manifest(body, media_type).platforms if body else (),
            )
        )
    return answers, unanswered


def _occurrence(occurrence: Occurrence) -> dict[str, Any]:
    target: dict[str, str | None]
    match occurrence.target:
        case Reference() as reference:
            target = {**_name(reference), "digest": reference.digest, "opaque": None}
            if occurrence.is_partial:  # a part of the reference stands elsewhere, perhaps the tag: `latest` is a guess
                target["tag"] = reference.tag
        case Invalid(reason) | Opaque(reason):
            target = {**dict.fromkeys(("registry", "repository", "tag", "digest")), "opaque": reason}
    return {
        "path": occurrence.path,
        **occurrence.where._asdict(),
        **occurrence.span._asdict(),
        "kind": occurrence.kind,
        "context": occurrence.context,
        "also": list(occurrence.also),
        "text": occurrence.text,
        **target,
        "unwritable": occurrence.unwritable,
        "built": occurrence.built is not None or is_built(occurrence),
        "used_at": used_at(occurrence.used_at),
    }


def _name(reference: Reference) -> dict[str, str | None]:
    """Return what a plain build would pull: no tag means `latest`, unless a digest decides."""
    tag = reference.tag if reference.digest else reference.by_tag().tag
    return {"registry": reference.registry, "repository": reference.repository, "tag": tag}
