"""Pictures and films with Content Credentials, signed by a certificate of the test's own."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

CAPTURED = {
    "action": "c2pa.created",
    "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
}
_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
_SIGNS, _ISSUES = (True, *[False] * 8), (True, *[False] * 4, True, True, False, False)


def jpeg(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def signed(
    content: bytes,
    media_type: str = "image/jpeg",
    *,
    actions: tuple[dict[str, Any], ...] = (CAPTURED,),
    remote: str | None = None,
) -> bytes:
    """The file with credentials in it or, for an address, with only that in it."""
    claim = {
        "claim_generator_info": [{"name": "Test Camera App", "version": "1.2"}],
        "title": "a test",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": list(actions)}}],
    }
    with c2pa.Context.from_dict(_OFFLINE) as context:
        builder = c2pa.Builder.from_json(json.dumps(claim), context=context)
        if remote is not None:
            builder.set_no_embed()
            builder.set_remote_url(remote)
        target = io.BytesIO()
        builder.sign(_signer(), media_type, io.BytesIO(content), target)
        builder.close()
    return target.getvalue()


def _signer() -> c2pa.Signer:
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("Test Root", root_key, "Test Root", root_key, _ISSUES)
    camera = _certificate("Test Camera", key, "Test Root", root_key, _SIGNS)
    chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (camera, root))
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo("es256", chain, secret, None))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    usage: tuple[bool, ...],
) -> x509.Certificate:
    now, public = datetime.now(UTC), issuer_key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(name == issuer, None), critical=True)
        .add_extension(x509.KeyUsage(*usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
    )
    if name != issuer:
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purposes, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Org"),
        ]
    )
