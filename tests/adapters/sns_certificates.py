"""Certificates such as SNS signs with, made on the spot, so that nothing in the project expires."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.contracts.channels import NOW

DAY = timedelta(days=1)
_CA_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
    )


class Authority:
    """Someone who vouches for others."""

    def __init__(self, name: str, parent: Authority | None = None) -> None:
        self.name = name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.parent = parent
        above = parent or self
        public = self.key.public_key()
        self.certificate = (
            _builder(name, above.name, public)
            .not_valid_before(NOW - 1_000 * DAY)
            .not_valid_after(NOW + 1_000 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_CA_USAGE, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.key.public_key()), critical=False)
            .sign(above.key, SHA256())
        )
        self.pem = self.certificate.public_bytes(Encoding.PEM)


ROOT = Authority("Root")
ISSUER = Authority("Issuer", ROOT)


class Signer:
    """A certificate with its key."""

    def __init__(
        self,
        name: str,
        *,
        issuer: Authority = ISSUER,
        key: ec.EllipticCurvePrivateKey | None = None,
        valid: tuple[datetime, datetime] = (NOW - DAY, NOW + DAY),
    ) -> None:
        self._key = rsa.generate_private_key(65_537, 2_048)
        public = (key or self._key).public_key()
        leaf = (
            _builder(name, issuer.name, public)
            .not_valid_before(valid[0])
            .not_valid_after(valid[1])
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
            .sign(issuer.key, SHA256())
        )
        self.leaf = leaf.public_bytes(Encoding.PEM)
        self.pem = self.leaf + issuer.pem
        """The file as it would be fetched."""

    def sign(self, text: str, algorithm: HashAlgorithm) -> str:
        return base64.b64encode(self._key.sign(text.encode(), PKCS1v15(), algorithm)).decode()
