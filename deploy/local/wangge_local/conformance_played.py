"""`wangge conformance`: plays a mailbox to the connector that reads it, and says what its answers show."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Literal

from wangge_contracts.cloudevents import from_headers, from_structured, is_structured
from wangge_contracts.message import Unreadable
from wangge_contracts.v1 import TaskAnswered
from wangge_ledger.whose import Whose
from wangge_local.cli_options import kafka_of, postgres_of
from wangge_local.cli_screen import say
from wangge_local.clock import ClockKeeper
from wangge_local.conformance import Spoken, Trial, trials
from wangge_local.conformance_shown import show
from wangge_local.conformance_told import Mailbox, Record
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.listening import Heard, Listener
from wangge_local.speaking import Speaker
from wangge_local.standing import in_force

Kind = Literal["department", "terminal"]


def play(
    folder: HouseFolder, kind: Kind, slug: str, *, within_s: float, quiet_s: float, as_json: bool
) -> int:
    """
    Play it and print the verdicts; return 0 when the connector bore everything.

    :param within_s: how long each task may go unanswered. :param quiet_s: how long it is listened for what
        should not come. :raises GroundError: *slug* has no mailbox, or the house is away.
    """
    bootstrap, now = kafka_of(folder), ClockKeeper(postgres_of(folder)).now()
    parts = in_force(bootstrap, at=now)
    mailbox = _of_department(slug, parts) if kind == "department" else _of_terminal(slug, parts)
    asked = list(trials(mailbox, parts["district"]["code"], f"conformance-{token_hex(3)}", at=now))
    speaker, verdicts = Speaker(bootstrap, source="/wangge-conformance"), dict[str, str | None]()
    begun: list[Trial] = []
    with Listener(bootstrap, [mailbox.answers], since="now") as listener:
        stage = _Stage(speaker, listener, within_s=within_s, quiet_s=quiet_s)
        try:
            for trial in asked:
                if not as_json:
                    say(f"{trial.name}: {trial.task.case_number} lies in the mailbox. The connector is to")
                    say(f"    {trial.must}")
                begun.append(trial)
                verdicts[trial.name] = stage.tried(trial)
                if trial is asked[0] and verdicts[trial.name] is not None:
                    break  # Who does not even hear of a task would be waited for seven times.
        finally:
            stage.tell([trial.withdrawal(mailbox, at=now) for trial in begun])
    return show([trial.name for trial in asked], verdicts, as_json=as_json)


def _of_department(slug: str, parts: Mapping[str, Any]) -> Mailbox:
    unit = next((each for each in parts["departments"] if each["slug"] == slug), None)
    if unit is None or unit.get("reach") != "mailbox":
        why = "there is no such unit" if unit is None else f"it is reached by {unit.get('reach')}"
        raise GroundError(f"{slug} has no mailbox: {why}")
    return Mailbox.of_department(slug)


def _of_terminal(slug: str, parts: Mapping[str, Any]) -> Mailbox:
    theirs = Whose.of_outsider(f"terminals.{slug}", parts["rosters"])
    officers = (post["holder"] for post in parts["rosters"]["posts"] if theirs.has(post["holder"]))
    if (holder := next(officers, None)) is None:
        raise GroundError(f"{slug} has no mailbox: no officer of the roster in force has his tasks by it")
    return Mailbox.of_officer(slug, holder)


class _Stage:
    """Where the connector is played to, and heard."""

    def __init__(self, speaker: Speaker, listener: Listener, *, within_s: float, quiet_s: float) -> None:
        self._speaker, self._listener = speaker, listener
        self._within_s, self._quiet_s = within_s, quiet_s
        self._heard: dict[str, list[TaskAnswered]] = {}
        self._unreadable: list[str] = []

    def tried(self, trial: Trial) -> str | None:
        """Return why the connector does not bear *trial*; None when it does."""
        answers, unread = self._heard.setdefault(trial.task.task_id, []), len(self._unreadable)
        self.tell(trial.tells)
        self._listen(self._within_s, until=lambda: bool(answers) or len(self._unreadable) > unread)
        self._listen(self._quiet_s)
        if len(self._unreadable) > unread:
            return f"what it says cannot be read: {self._unreadable[unread]}"
        if not answers:
            return f"no answer within {self._within_s:g} s"
        before = len(answers)
        self.tell(trial.then(answers[0]))
        self._listen(self._quiet_s)
        return trial.why_failed([Spoken(each, number >= before) for number, each in enumerate(answers)])

    def tell(self, told: Sequence[Record]) -> None:
        """Put records where the connector reads."""
        for one in told:
            self._speaker.hand_over(one.topic, key=one.key.encode(), headers=one.headers, value=one.value)
        self._speaker.flush()

    def _listen(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
        """Take in what comes for so long, or *until* that is so."""
        ends = time.monotonic() + seconds
        while not until() and time.monotonic() < ends:
            for record in self._listener.more(timeout=0.1):
                try:
                    answer = _answer(record)
                except (Unreadable, ValueError) as error:
                    self._unreadable.append(f"{record.topic}/{record.partition}/{record.offset}: {error}")
                else:
                    self._heard.setdefault(answer.task_id, []).append(answer)


def _answer(record: Heard) -> TaskAnswered:
    """Return the answer, read as intake reads it. Raises Unreadable, and ValueError for a wrong shape."""
    value, at = record.value or b"", datetime.now(UTC)
    if is_structured(record.headers):
        _, value = from_structured(value, otherwise=at)
    else:
        from_headers(record.headers, otherwise=at)
    return TaskAnswered.read(value)
