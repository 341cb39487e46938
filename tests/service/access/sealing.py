"""Certificates for a broker, from an authority that a test makes up: no key outlives the run."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from wangge_local.ports import LOOPBACK

_DAY = timedelta(days=1)


class Authority:
    """Who vouches for brokers on loopback, to everybody who trusts its certificate."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate = self._signed(self._name, self._key.public_key(), authority=True)

    def write(self, file: Path) -> Path:
        """Write the certificate by which it is trusted, and return where."""
        file.write_bytes(self._certificate.public_bytes(Encoding.PEM))
        return file

    def vouch(self, file: Path) -> Path:
        """Write key and certificate of a broker, as Kafka's PEM stores have them, and return where."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
        certificate = self._signed(name, key.public_key(), authority=False)
        file.touch(0o600)
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        return file

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        ours = self._key.public_key()
        usage = dict.fromkeys(_USAGES, False) | {
            "digital_signature": not authority,
            "key_cert_sign": authority,
            "crl_sign": authority,
        }
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ours), critical=False)
        )
        if not authority:
            at = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))])
            made = made.add_extension(at, critical=False)
        return made.sign(self._key, hashes.SHA256())


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
