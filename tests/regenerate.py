"""Write `expected.json` and `pinned` of every case anew: `python -m tests.regenerate`.

Read the difference before you commit it: it is what the change means for users.
"""

import sys

from tests.support.cases import cases, rows_as_text, with_digests


def main() -> None:
    for case in cases():
        case.expected.write_bytes(rows_as_text(case).encode())
        case.pinned.write_bytes(with_digests(case.source, case.format))
        sys.stdout.write(f"{case.name}\n")


if __name__ == "__main__":
    main()
