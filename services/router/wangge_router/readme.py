"""The tables of README brought up to date: `python -m wangge_router.readme`."""

import sys
from pathlib import Path

from wangge_router.diagram import inserted

README = Path(__file__).parents[1] / "README.md"


def main() -> None:
    """Draw them anew, and say so if they were stale."""
    before = README.read_text(encoding="utf-8")
    after = inserted(before)
    if after != before:
        README.write_text(after, encoding="utf-8")
        sys.stdout.write("services/router/README.md\n")


if __name__ == "__main__":
    main()
