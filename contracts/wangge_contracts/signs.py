"""Characters that a screen obeys, or nobody sees -> others that are only read."""

import json
from collections.abc import Callable
from unicodedata import category

_CONTROLS = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Categories of what a terminal obeys, or nobody sees: bidirectional and invisible controls among them."""
_HARMLESS = frozenset("\n\t\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")


class Signs(dict[int, str]):
    """
    A table for `str.translate`: *sign* says what stands for what would be obeyed, or is seen by nobody.

    It is filled as characters are met: to look at all that there are takes long.
    """

    def __init__(self, sign: Callable[[str], str]) -> None:
        super().__init__()
        self._sign = sign

    def __missing__(self, code: int) -> str:
        met = chr(code)
        obeyed = category(met) in _CONTROLS and met not in _HARMLESS
        return self.setdefault(code, self._sign(met) if obeyed else met)


_IN_JSON = Signs(lambda sign: json.dumps(sign)[1:-1])


def in_json(text: str) -> str:
    """Return *text*, which is JSON, with what a terminal would obey as `\\uXXXX`: it means the same."""
    return text.translate(_IN_JSON)
