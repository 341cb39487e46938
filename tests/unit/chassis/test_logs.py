"""A line that cannot be written, because its disk is full, keeps nobody from work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
