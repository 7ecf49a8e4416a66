"""Which files of projects lead to others, and which belong together."""

from collections.abc import Iterable


class FileGroups:
    """Files by their paths. What is refused in one file of a group is not written in the others."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._leads_to: dict[str, list[str]] = {}

    def join(self, one: str, other: str) -> None:
        """Note that two files belong together, since one leads to the other."""
        self.unite(one, other)
        self._leads_to.setdefault(one, []).append(other)

    def unite(self, one: str, other: str) -> None:
        """Note that two files belong together."""
        first, second = self._group(one), self._group(other)
        self._above[second] = first

    def leading(self) -> Iterable[str]:
        """Return the files that lead to others."""
        return self._leads_to.keys()

    def reachable(self, paths: Iterable[str]) -> set[str]:
        """Return some files, and all that they lead to."""
        waiting = list(paths)
        found = set(waiting)
        while waiting:
            following = [path for path in self._leads_to.get(waiting.pop(), ()) if path not in found]
            found.update(following)
            waiting += following
        return found

    def numbers(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the number of the group of each file."""
        groups = {path: self._group(path) for path in paths}
        numbers = {group: number for number, group in enumerate(sorted(set(groups.values())))}
        return {path: numbers[group] for path, group in groups.items()}

    def _group(self, path: str) -> str:
        while (above := self._above.get(path, path)) != path:
            path = above
        return path
