"""Settings in, service out, run."""

from wangge_chassis import run
from wangge_escalation.app import make_service
from wangge_escalation.settings import Settings

if __name__ == "__main__":
    run(make_service(Settings.from_environment()))
