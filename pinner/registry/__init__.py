"""The only part of pinner that talks to a network. `pinner.resolver` is its front door."""
