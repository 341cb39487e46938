"""What the environment says of a room is taken, or named; nothing of it is passed over."""

import pytest

from wangge_chassis.kafka_access import KafkaAccess
from wangge_router.settings import Settings


def test_a_misspelt_setting_is_named_with_whatever_else_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGGE_ROUTER_BATCHSIZE", "1")
    monkeypatch.setenv("WANGGE_ROUTER_STOP_POINT", "after-lock")
    monkeypatch.setenv("WANGGE_ROUTER_PORT", "-1")

    with pytest.raises(SystemExit) as ended:
        Settings.from_environment()

    port, *unknown = str(ended.value).splitlines()
    assert port.startswith("WANGGE_ROUTER_PORT: ")
    assert unknown == [
        "WANGGE_ROUTER_BATCHSIZE: there is no such setting",
        "WANGGE_ROUTER_STOP_POINT: there is no such setting",
    ]


def test_a_misspelt_setting_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGGE_KAFKA_USERNAME", "router")

    with pytest.raises(SystemExit, match=r"^WANGGE_KAFKA_USERNAME: there is no such setting$"):
        KafkaAccess.from_environment()


def test_what_is_somebody_elses_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGGE_LEDGER_PEOPLE", "people.toml")
    monkeypatch.setenv("wangge_router_batch_size", "7")

    assert Settings.from_environment().batch_size == 7
