"""
Whether a certificate is SNS's own, and whether it signed.

The library for this is imported when the first signature comes, so that whoever reads SNS by a queue need not have it.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from kept.ports.webhook import ForgedError

if TYPE_CHECKING:
    from cryptography import x509

_MOST_IN_CHAIN: Final = 6


class Authorities:
    """
    Those who may vouch for SNS's certificates.

    Args:
        pem: Their certificates, roots or intermediates.

    Raises:
        ValueError: *pem* holds no certificate.
    """

    def __init__(self, pem: bytes) -> None:
        from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 see the module's docstring
        from cryptography.x509.verification import Store  # noqa: PLC0415 as above

        self._store = Store(load_pem_x509_certificates(pem))

    def vouched(self, pem: bytes, *, names: tuple[str, ...], at: datetime) -> x509.Certificate:
        """
        Return the first certificate of a file, valid at an instant for one of the names, its chain complete.

        Raises:
            ForgedError: nobody vouches for it.
        """
        from cryptography.x509 import DNSName, load_pem_x509_certificates  # noqa: PLC0415 see the module's docstring
        from cryptography.x509.verification import PolicyBuilder, VerificationError  # noqa: PLC0415 as above

        try:
            leaf, *others = load_pem_x509_certificates(pem)[:_MOST_IN_CHAIN]
        except ValueError:
            raise ForgedError("the file that should hold SNS's certificate holds none") from None
        policy = PolicyBuilder().store(self._store).time(at.astimezone(UTC).replace(tzinfo=None))
        for name in names:
            try:
                policy.build_server_verifier(DNSName(name)).verify(leaf, others)
            except VerificationError:
                continue
            return leaf
        raise ForgedError("no authority vouches for the certificate; if it is SNS's, name its issuer's certificate")


def check_signature(certificate: x509.Certificate, signature: str, text: str) -> None:
    """
    Raise ForgedError unless the certificate's key signed the text (RSA, PKCS #1 v1.5, SHA-256).

    Source:
        Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages", version 2.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 see the module's docstring
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415 as above
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415 as above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 as above

    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ForgedError("the certificate's key is not RSA")
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise ForgedError("the signature does not fit") from None
