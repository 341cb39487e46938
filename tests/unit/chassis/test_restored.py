"""A database that remembers less than Kafka was told has gone back in time."""

from aiokafka import TopicPartition

from wangge_chassis.restored import forgotten

A, B = TopicPartition("desk.ordered.v1", 3), TopicPartition("tasks.answered.v1", 0)


def test_who_remembers_what_was_told_or_more_has_forgotten_nothing() -> None:
    assert forgotten({A: 7}, {A: 7, B: 0}) is None
    assert forgotten({A: 7}, {A: 9}) is None
    assert forgotten({}, {A: 9}) is None


def test_the_first_partition_is_told_with_both_numbers_and_where_to_read_what_to_do() -> None:
    why = forgotten({B: 5, A: 12}, {A: 8, B: 4})

    assert why is not None
    assert why.startswith(
        "Kafka was told 12 of desk.ordered.v1[3], the database knows 8 (2 partitions like this)"
    )
    assert "Restore from a backup" in why
    assert len(f"OlderThanTold: {why}") <= 300
