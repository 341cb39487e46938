"""A line that cannot be written, because its disk is full, keeps nobody from work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wangge_chassis import logs

SAYS = """
import structlog
from prometheus_client import REGISTRY
from wangge_chassis import logs, metrics

logs.configure(service="router", replica="0", level="info")
for number in range(3):
    structlog.get_logger().warning("said", number=number)
print(REGISTRY.get_sample_value("wangge_log_lines_lost_total"))
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_who_cannot_write_his_log_goes_on_and_counts_it(unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        said = subprocess.run(
            [sys.executable, "-c", SAYS],
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            stdout=subprocess.PIPE,
            stderr=full,
            check=False,
        )

    assert (said.returncode, said.stdout) == (0, b"3.0\n")


def test_a_line_holds_nothing_that_a_terminal_would_obey_and_means_what_was_said() -> None:
    text = "坑\x1b[2J\x9b31m\x7f\u202e\u200b\u2028次"
    told = logs.as_json(None, "info", {"event": "notice_told", "text": text})

    assert {sign for sign in told if not sign.isascii()} == set("坑次")
    assert told.isprintable()
    assert json.loads(told)["text"] == text
