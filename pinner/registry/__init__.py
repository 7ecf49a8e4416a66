"""Registries: the only part of pinner that uses a network. `resolver` is what the rest of pinner calls."""
