"""Variables in references, and what they do to the place of a digest."""
