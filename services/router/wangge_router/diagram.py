"""The tables of `lifecycle` and `ordering`, as README shows them."""

from collections.abc import Callable, Mapping

from wangge_contracts.message import words
from wangge_contracts.table import filled, table
from wangge_contracts.v1 import TaskKind, TaskState
from wangge_router.commanding import Line
from wangge_router.lifecycle import TRANSITIONS
from wangge_router.ordering import ORDERS
from wangge_router.turns import GUARDS, TURN, Transition

_TURN = "turn"
"""The box of the states in which somebody has the turn."""
_STAYS = {None: "as it was", "before": "as before the request"}
_PLACES = (_TURN, *words(TaskState))
_KINDS = words(TaskKind)


def inserted(text: str) -> str:
    """*text* with `diagram`, `acts` and `orders`."""
    return filled(text, _DRAWN)


def _diagram() -> str:
    """
    Every state of a task and what leads from one to the next, as a Mermaid diagram.

    The states in which somebody has the turn stand in one box, and what is said in all of them is one arrow.
    An act is told with its kinds of task where not every kind that makes that step makes it so.
    """
    steps: dict[tuple[str, str], dict[str, set[str]]] = {}
    for line in TRANSITIONS:
        for start, end in arrows(line):
            steps.setdefault((start, end), {}).setdefault(_act(line), set()).update(line.kinds)
    ordered = sorted(steps.items(), key=lambda step: [_PLACES.index(place) for place in step[0]])
    ends = [place for place in _PLACES if place in {end for _, end in steps} - {start for start, _ in steps}]
    return "\n".join(
        [
            "```mermaid",
            "stateDiagram-v2",
            "  [*] --> assigned",
            f"  state {_TURN} {{",
            *(f"    {state}" for state in TURN),
            "  }",
            *(f"  {start} --> {end}: {_acts(acts)}" for (start, end), acts in ordered),
            *(f"  {end} --> [*]" for end in ends if end not in TURN),
            "```\n",
        ]
    )


def arrows(line: Transition) -> list[tuple[str, str]]:
    """From where to where *line* leads; one arrow from the box if it holds wherever somebody has the turn."""
    everywhere = set(TURN) <= set(line.states)
    alone = (state for state in line.states if not (everywhere and state in TURN))
    starts = [_TURN, *alone] if everywhere else [*alone]
    end = _TURN if line.to == "before" else line.to
    return [(start, end or start) for start in starts]


def _act(line: Transition) -> str:
    return f"{line.act} {line.verdict}" if line.verdict else line.act


def _acts(acts: Mapping[str, set[str]]) -> str:
    """The acts of one step; those that the same kinds of task know stand together."""
    by_kinds: dict[tuple[str, ...], list[str]] = {}
    for act, kinds in acts.items():
        by_kinds.setdefault(tuple(kind for kind in _KINDS if kind in kinds), []).append(act)
    widest = max(by_kinds, key=len)
    told = (
        ", ".join(names) + ("" if kinds == widest and len(kinds) > 1 else f" ({', '.join(kinds)})")
        for kinds, names in by_kinds.items()
    )
    return "; ".join(told)


def _acts_table() -> str:
    """Every line of the table of acts, in words."""
    rows = (
        (
            f"`{_act(line)}`",
            ", ".join(line.kinds),
            ", ".join(line.states),
            _STAYS.get(line.to, str(line.to)),
            _words(*line.effects, line.counted and f"counts {line.counted}"),
            _words(
                line.given,
                *(_words(guard) + f" (`{GUARDS[guard].code}`)" for guard in line.guards),
                None if "holder" in line.who else "by the desk",
                None if line.life == ("open",) else f"matter {' or '.join(line.life)}",
            ),
        )
        for line in TRANSITIONS
    )
    return table(("what is said", "of", "in state", "then", "and", "only if (else)"), rows)


def _orders_table() -> str:
    """Every order that is carried out."""
    rows = (
        (
            f"`{name}`",
            ", ".join(line.kinds) or "-",
            _who(line),
            "yes" if line.needs_reason else "",
            line.change,
        )
        for name, line in ORDERS.items()
    )
    return table(("order", "gives", "who may (or a desk above)", "reason", "the fact says"), rows)


def _who(line: Line) -> str:
    asked = "any desk of the place or asked"
    desks = {"any": asked, "deciding": "the deciding desk", "district": "the district"}
    told = {"person": desks[line.desk], "ladder": "the ladder", "incident": "another incident"}
    return ", ".join(told[by] for by in line.by)


def _words(*said: str | None) -> str:
    return "; ".join(word if "`" in word else word.replace("-", " ") for word in said if word)


_DRAWN: Mapping[str, Callable[[], str]] = {
    "diagram": _diagram,
    "acts": _acts_table,
    "orders": _orders_table,
}
