"""What is away is waited for, and who waits says for what."""

from structlog.testing import capture_logs

from wangge_chassis.preparing import until_it_works


async def test_an_error_without_words_is_told_by_its_kind() -> None:
    said: list[str] = []
    errors = [TimeoutError(), OSError("no route")]

    async def attempt() -> str:
        if errors:
            raise errors.pop(0)
        return "there"

    with capture_logs() as logged:
        assert await until_it_works("postgres", attempt, say=said.append) == "there"

    assert [line["error"] for line in logged] == ["TimeoutError", "OSError: no route"]
    assert said == ["waiting for postgres: TimeoutError", "waiting for postgres: OSError: no route"]
