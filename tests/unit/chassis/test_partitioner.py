"""Our murmur2 is Kafka's."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given, strategies as st

from wangge_chassis.partitioner import key_hash, murmur2, partition_of

# From Apache Kafka's UtilsTest.testMurmur2, as unsigned numbers.
JAVA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("data", "hashed"), JAVA.items())
def test_the_hash_is_javas(data: bytes, hashed: int) -> None:
    assert murmur2(data) == hashed % 2**32


@given(st.binary(min_size=1, max_size=80))
def test_the_partition_is_aiokafkas(key: bytes) -> None:
    assert partition_of(key, 12) == DefaultPartitioner()(key, list(range(12)), [])


@given(st.text(min_size=1, max_size=40))
def test_text_and_its_bytes_lie_on_the_same_partition(key: str) -> None:
    assert key_hash(key) == key_hash(key.encode())
