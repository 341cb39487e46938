"""What a dead letter keeps always fits its topic, and says what it has not kept."""

from hashlib import sha256

from cryptography.fernet import Fernet
from hypothesis import given, strategies as st

from wangge_chassis.burying import LEFT_OUT, SHA256, TOMBSTONE, TRUNCATED, remains
from wangge_contracts.topics import INTAKE_DEAD_LETTERS

TOPIC = INTAKE_DEAD_LETTERS.name
_SEAL = Fernet(Fernet.generate_key()).encrypt


def _size(key: bytes | None, headers: list[tuple[str, bytes]], value: bytes) -> int:
    """As Kafka keeps them, each length in five bytes at most."""
    return len(key or b"") + len(value) + sum(len(n.encode()) + len(v or b"") + 10 for n, v in headers)


def test_what_fits_is_kept_as_it_was() -> None:
    left = remains(b"k", [("ce_id", b"1"), ("odd\udcff", b"2")], b"[" * 1_000_000, topic=TOPIC)
    assert left == (b"k", [("original_ce_id", b"1"), (r"original_odd\xff", b"2")], b"[" * 1_000_000)


def test_a_tombstone_says_so() -> None:
    assert remains(None, [], None, topic=TOPIC) == (None, [(TOMBSTONE, b"1")], b"")


def test_of_what_the_broker_let_in_because_it_was_compressed_the_beginning_is_kept() -> None:
    value = bytes(range(256)) * 40_000
    left = remains(b"k" * 100_000, [("a", b"")] * 300_000, value, topic=TOPIC, seal=_SEAL)
    told = dict(left.headers)
    assert left.key is None
    assert told[TRUNCATED] == b"%d" % len(value)
    assert told[SHA256] == sha256(value).hexdigest().encode()
    assert int(told[LEFT_OUT]) > 300_000
    assert _size(left.key, left.headers, left.value) < INTAKE_DEAD_LETTERS.max_bytes - 4096


def test_no_more_is_sealed_than_there_is_room_for() -> None:
    asked: list[int] = []

    def seal(plain: bytes) -> bytes:
        asked.append(len(plain))
        return _SEAL(plain)

    remains(None, [], b" " * 50_000_000, topic=TOPIC, seal=seal)

    assert asked
    assert max(asked) < INTAKE_DEAD_LETTERS.max_bytes


@given(
    key=st.none() | st.integers(0, 3_000_000),
    headers=st.lists(st.tuples(st.integers(0, 70_000), st.integers(0, 70_000)), max_size=6),
    value=st.integers(0, 4_000_000),
    sealed=st.booleans(),
)
def test_it_always_fits(key: int | None, headers: list[tuple[int, int]], value: int, sealed: bool) -> None:
    left = remains(
        None if key is None else b"k" * key,
        [("n" * name, b"v" * held) for name, held in headers],
        b"v" * value,
        topic=TOPIC,
        seal=_SEAL if sealed else None,
    )
    assert _size(left.key, left.headers, left.value) < INTAKE_DEAD_LETTERS.max_bytes - 4096
