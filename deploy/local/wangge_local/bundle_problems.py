"""What is to be mended before a configuration can be used, and how much of it a person is shown at once."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_ALIKE = 20
"""So many problems of a file that are mended alike are shown."""
_WORD, _TEXT = 80, 600
"""Characters of one word, and of a whole text, that still help to find it in the file."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend before this configuration can be used; a warning refuses nothing."""

    file: str
    line: int | None
    text: str
    remedy: str
    warning: bool = False

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {brief(self.text)}; {brief(self.remedy)}"


class BadBundle(ValueError):
    """The configuration is refused whole; *problems* says why, one line each, its text the most of it."""

    def __init__(self, folder: Path, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{folder} cannot be used:", *shown(self.problems))

    def __str__(self) -> str:
        return "\n".join(self.args)


def shown(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield a line for each problem; of many that are mended alike the first, and how many more there are."""
    seen: Counter[tuple[str, str]] = Counter()
    for problem in problems:
        alike = problem.file, problem.remedy
        seen[alike] += 1
        if seen[alike] <= _ALIKE:
            yield str(problem)
    for (file, remedy), count in seen.items():
        if (more := count - _ALIKE) > 0:
            yield f"{file}: and {more:,} more like it; {brief(remedy)} (wangge check-config DIR --json: all)"


def brief(text: str) -> str:
    """Return *text* with what would fill the screen cut short: a word without end, a page."""
    text = re.sub(rf"\S{{{_WORD},}}", lambda word: f"{word[0][: _WORD - 1]}…", text)
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"
