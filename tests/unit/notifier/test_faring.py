"""A channel that reaches nobody is told, whoever its endpoints are, until it reaches somebody again."""

from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.unit.notifier.telling import NOW
from wangge_chassis.probes import Health
from wangge_notifier.channels import Channels
from wangge_notifier.delivering import Outcome
from wangge_notifier.faring import TOLD_FROM, Fares
from wangge_notifier.flying import Flights
from wangge_notifier.pacing import Pace
from wangge_notifier.sending import Channel, Flight, Parcel

AWAY = Outcome("http-500", sick=True)
SENT = Outcome("ok", accepted=True)


class Gateway(Channel):
    """One gateway behind every endpoint."""

    outcome = AWAY

    async def send(self, parcel: Parcel) -> Outcome:
        del parcel
        return self.outcome


def notes(fares: Fares) -> list[str]:
    fares.examine(told := Health())
    return told.notes


def failures(channel: str) -> float | None:
    return REGISTRY.get_sample_value("wangge_notifier_failures_in_a_row", {"channel": channel})


async def test_a_gateway_that_fails_for_everybody_is_told_until_one_text_gets_through() -> None:
    gateway = Gateway()
    flights = Flights({"sms": gateway}, landed=lambda: None, steady=lambda: 100.0)

    async def text(somebody: int) -> None:
        parcel = Parcel(f"n{somebody}", 1, f"+86-{somebody}", "", "", "", b"", Channels())
        lane = flights.lanes[f"e{somebody}"]
        flights.launch(flights.mark(Flight(parcel, "sms", lane), Pace()))
        await flights.land()
        lane.learn(Pace(), gateway.outcome, now=NOW)

    with capture_logs() as logged:
        for somebody in range(3 * TOLD_FROM):
            await text(somebody)
        [told] = notes(flights.fares)
        gateway.outcome, at_its_height = SENT, failures("sms")
        await text(99)

    assert not any(lane.closed_until for lane in flights.lanes.values())
    assert told.startswith("sms: the last 15 attempts came to nothing, the last with http-500")
    assert [line["event"] for line in logged] == ["channel_fails", "channel_works"]
    assert (at_its_height, failures("sms")) == (15, 0)
    assert notes(flights.fares) == []


def test_what_one_receiver_refuses_is_not_told_of_the_channel() -> None:
    fares = Fares()
    with capture_logs() as logged:
        for outcome in (*[AWAY] * (TOLD_FROM - 1), SENT) * 3:
            fares.learn("webhook", outcome)

    assert notes(fares) == []
    assert not logged
