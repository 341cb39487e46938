"""Settings in, notifier running."""

from wangge_chassis import run
from wangge_notifier.app import make_service
from wangge_notifier.settings import Settings

if __name__ == "__main__":
    run(make_service(Settings.from_environment()))
