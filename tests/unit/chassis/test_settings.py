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


LINKS = {
    "_SERVICE_HOST": "10.0.0.11",
    "_SERVICE_PORT": "8000",
    "_SERVICE_PORT_HTTP": "8000",
    "_PORT_8000_TCP": "tcp://10.0.0.11:8000",
    "_PORT_8000_TCP_PROTO": "tcp",
    "_PORT_8000_TCP_PORT": "8000",
    "_PORT_8000_TCP_ADDR": "10.0.0.11",
}
"""What Kubernetes tells of a Service, each after its name; and `_PORT`."""


@pytest.mark.parametrize("service", ["WANGGE_ROUTER", "WANGGE_ROUTER_METRICS", "WANGGE_KAFKA"])
def test_what_kubernetes_tells_of_a_service_of_our_name_is_no_setting(
    monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    for name, value in LINKS.items():
        monkeypatch.setenv(service + name, value)
    if service != "WANGGE_ROUTER":
        monkeypatch.setenv(f"{service}_PORT", "tcp://10.0.0.11:8000")

    assert Settings.from_environment().port == 0
    assert KafkaAccess.from_environment().user is None


def test_what_docker_tells_of_a_linked_container_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"_NAME": "/front/wangge-router", "_ENV_PATH": "/bin", "_ENV_WANGGE_ROUTER_KAFKA": "kafka:9092"}
    for name, value in (told | {"_PORT_8000_TCP_PORT_START": "8000", "_PORT_8000_TCP_END": "x"}).items():
        monkeypatch.setenv(f"WANGGE_ROUTER{name}", value)
    assert Settings.from_environment().kafka == "127.0.0.1:9092"

    monkeypatch.setenv("WANGGE_ROUTER_NAME", "router")
    with pytest.raises(SystemExit) as ended:
        Settings.from_environment()
    refused = [line.partition(":")[0] for line in str(ended.value).splitlines()]
    assert refused == [f"WANGGE_ROUTER{name}" for name in sorted(told)]


@pytest.mark.parametrize(
    "misspelt", ["SERVICE", "SERVICE_HOSTS", "PORT_TCP", "PORT_8000_HTTP", "PORT_8000_TCP_ADDRESS", "A_PORT"]
)
def test_what_only_resembles_that_is_refused(monkeypatch: pytest.MonkeyPatch, misspelt: str) -> None:
    monkeypatch.setenv(f"WANGGE_ROUTER_{misspelt}", "8000")

    with pytest.raises(SystemExit, match=rf"^WANGGE_ROUTER_{misspelt}: there is no such setting$"):
        Settings.from_environment()


def test_a_port_that_kubernetes_has_set_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGGE_ROUTER_PORT", "tcp://10.0.0.11:8000")

    with pytest.raises(SystemExit) as ended:
        Settings.from_environment()

    assert str(ended.value) == (
        "WANGGE_ROUTER_PORT: tcp://10.0.0.11:8000 tells of a Service of that name: "
        "set this variable, or enableServiceLinks: false"
    )
