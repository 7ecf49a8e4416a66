"""The only part of pinner that talks to a network. `resolver` is what the rest of pinner calls."""
