"""
`wangge`, and `python -m wangge_local`.

Loading what the command line needs takes a moment, and Ctrl-C in that moment is an end like any other.
"""

import gc
import os
import signal
import sys


def app() -> None:
    """Run the command that the program was called with, and exit."""
    # A city is many objects that stay: to look for garbage among them every 700 takes half of loading it.
    gc.set_threshold(50_000, 20, 20)
    _open_closed()
    # As Ctrl-C does: whoever draws on the terminal gives it back first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        from wangge_local.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(_flushed(code))


def _open_closed() -> None:
    """Let a standard stream that was closed (`>&-`) lead nowhere: else the next opened file would be it."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _flushed(code: int) -> int:
    """Write out what is left; return *code*, or 1 when nobody takes it: a full disk, a closed pipe."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # What is left would be tried again at the very end, and end in a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if code == 0 and not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"wangge: {error.strerror}\n")
        return code or 1
    return code


if __name__ == "__main__":
    app()
