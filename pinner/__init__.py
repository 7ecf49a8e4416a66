# Also in pyproject.toml; asking the package metadata would take longer than a hook does.
__version__ = "0.1.0"
