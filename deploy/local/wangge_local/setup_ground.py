"""The second half of the set-up, inside the environment: Java, the broker's jars, the database."""

import sys

from wangge_local import kafka, postgres
from wangge_local.ground import GroundError, plain_environment, run
from wangge_local.jars import find_java


def main() -> int:
    try:
        java, version = find_java()
        _say(f"Java {version} ({java}), Apache Kafka's jars by their hashes")
        kafka.prepare(_say)
        server = str(postgres.binaries() / "postgres")
        told = run([server, "--version"], what="PostgreSQL does not run", environment=plain_environment())
        _say(told.strip())
    except GroundError as error:
        sys.stderr.write(f"setup: {error}\n")
        return 1
    except KeyboardInterrupt:  # told once, by the set-up that called this
        return 130
    return 0


def _say(what: str) -> None:
    sys.stdout.write(f"setup 4/5: {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
