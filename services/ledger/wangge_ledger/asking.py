"""What is asked -> the condition of a statement, and nothing else in it: so an index may serve it."""


class Conditions:
    """Conditions that all hold, and the values that they stand for."""

    def __init__(self) -> None:
        self._wanted: list[str] = []
        self.values: list[object] = []

    def where(self, condition: str, *given: object) -> None:
        """Add a *condition*; each `{}` in it, or `{0}` and so on, stands for one that is *given*."""
        self._wanted.append(condition.format(*map(self.parameter, given)))

    def parameter(self, value: object) -> str:
        """Return the name under which the statement finds *value*."""
        self.values.append(value)
        return f"${len(self.values)}"

    def condition(self, *more: str) -> str:
        """Return the statement's WHERE, *more* conditions first; nothing when all is asked for."""
        wanted = (*more, *self._wanted)
        return f"WHERE {' AND '.join(wanted)}" if wanted else ""
