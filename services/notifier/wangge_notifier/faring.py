"""How each channel fares, over all its endpoints: a gateway that fails opens nobody's breaker soon."""

from collections import Counter

import prometheus_client
import structlog

from wangge_chassis.probes import Health
from wangge_notifier.delivering import Outcome

TOLD_FROM = 5
"""So many attempts in a row that came to nothing are told; fewer may be one receiver's trouble."""
_ATTEMPTS = prometheus_client.Counter(
    "wangge_notifier_attempts_total",
    "Attempts to send a notice, by channel and how each went: accepted or failed.",
    ["channel", "outcome"],
)
_FAILING = prometheus_client.Gauge(
    "wangge_notifier_failures_in_a_row",
    "Attempts by a channel that came to nothing since the last that was accepted.",
    ["channel"],
)


class Fares:
    """What became of the attempts of this replica; the next one that is accepted ends a channel's trouble."""

    def __init__(self) -> None:
        self._failed: Counter[str] = Counter()
        self._last: dict[str, str] = {}
        self._log = structlog.get_logger()

    def learn(self, channel: str, outcome: Outcome) -> None:
        """Count how an attempt went."""
        before = self._failed[channel]
        self._failed[channel] = 0 if outcome.accepted else before + 1
        self._last[channel] = outcome.code
        _ATTEMPTS.labels(channel, "accepted" if outcome.accepted else "failed").inc()
        _FAILING.labels(channel).set(self._failed[channel])
        if self._failed[channel] == TOLD_FROM:
            self._log.warning("channel_fails", channel=channel, in_a_row=TOLD_FROM, code=outcome.code)
        elif outcome.accepted and before >= TOLD_FROM:
            self._log.info("channel_works", channel=channel, failed_before=before)

    def examine(self, health: Health) -> None:
        """Say with the replica's health which channels reach nobody."""
        health.notes += [
            f"{channel}: the last {failed} attempts came to nothing, the last with {self._last[channel]}: "
            "wangge notices list tells whom they were for"
            for channel, failed in sorted(self._failed.items())
            if failed >= TOLD_FROM
        ]
