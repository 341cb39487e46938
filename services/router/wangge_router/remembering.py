"""What the rows said that were read or written last: what was parsed once is not parsed again."""

from collections import OrderedDict

from wangge_router.case import Case
from wangge_router.writing import Lines

MOST = 250
"""How many incidents are remembered, those spoken of last: about 75 kB each, 19 MB."""
MOST_BYTES = 4_000_000
"""
How much their tasks are, as they are written: of large reports fewer are remembered. A case takes four times
as much as what is written of it, besides what its many small parts take.
"""


class Memory:
    """
    The cases of the incidents spoken of last, each under the very bytes of its row.

    A case is given out only for the bytes that it stands for, so nothing here can be out of date: whatever a
    batch that failed left behind, or another replica wrote meanwhile, the row is right and is parsed. Cases
    are frozen, so nobody changes what is remembered.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows: OrderedDict[str, tuple[bytes, Case, Lines]] = OrderedDict()
        self._bytes = 0

    def recall(self, incident_id: str, row: bytes) -> tuple[Case, Lines] | None:
        """Return the case that *row* stands for, and its lines, if it is remembered."""
        known = self._rows.get(incident_id)
        if known is None or known[0] != row:
            return None
        self._rows.move_to_end(incident_id)
        return known[1], known[2]

    def keep(self, incident_id: str, row: bytes, case: Case, lines: Lines) -> None:
        """Remember what *row* stands for; what was spoken of longest ago is forgotten for it."""
        before = self._rows.pop(incident_id, None)
        if before is not None:
            self._bytes -= _size(before[2])
        self._rows[incident_id] = (row, case, lines)
        self._bytes += _size(lines)
        while len(self._rows) > self._most or (self._bytes > MOST_BYTES and self._rows):
            _, (_, _, forgotten) = self._rows.popitem(last=False)
            self._bytes -= _size(forgotten)


def _size(lines: Lines) -> int:
    return sum(len(line) for _, line in lines.values())


NOTHING = Memory(0)
"""Remembers nothing."""
