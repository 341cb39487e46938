"""Start intake: settings in, run until told to stop."""

from wangge_chassis import run
from wangge_intake.app import make_service
from wangge_intake.settings import Settings

if __name__ == "__main__":
    run(make_service(Settings.from_environment()))
