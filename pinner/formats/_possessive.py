"""Expressions that do not go back, such as `(?:a|b)*+`."""

import sys

# Before, they may match too much: https://github.com/python/cpython/issues/106052
IS_RELIABLE = sys.version_info >= (3, 11, 5)
