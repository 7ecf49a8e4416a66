"""All other files that pull images: manifests, pipelines, values, as `table` says.

The reader is imported when there is something to read: a hook may have a Dockerfile only.
"""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pinner.formats._base import Reader
    from pinner.model.occurrence import Reading
    from pinner.model.source import Source


class Places(NamedTuple):
    """A format: the kinds of the table. `kind` is set where the configuration says of which kind a file is.

    `off` are kinds that are not read. With `writes_tag` the digests of charts' images may go behind their tags.
    """

    kind: str = ""
    off: frozenset[str] = frozenset()
    writes_tag: bool = False

    @property
    def NAME(self) -> str:  # noqa: N802
        """The kind, if it is known before the file is read."""
        return self.kind or "places"

    @property
    def FILES(self) -> str:  # noqa: N802
        """Every file whose name or content may be of a kind."""
        return FILES

    def claims(self, _: "Source") -> bool:
        """Return true: what the content of a file is, is told when it is read."""
        return True

    def open(self, source: "Source") -> "Reader":
        """Return a reader of the file. Its outline holds every node."""
        from pinner.formats.places.reader import open_source

        return open_source(source, self)

    def read(self, source: "Source") -> "Reading":
        """Return everything that the file says."""
        return self.open(source).read()


# Searched in the path of every file that is found: whatever else it is called, a file of these names is opened.
FILES = r"\.(ya?ml|json)$|(^|/)((docker-)?bake([._-][^/]*)?\.hcl|Kustomization)$"
