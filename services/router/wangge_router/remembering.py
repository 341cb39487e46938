"""What the rows said that were read or written last: what was parsed once is not parsed again."""

from collections import OrderedDict

from wangge_router.case import Case
from wangge_router.writing import Lines

MOST = 250
"""How many incidents are remembered, those spoken of last: about 75 kB each, 19 MB."""


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

    def recall(self, incident_id: str, row: bytes) -> tuple[Case, Lines] | None:
        """Return the case that *row* stands for, and its lines, if it is remembered."""
        known = self._rows.get(incident_id)
        if known is None or known[0] != row:
            return None
        self._rows.move_to_end(incident_id)
        return known[1], known[2]

    def keep(self, incident_id: str, row: bytes, case: Case, lines: Lines) -> None:
        """Remember what *row* stands for; what was spoken of longest ago is forgotten for it."""
        self._rows[incident_id] = (row, case, lines)
        self._rows.move_to_end(incident_id)
        if len(self._rows) > self._most:
            self._rows.popitem(last=False)


NOTHING = Memory(0)
"""Remembers nothing."""
