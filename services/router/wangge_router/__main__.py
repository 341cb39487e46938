"""Settings in, service out, run."""

from wangge_chassis import run
from wangge_router.app import make_service
from wangge_router.settings import Settings

if __name__ == "__main__":
    run(make_service(Settings.from_environment()))
