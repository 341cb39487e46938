"""A receiver can tell that a webhook is ours, and secrets stay where they are."""

import time
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from runpy import run_path

import pytest

from wangge_chassis.private_files import Unusable, read_private
from wangge_notifier.secrecy import Secrets
from wangge_notifier.signing import secret_of, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER, STRANGE = (f"whsec_{b64encode(each * 24).decode()}" for each in (b"o", b"s"))


def test_the_published_example_is_signed_as_the_standard_says() -> None:
    headers = sign(
        [secret_of(SECRET)],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp_s=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_renewed_both_sign() -> None:
    headers = sign([b"a" * 24, b"b" * 24], message_id="m", timestamp_s=1, body=b"{}")

    assert len(headers["webhook-signature"].split(" ")) == 2


def test_a_receiver_tells_by_the_page_what_is_ours(tmp_path: Path) -> None:
    page = Path("services/notifier/README.md").read_text(encoding="utf-8")
    program = tmp_path / "receiver.py"
    program.write_text(page.split("```python\n# receiver.py\n")[1].split("```")[0], encoding="utf-8")
    is_ours = run_path(str(program))["is_ours"]
    secrets, body, now = [secret_of(OTHER), secret_of(SECRET)], b'{"test": 2432232314}', int(time.time())
    fresh, old = (sign(secrets, message_id="m", timestamp_s=at, body=body) for at in (now, now - 900))

    assert is_ours(SECRET, fresh, body)
    assert not is_ours(SECRET, fresh, body + b" ")
    assert not is_ours(SECRET, fresh | {"webhook-id": "n"}, body)
    assert not is_ours(SECRET, old, body)
    assert not is_ours(STRANGE, fresh, body)


@pytest.mark.parametrize("text", ["", "MfKQ9r8G", "whsec_short", f"whsec_{b64encode(b'x' * 65).decode()}"])
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a signing secret"):
        secret_of(text)


def test_each_holder_has_its_own(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    own = [f'"department:water" = "{SECRET}"', f'"department:gas" = ["{SECRET}", "{SECRET}"]']
    file.write_text("\n".join(["[secrets]", *own]))
    secrets = read_private(Secrets, file)

    assert [len(secrets.of(f"department:{slug}")) for slug in ("water", "gas", "fire")] == [1, 2, 0]
    assert "MfKQ" not in repr(secrets)


def test_only_the_token_of_an_operator_opens() -> None:
    known = [sha256(token.encode()).hexdigest() for token in ("one", "two")]
    secrets = Secrets.model_validate({"operators": known})

    assert all(secrets.opens(header) for header in ("Bearer one", "bearer two"))
    assert not any(secrets.opens(header) for header in (None, "", "one", "Basic one", "Bearer three"))
    assert not Secrets().opens("Bearer one")


def test_a_wrong_file_is_refused_without_telling_the_secret(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text('[secrets]\n"department:water" = "whsec_verysecret"\n')

    with pytest.raises(Unusable) as refused:
        read_private(Secrets, file)
    assert "verysecret" not in str(refused.value)
