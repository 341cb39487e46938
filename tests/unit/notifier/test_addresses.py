"""Nothing that a notice is sent to leads inside, however it is written, unless an operator lists it."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.unit.notifier.conftest import Serving
from wangge_local.ports import free_port
from wangge_notifier.addresses import Admitted
from wangge_notifier.delivering import Outcome
from wangge_notifier.dialling import MOST_BYTES, Dialler

NOBODY = Admitted()
HERE = Admitted.parse("127.0.0.0/8")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2002:101:101::1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "64:ff9b:1::808:808",
        "::ffff:0:7f00:1",
        "::ffff:0:808:808",
        "::7f00:1",
        "::a00:1",
        "::808:808",
        "fec0::1",
        "5f00::1",
        "3fff::1",
        "4000::1",
        "2001:4:112::1",
        "192.88.99.1",
        "192.0.0.8",
        "192.0.0.10",
        "168.63.129.16",
        "no address",
    ],
)
def test_what_leads_inside_is_not_admitted(address: str) -> None:
    assert not NOBODY.admits(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_what_is_public_is_admitted(address: str) -> None:
    assert NOBODY.admits(address)


def test_what_an_operator_lists_is_admitted_and_nothing_else() -> None:
    listed = Admitted.parse("10.1.0.0/16, 127.0.0.1/32")

    assert listed.admits("10.1.2.3")
    assert listed.admits("::ffff:10.1.2.3")
    assert not listed.admits("10.2.0.1")
    assert Admitted.parse("::1/128").admits("::1")
    assert Admitted.parse("fec0::/10").admits("fec0::1")


def test_what_a_listed_tunnel_leads_to_is_judged_by_itself() -> None:
    teredo, sixtofour = Admitted.parse("2001::/32"), Admitted.parse("2002::/16")

    assert teredo.admits("2001:0:4136:e378:8000:63bf:f7f7:f7f7")  # 8.8.8.8
    assert not teredo.admits("2001:0:4136:e378:8000:63bf:80ff:fffe")  # 127.0.0.1
    assert sixtofour.admits("2002:101:101::1")  # 1.1.1.1
    assert not sixtofour.admits("2002:7f00:1::")  # 127.0.0.1


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "100.100.100.200",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "::ffff:0:a9fe:a9fe",
        "::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
def test_where_clouds_keep_secrets_no_list_opens(address: str) -> None:
    assert not Admitted.parse("0.0.0.0/0,::/0").admits(address)


def test_a_wrong_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.1\.2\.3/8"):
        Admitted.parse("10.1.2.3/8")


class Told(AbstractResolver):
    """A name server that says what the test wants, each time the next answer."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, _: Any = 0) -> list[ResolveResult]:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        kind = socket.AF_INET6
        return [
            ResolveResult(
                hostname=host,
                host=each,
                port=port,
                family=kind if ":" in each else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for each in found
        ]

    async def close(self) -> None:
        pass


async def called(
    address: str,
    *,
    admitted: Admitted = NOBODY,
    resolver: Callable[[], AbstractResolver] | None = None,
    within_s: float = 2,
) -> Outcome:
    dialler = Dialler(admitted, within_s=within_s, resolver=resolver)
    keeping = asyncio.create_task(dialler.attend())
    try:
        await asyncio.sleep(0)
        outcome, _, read = await dialler.call("POST", address, headers={}, body=b"{}", reads=True)
        assert len(read) <= MOST_BYTES
        return outcome
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://0x7f.1:{port}/",
        "http://127.1:{port}/",
        "http://localhost:{port}/",
    ],
)
async def test_no_spelling_of_this_machine_is_dialled(address: str, serving: Serving) -> None:
    heard: list[str] = []

    def answer(request: web.BaseRequest) -> web.Response:
        heard.append(request.path)
        return web.Response()

    port = await serving(answer)
    outcome = await called(address.format(port=port))

    assert (outcome.code, outcome.hopeless) == ("address-refused", True)
    assert heard == []


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("file:///etc/passwd", "bad-address"),
        ("gopher://example.org/", "bad-address"),
        ("http://good.example@127.0.0.1/", "bad-address"),
        ("http://", "bad-address"),
        ("nonsense", "bad-address"),
    ],
)
async def test_what_is_no_plain_web_address_is_refused(address: str, code: str) -> None:
    assert (await called(address)).code == code


@pytest.mark.parametrize("answers", [["1.1.1.1", "10.0.0.1"], ["10.0.0.1"], ["::ffff:127.0.0.1"]])
async def test_a_name_with_one_private_address_is_refused(answers: list[str]) -> None:
    assert (await called("http://unit.example/", resolver=lambda: Told(answers))).code == "address-refused"


async def test_a_name_that_answers_otherwise_the_second_time_gets_nowhere() -> None:
    # The answer that was checked is the one that is dialled: nobody asks twice for one attempt.
    resolver = Told(["10.0.0.1"], ["1.1.1.1"])

    assert (await called("http://unit.example/", resolver=lambda: resolver)).code == "address-refused"


async def test_the_socket_itself_refuses_what_a_resolver_let_through() -> None:
    dialler = Dialler(NOBODY, within_s=1)

    with pytest.raises(OSError, match="not admitted"):
        dialler._socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)))


async def test_a_redirect_is_a_failure_and_is_not_followed(serving: Serving) -> None:
    heard: list[str] = []

    def answer(request: web.BaseRequest) -> web.Response:
        heard.append(request.path)
        return web.Response(status=302, headers={"location": "/inside"})

    port = await serving(answer)
    outcome = await called(f"http://127.0.0.1:{port}/", admitted=HERE)

    assert (outcome.code, outcome.accepted) == ("302", False)
    assert heard == ["/"]


async def test_an_endless_answer_is_cut(serving: Serving) -> None:
    port = await serving(lambda _: web.Response(body=b"x" * 10 * MOST_BYTES))

    assert (await called(f"http://127.0.0.1:{port}/", admitted=HERE)).accepted


async def test_nobody_there_is_no_doubt_and_no_answer_is() -> None:
    nowhere = await called(f"http://127.0.0.1:{free_port()}/", admitted=HERE)
    held: list[asyncio.StreamWriter] = []  # Python 3.13 hangs up once nobody holds it.
    silent = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    nothing = await called(f"http://127.0.0.1:{port}/", admitted=HERE, within_s=1)
    silent.close()

    assert (nowhere.code, nowhere.doubtful, nowhere.sick) == ("unreachable", False, True)
    assert (nothing.code, nothing.doubtful, nothing.sick) == ("timeout", True, True)


class Mute(Told):
    """A name server that says nothing until the test lets it."""

    def __init__(self) -> None:
        super().__init__(["1.1.1.1"])
        self.speaks = asyncio.Event()

    async def resolve(self, host: str, port: int = 0, _: Any = 0) -> list[ResolveResult]:
        await self.speaks.wait()
        return await super().resolve(host, port)


async def test_a_name_that_nobody_resolves_is_no_doubt() -> None:
    server = Mute()
    outcome = await called("http://unit.example/", resolver=lambda: server, within_s=1)
    server.speaks.set()
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    assert (outcome.code, outcome.doubtful) == ("unreachable", False)
