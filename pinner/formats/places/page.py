"""The page of the documentation about the kinds of files, in Markdown: the table as people read it."""

from collections.abc import Iterator

from pinner.formats.places.table import KINDS, Kind

_INTRODUCTION = """\
# Kinds of files

pinner reads every file that pulls an image. `pinner list` tells the kind of each file and where the reference stands in
the document, in JSON its `context`; `also` are the further contexts that aliases give it, and `built` is true for the
name of what the repository builds itself. `--kind KIND` reads one kind alone, and `[kinds]` in the
[configuration](configuration.md#kinds) switches kinds off or lets them be checked and never written.

| kind | files |
|---|---|
| `dockerfile` | `Dockerfile`, `Containerfile` and names with these in them: see [What is read and written](files.md) |
| `compose` | `compose.yaml`, `docker-compose.yml` and the like, and YAML whose `services` have `image` or `build` |
| `dotenv` | `.env`, for the values that Compose files take from it: see [Variables](files.md#variables) |
ROWS

`.yml` stands for `.yaml` as well, and a name for that name in any folder. `*` is any key, item or part of a name, `**`
any number of them, `[]` each item of a list. Files of other names get a kind by
[`extend-include`](configuration.md#extend-include). Where several kinds could claim a document, the one that stands
first on this page has it. A document with strings at `apiVersion` and `kind` is a manifest, and is read as its content
says whatever the name of its file; the kind of that name reads it as well, unless "without manifests" stands there,
because its tool refuses them. A file with a name of Compose files is read as manifests if it holds nothing else, and
cannot be checked if it holds both. What an alias or a merge key repeats is one place, and gets one digest.

A YAML or JSON file of no kind is passed over in a folder; `--verbose` lists the YAML files among them that have a key
for an image, and those of a kind that have one where none is read, as custom resources may. One that you name and that
is of no kind is `unchecked[unknown-kind]`.

## What is listed and never written

* An expression, a placeholder or a pattern in the place of an image is [`opaque-reference`](rules/opaque-reference.md).
  In the kinds below that is a warning, and so is [`unpinned`](rules/unpinned.md) where no digest can be written.
* What the repository builds itself is the note [`built-here`](rules/built-here.md).
* An image to which a kustomization of the run gives another tag or a digest is judged there.
"""


def page() -> str:
    """Return the page."""
    rows = "\n".join(f"| [`{kind.name}`](#{kind.name}) | {_files(kind)} |" for kind in KINDS)
    sections = "\n".join(line for kind in KINDS for line in _section(kind))
    return f"{_INTRODUCTION.replace('ROWS', rows)}\n{sections}"


def _files(kind: Kind) -> str:
    """Return the names of the files of a kind, and what its documents hold, in words."""
    names, claim = ", ".join(f"`{each}`" for each in kind.files), kind.claim
    said = [f"with `{key}`" for key in claim.has]
    if claim.api_version:
        group = claim.api_version.replace("\\", "").replace("(triggers.)?", "").partition("/")[0]
        said.append(f"with the `apiVersion` {group}" + (" or none" if claim.api_version.endswith("|") else ""))
    if claim.kinds:
        said.append(f"with the `kind` {' or '.join(claim.kinds)}")
    claimed = " and ".join(said) + "".join(f", but no {other}" for other in claim.other_kinds)
    names += f", {claimed}" if claimed else ""
    if kind.manifests_in == ("*",):
        return names
    return names + ", without manifests" + "".join(f" except in `{each}`" for each in kind.manifests_in)


def _section(kind: Kind) -> Iterator[str]:
    yield from (f"## {kind.name}", "", "| path | what stands there |", "|---|---|")
    yield from (f"| `{path.keys}` | {path.form} |" for path in kind.paths)
    if kind.closed:
        yield from ("", f"Below {_keys(kind.closed)} nothing is looked for, unless a path names the key.")
    if kind.reserved:
        yield from ("", f"These keys are no job: {_keys(kind.reserved)}.")
    if kind.note:
        yield from ("", kind.note)
    yield ""


def _keys(keys: frozenset[str]) -> str:
    return ", ".join(f"`{key}`" for key in sorted(keys))
