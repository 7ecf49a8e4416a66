"""What stands where an image is named: a reference, or what only a tool or a person will make one of."""

import re

from pinner.formats._templates import TEMPLATE
from pinner.formats.variables.digest_placement import WrittenReference, is_template
from pinner.formats.variables.text import Text
from pinner.formats.yaml.reader import YamlReader, refuse
from pinner.model.occurrence import Opaque
from pinner.model.reference import DOCKER_HUB, Reference

_DOCKER_URL = "docker://"

_EXPRESSION = "an expression is filled in when it runs: write the image out to have it checked"
_PLACEHOLDER = "this is a placeholder: write the image that is meant"
_PATTERN = "this is a pattern that images are compared with"
_BUILT = "what stands before :// builds or finds the image when it runs"
_OVERRIDDEN = "older versions of Kustomize take a tag before @ for part of the name: write the digest in its place"
_NOT_PROXIED = "the dependency proxy has images of Docker Hub alone"

# GitLab fills these in with a host and a path of its own that stand for Docker Hub.
_PROXY_VARIABLE = "CI_DEPENDENCY_PROXY_(?:DIRECT_)?GROUP_IMAGE_PREFIX"
_PROXY = re.compile(rf"\$(?:{_PROXY_VARIABLE}|\{{{_PROXY_VARIABLE}\}})/")
# The signs of Actions, GitLab, Cloud Build, Tekton, CircleCI, Azure and template engines.
_SIGNS_OF_EXPRESSIONS = re.compile(r"\$|<<|%%|@[A-Za-z_]+@|#")
_SIGNS_OF_PATTERNS = re.compile(r"[*?!|]")
_SIGNS_OF_PLACEHOLDERS = re.compile(r"[<>{}()]|\[(?![0-9a-fA-F:]+\])|\.\.\.|(?:^|/)[A-Z][A-Z0-9_-]*(?=[/:@]|$)")


def read_text(reader: YamlReader, text: Text) -> WrittenReference:
    """Return the placement of what stands in `text`; what is none of these kinds of text is a reference or invalid."""
    prefix = _PROXY.match(text.chars)
    if prefix is not None:
        image = read_text(reader, text.cut(prefix.end()))
        if isinstance(image.target, Reference) and image.target.registry != DOCKER_HUB:
            image = WrittenReference(span=text.extent, text=str(text), target=Opaque(_NOT_PROXIED))
        return image._replace(span=text.extent, text=str(text))
    reason = _why_opaque(text.chars)
    if reason is not None:
        return WrittenReference(span=text.extent, text=str(text), target=Opaque(reason))
    return reader.read_reference(text)


def without_scheme(text: Text, *, is_needed: bool) -> Text:
    """Return what stands behind `docker://`; where there is none, nothing if one `is_needed`, else all of the text."""
    # The runner of GitHub takes it in any case before an action, and in this one before the image of a job.
    scheme = text.chars[: len(_DOCKER_URL)]
    if (scheme.lower() if is_needed else scheme) == _DOCKER_URL:
        return text.cut(len(_DOCKER_URL))
    return Text("", ()) if is_needed else text


def read_override(reader: YamlReader, text: Text) -> tuple[WrittenReference, bool]:
    """Return the placement of what `kustomize edit set image` gets, and whether its tag stands somewhere else."""
    before, equals, _ = text.chars.rpartition("=")
    written = read_text(reader, text.cut(len(before + equals)))
    match written.target:
        case Reference(tag=tag, digest=None):
            return refuse(written, _OVERRIDDEN), tag is None
    return written, False


def is_open(chars: str) -> bool:
    """Return whether only a run, a renderer or a person knows what `chars` stand for."""
    return _why_opaque(chars) is not None


def _why_opaque(chars: str) -> str | None:
    name = chars.partition("@")[0]
    if is_template(chars.replace("${{", "${")):
        return TEMPLATE
    if _SIGNS_OF_EXPRESSIONS.search(chars):
        return _EXPRESSION
    if "://" in chars:
        return _BUILT
    if _SIGNS_OF_PATTERNS.search(chars):
        return _PATTERN
    return _PLACEHOLDER if _SIGNS_OF_PLACEHOLDERS.search(name) else None
