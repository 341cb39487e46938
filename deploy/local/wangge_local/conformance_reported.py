"""`wangge conformance terminal`: a door that troubles who reports, and what his reports show."""

import time
from collections.abc import Callable
from queue import Empty

from wangge_local.cli_screen import ERRORS, say
from wangge_local.conformance_door import Trying, trying_door
from wangge_local.conformance_shown import show
from wangge_local.conformance_terminal import TRIALS, Attempt, Trial
from wangge_local.doors import Door, Refused, step
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.house_keys import read_tokens

_JUDGED_WITHIN_S = 20.0


def play(folder: HouseFolder, slug: str, *, port: int, within_s: float, quiet_s: float, as_json: bool) -> int:
    """
    Play it and print the verdicts; return 0 when the terminal system bore everything.

    :param port: of the door on loopback; 0: a free one. :param within_s: how long each report, and each
        repetition that is due, may be waited for. :param quiet_s: how long it is listened for what should not
        come. :raises GroundError: there is no such terminal system, the house is away, or the port is taken.
    """
    folder.require_keeper()
    tokens = {o.partition(".")[2]: t for o, t in read_tokens(folder).items() if o.startswith("terminals.")}
    if slug not in tokens:
        raise GroundError(f"there is no terminal system {slug!r} here; there is {', '.join(sorted(tokens))}")
    house = Door("intake", folder.door("intake-0"), tokens[slug])
    stage = _Stage(Trying(house.address, slug, tokens[slug]), house, within_s=within_s, quiet_s=quiet_s)
    verdicts = dict[str, str | None]()
    try:
        with trying_door(stage.trying, port=port) as address:
            ERRORS.print(f"{slug} is to report at {address}, with its token, instead of at {house.address}")
            for trial in TRIALS:
                if not as_json:
                    say(f"{trial.name}: have something new reported. The terminal is to")
                    say(f"    {trial.must}")
                verdicts[trial.name] = stage.tried(trial)
                if verdicts[TRIALS[0].name] is not None:
                    break  # Who cannot report at all would be waited for seven times.
    except OSError as error:
        raise GroundError(
            f"no door on port {port} ({error.strerror}): give another --port, or none"
        ) from None
    return show([trial.name for trial in TRIALS], verdicts, as_json=as_json)


class _Stage:
    """Where the terminal is played to, and heard."""

    def __init__(self, trying: Trying, house: Door, *, within_s: float, quiet_s: float) -> None:
        self.trying = trying
        self._house = house
        self._within_s, self._quiet_s = within_s, quiet_s

    def tried(self, trial: Trial) -> str | None:
        """Return why the terminal does not bear *trial*; None when it does."""
        attempts: list[Attempt] = []
        self.trying.meet(trial.answer)
        self._listen(attempts, self._within_s, until=lambda: bool(attempts))
        if not attempts:
            return f"no report within {self._within_s:g} s"
        if trial.again:
            self._listen(attempts, self._within_s, until=lambda: any(e.kept for e in attempts[1:]))
        self._listen(attempts, self._quiet_s)
        why = trial.why_failed(attempts, within_s=self._within_s)
        kept = any(each.kept and each.report_id == attempts[0].report_id for each in attempts)
        return why or (self._rejected(attempts[0]) if kept else None)

    def _listen(
        self, attempts: list[Attempt], seconds: float, *, until: Callable[[], bool] = lambda: False
    ) -> None:
        """Add what comes from the trial's report on for so long, or *until* that is so."""
        ends = time.monotonic() + seconds
        while not until() and (left := ends - time.monotonic()) > 0:
            try:
                attempt = self.trying.heard.get(timeout=left)
            except Empty:
                return
            if attempts or attempt.tried:
                attempts.append(attempt)

    def _rejected(self, attempt: Attempt) -> str | None:
        """Return why the room does not stand behind what its door has kept; None: it does."""
        ends, outcome = time.monotonic() + _JUDGED_WITHIN_S, None
        while outcome is None:
            try:
                outcome = self._house.get(f"/v1/reports/{step(attempt.report_id)}")["outcome"]
            except Refused as refused:
                if time.monotonic() > ends:
                    return f"kept, and not judged within {_JUDGED_WITHIN_S:g} s: {refused}"
                time.sleep(0.1)
        return (
            "kept, and rejected: it says not what it is about, or not where"
            if outcome == "rejected"
            else None
        )
