"""Some city's CSV through the whole house: sent as its terminal would, counted from the topics themselves."""

import csv
import gzip
import io
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from confluent_kafka import KafkaError, Message
from pydantic_core import from_json

from wangge_contracts.topics import INCIDENTS_CHANGED, TERMINAL_RECEIPTS, TERMINAL_REPORTS
from wangge_contracts.v1 import IncidentChanged, ReportReceipt
from wangge_local.faults import why_unread
from wangge_local.ground import GroundError
from wangge_local.handwritten import why_no_text
from wangge_local.listening import Listener, Log
from wangge_local.replay_counting import Tally
from wangge_local.replay_mapping import Mapped, Row
from wangge_local.speaking import Speaker

AHEAD = 2000
"""How many reports may be under way at full speed: sent, and not yet refused or routed."""
PATIENCE_S = 60.0
"""After so long without anything new the rest counts as lost."""


def rows_of(file: Path, *, needed: frozenset[str]) -> Iterator[Row]:
    """
    Yield the rows of a CSV, packed with gzip or not.

    :raises GroundError: it cannot be read, or has one of the columns that are *needed* not once.
    """
    try:
        with file.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            unpacked = gzip.GzipFile(fileobj=raw) if packed else raw
            reader = csv.DictReader(io.TextIOWrapper(unpacked, "utf-8-sig", newline=""))
            names = list(reader.fieldnames or ())
            if missing := sorted(needed - set(names)):
                raise GroundError(f"{file} has no column {', '.join(missing)}, which the mapping names")
            if twice := sorted(name for name in needed if names.count(name) > 1):
                raise GroundError(f"{file} has two columns {twice[0]}, which the mapping names: rename one")
            yield from reader
    except (OSError, UnicodeDecodeError) as error:
        raise GroundError(f"{file} cannot be read: {why_no_text(error)}") from None
    except (EOFError, zlib.error) as error:
        raise GroundError(f"{file} is damaged, it cannot be unpacked: {error}") from None
    except csv.Error as error:
        raise GroundError(f"{file} is no CSV: {error}") from None


class Replay:
    """
    One replay over one house.

    :param speed: reports per second; None: as fast as the house judges them.
    """

    def __init__(self, bootstrap: str, mapped: Mapped, *, speed: float | None) -> None:
        self.tally = Tally(mapped.terminal)
        self._mapped = mapped
        self._speed = speed
        self._topic = TERMINAL_REPORTS.named(mapped.terminal)
        self._receipts = TERMINAL_RECEIPTS.named(mapped.terminal)
        if self._topic not in Log(bootstrap).counts():
            raise GroundError(
                f"this house has no terminal {mapped.terminal}: start one with the configuration that the"
                " mapping is of (wangge up --config DIR --data DIR)"
            )
        self._speaker = Speaker(bootstrap, source=f"/terminals/{mapped.terminal}", on_kept=self._kept)
        self._listener = Listener(bootstrap, [self._receipts, INCIDENTS_CHANGED.name], since="now")

    def run(self, rows: Iterator[Row], *, show: Callable[[Tally], None]) -> float:
        """
        Send all *rows* and wait until everything became of them what becomes; return the seconds it took.

        :raises GroundError: Kafka refuses, or the file breaks off.
        """
        began = moved = time.monotonic()
        more, seen = True, (0, 0, 0)
        with self._listener:
            while more or not self.tally.complete:
                now = time.monotonic()
                more = more and self._send(rows, seconds=now - began)
                self._speaker.poll()
                self._hear()
                show(self.tally)
                stands = (self.tally.sent, self.tally.judged, self.tally.arrived)
                if stands != seen:
                    seen, moved = stands, now
                elif now - moved > PATIENCE_S:
                    break
        self._speaker.flush()
        return time.monotonic() - began

    def _send(self, rows: Iterator[Row], *, seconds: float) -> bool:
        """Send what is due by now; False when there are no more rows."""
        due = self.tally.sent + 200 if self._speed is None else int(seconds * self._speed) + 1
        while self.tally.sent < due and self.tally.under_way < AHEAD:
            row = next(rows, None)
            if row is None:
                return False
            try:
                report = self._mapped.report_of(row)
                department = self._mapped.expected_of(row, "department")
                self._speaker.say(self._topic, report, key=report.report_id, message_id=report.report_id)
            except (ValueError, KeyError) as error:
                self.tally.unmapped[why_unread(error)] += 1
                continue
            self.tally.send(report.report_id, department=department)
        return True

    def _kept(self, error: KafkaError | None, message: Message) -> None:
        key = message.key()
        if error is None and key is not None:
            name = key.decode() if isinstance(key, bytes) else key
            self.tally.sent_at.setdefault(name, message.timestamp()[1])

    def _hear(self) -> None:
        for record in self._listener.more(timeout=0.02, most=2000):
            kind = record.header("ce_type")
            if kind == ReportReceipt.TYPE:
                self.tally.hear_receipt(record.header("ce_id"), from_json(record.value or b""))
            elif kind == IncidentChanged.TYPE:
                self.tally.hear_fact(from_json(record.value or b""), at_ms=record.timestamp_ms)
