"""Paths as platforms want them: relative to the folder that pinner runs in, with forward slashes."""

import os
from pathlib import Path
from urllib.parse import quote

from pinner.model.escaping import without_user_info


def relative(path: str) -> str:
    """Return `path` without leading `./`, and relative where it lies below the working directory."""
    path = os.path.normpath(without_user_info(path))  # before two slashes become one, while a URL is one
    folder = os.path.join(os.getcwd(), "")
    return path.removeprefix(folder).replace(os.sep, "/")


def uri(path: str) -> str:
    """Return `relative(path)` as a percent-encoded URI reference (RFC 3986); a path outside as a `file:` URI."""
    path = relative(path)
    try:
        return Path(path).as_uri() if os.path.isabs(path) else quote(os.fsencode(path))
    except UnicodeEncodeError:
        # A lone surrogate of UTF-16, which the file names of Windows may hold.
        return quote(path, errors="surrogatepass")
