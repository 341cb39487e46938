"""What became of what somebody said from the command line, as the screen and the exit code tell it."""

from wangge_local.cli_screen import say, say_json
from wangge_local.voices import Verdict, is_good, told


def show(verdict: Verdict, said: str, *, as_json: bool) -> int:
    """Show *verdict* on what was *said*; return 0 when it was applied, else 1."""
    if as_json:
        say_json(verdict.model_dump(mode="json", exclude_none=True))
    else:
        say(f"{said}: {told(verdict)}")
    return 0 if is_good(verdict) else 1
