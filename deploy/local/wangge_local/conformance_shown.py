"""What a play of `wangge conformance` found, for people and as JSON."""

from collections.abc import Mapping, Sequence

from wangge_local.cli_screen import say_json, table

Verdicts = Mapping[str, str | None]
"""Of each trial that was tried why what was tried out does not bear it; None: it does."""


def show(trials: Sequence[str], verdicts: Verdicts, *, as_json: bool) -> int:
    """Print the verdict on each of *trials*, by their names; return 0 when all were tried and borne."""
    passed = len(verdicts) == len(trials) and not any(verdicts.values())
    told = [(name, _word(name, verdicts), verdicts.get(name)) for name in trials]
    if as_json:
        names = ("trial", "verdict", "why")
        say_json({"passed": passed, "trials": [dict(zip(names, each, strict=True)) for each in told]})
    else:
        table(("trial", "verdict", "why"), told)
    return 0 if passed else 1


def _word(name: str, verdicts: Verdicts) -> str:
    if name not in verdicts:
        return "not tried"
    return "passed" if verdicts[name] is None else "failed"
