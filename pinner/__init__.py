# The one place of the version: the package metadata is made from it, and asking that takes longer than a hook does.
__version__ = "0.1.0"
