"""Write everything that is generated: `make regenerate`, or `python -m tests.regenerate` without the lock files.

Read the difference before you commit it: it is what the change means for users. What is written here is held by the
tests: the cases and the golden outputs, the JSON schema, the blocks and the picture of the README, the hooks' patterns.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from pinner.config.schema import schema
from tests.cli import scale
from tests.output import golden
from tests.support import hooks, pages, picture, readme
from tests.support.cases import cases, rows_as_text, with_digests

SCHEMA = Path(__file__).parents[1] / "pinner" / "pinner.schema.json"


def generated() -> Iterator[tuple[Path, bytes]]:
    """Yield every file that is generated, as it must be."""
    for case in cases():
        yield case.expected, rows_as_text(case).encode()
        yield case.pinned, with_digests(case.source, case.format)
    for name, text in golden.renderings().items():
        yield golden.FOLDER / name, text.encode()
    for name, text in scale.renderings().items():
        yield scale.FOLDER / name, text.encode()
    yield SCHEMA, schema_as_text().encode()
    yield pages.DOCS / SCHEMA.name, schema_as_text().encode()
    for page, text in pages.pages():
        yield page, text.encode()
    yield hooks.MANIFEST, hooks.filled(hooks.MANIFEST.read_text(encoding="utf-8")).encode()
    yield readme.README, readme.filled(readme.README.read_text(encoding="utf-8")).encode()
    yield picture.PICTURE, picture.draw().encode()


def schema_as_text() -> str:
    """Return the text of the JSON schema that the package ships."""
    return json.dumps(schema(), indent=2) + "\n"


def main() -> None:
    """Write what differs, and name it."""
    for path, content in generated():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            sys.stdout.write(f"{path.relative_to(Path(__file__).parents[1])}\n")


if __name__ == "__main__":
    main()
