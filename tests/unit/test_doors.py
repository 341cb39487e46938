"""What doors write inside lies where the rooms look for it."""

import pytest

from wangge_chassis.producing import Producer
from wangge_ledger import app as ledger
from wangge_ledger.settings import Settings as LedgerSettings
from wangge_notifier import app as notifier
from wangge_notifier.settings import Settings as NotifierSettings


def test_every_producer_of_a_door_keeps_to_the_partitions_of_the_house(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Producer] = []
    begin = Producer.__init__

    def noted(self: Producer, bootstrap: str, *, client_id: str, within_s: float = 5.0) -> None:
        begin(self, bootstrap, client_id=client_id, within_s=within_s)
        made.append(self)

    monkeypatch.setattr(Producer, "__init__", noted)
    services = (ledger.make_service(LedgerSettings()), notifier.make_service(NotifierSettings()))

    assert len(made) == 2
    assert [each for service in services for each in service.producers] == made
