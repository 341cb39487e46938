"""
`wangge`, and `python -m wangge_local`.

Loading what the command line needs takes a moment, and Ctrl-C in that moment is an end like any other.
"""

import sys


def app() -> None:
    """Run the command that the program was called with, and exit."""
    try:
        from wangge_local.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    app()
