"""Settings in, ledger running."""

from wangge_chassis import run
from wangge_ledger.app import make_service
from wangge_ledger.settings import Settings

if __name__ == "__main__":
    run(make_service(Settings.from_environment()))
