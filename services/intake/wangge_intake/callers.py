"""Who stands at the door, and how much each may send."""

from collections.abc import Callable
from dataclasses import dataclass

from wangge_chassis.problems import Problem
from wangge_contracts.v1 import fault

TOLD_EVERY_S = 60.0
"""How often it is told of one caller that he sends too much, seconds; the metrics count each refusal."""


@dataclass(slots=True)
class Quota:
    """
    A bucket that fills by *per_s* every second up to *burst*, and that each message takes one from.

    A batch may overdraw it, so that none is too large for ever; then its sender waits until it is paid back.
    """

    per_s: float
    burst: float
    level: float
    at: float
    told_at: float | None = None
    """When it was last told that it is used up."""

    def take(self, count: int, *, now: float, taken: int = 0) -> float:
        """
        Take *count* and return 0, or take nothing and return the seconds to wait; *now* is monotonic.

        :param taken: what was taken before for the same batch, and is not held against the rest of it.
        """
        self.level = min(self.burst, self.level + (now - self.at) * self.per_s)
        self.at = now
        if self.level + taken <= 0:
            return max((1.0 - self.level) / self.per_s, 0.001)
        self.level -= count
        return 0.0


def token_unknown() -> Problem:
    """Return what a stranger is told."""
    return Problem(401, fault("token-unknown"))


def quota_used_up(wait_s: float, detail_en: str = "") -> Problem:
    """Return what is told to who asks too often, and may again in *wait_s*."""
    return Problem(429, fault("quota", detail_en=detail_en), headers={"retry-after": str(int(wait_s) + 1)})


class Callers:
    """
    The outsiders who may enter, and what is left of each one's quota.

    :param owner_of: tells by an `Authorization` header who sends it, as `terminals.pda`; None: nobody known.
    :param tell: hears now and then whose quota is used up.
    """

    def __init__(
        self,
        owner_of: Callable[[bytes], str | None],
        *,
        quota_per_s: float,
        quota_burst: float,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._owner_of, self._tell = owner_of, tell
        self._per_s, self._burst = quota_per_s, quota_burst
        self._quotas: dict[str, Quota] = {}

    def owner(self, authorization: bytes) -> str:
        """Return the topic prefix of who sends this `Authorization` header. Raises Problem 401."""
        owner = self._owner_of(authorization)
        if owner is None:
            raise token_unknown()
        return owner

    def charge(self, owner: str, count: int, *, now: float, charged: int = 0) -> None:
        """
        Charge *count* messages to *owner*; *now* is monotonic. Raises Problem 429.

        :param charged: how many of the same request were charged before.
        """
        quota = self._quotas.get(owner)
        if quota is None:
            quota = self._quotas[owner] = Quota(self._per_s, self._burst, self._burst, now)
        wait_s = quota.take(count, now=now, taken=charged)
        if wait_s:
            if quota.told_at is None or now - quota.told_at >= TOLD_EVERY_S:
                quota.told_at = now
                self._tell(owner)
            raise quota_used_up(wait_s)
