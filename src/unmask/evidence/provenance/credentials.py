"""Content Credentials (C2PA) of a file, read and checked without the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unmask.core.errors import MissingExtra
from unmask.evidence.plain import items, mapping
from unmask.evidence.provenance.records import (
    ContentCredentials,
    Credential,
    Signature,
    Step,
)

# Nothing leaves this machine: neither for manifests kept elsewhere nor to ask whether a
# certificate was revoked. The library would do the first by default.
_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
_GENERATED = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"})
# That nobody vouched for the signer is said by ``signature`` and is no failed check.
_NO_FAILURE = frozenset({"signingCredential.untrusted"})
_MOST = 50


def read_credentials(path: Path) -> ContentCredentials:
    """The Content Credentials of a file; a missing extra is a state that says so in one line.

    Raises OSError where the file cannot be read.
    """
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError):  # it loads a native library on import
        missing = MissingExtra.named("provenance", "reading Content Credentials")
        return ContentCredentials(state="not-read", note=f"{missing.message}: {missing.hint}")
    try:
        with path.open("rb") as stream:
            return _read(c2pa, stream)
    except c2pa.C2paError.NotSupported:
        return ContentCredentials(state="none", note="Files of this format cannot hold any.")
    except c2pa.C2paError as error:
        return _refused(str(error))


def _read(c2pa: Any, stream: Any) -> ContentCredentials:
    with c2pa.Context.from_dict(_OFFLINE) as context:
        reader = c2pa.Reader.try_create(None, stream, context=context)
        if reader is None:
            return ContentCredentials(state="none")
        with reader:
            manifest = reader.get_active_manifest()
            if manifest is None:
                return ContentCredentials(state="unreadable", note="It names no active manifest.")
            found = _credential(
                manifest, reader.get_validation_state(), reader.get_validation_results()
            )
    return ContentCredentials(state="found", credential=found)


def _refused(message: str) -> ContentCredentials:
    if message.startswith("Remote"):
        address = message.rpartition(" ")[2]
        return ContentCredentials(state="elsewhere", note=f"Address: {address[:300]}")
    return ContentCredentials(state="unreadable", note=message[:300])


def _credential(manifest: dict[str, Any], state: str | None, results: Any) -> Credential:
    signed = mapping(manifest.get("signature_info"))
    steps = tuple(_steps(manifest))
    names = [_text(signed.get("common_name")), _text(signed.get("issuer"))]
    return Credential(
        title=_text(manifest.get("title")),
        generator=", ".join(_software(one) for one in _items(manifest.get("claim_generator_info")))
        or _text(manifest.get("claim_generator")),
        signer=", ".join(dict.fromkeys(filter(None, names))),
        signed_at=_text(signed.get("time")),
        signature=_signature(state),
        problems=_failures(results),
        steps=steps,
        ingredients=tuple(
            _text(mapping(one).get("title")) or "untitled"
            for one in _items(manifest.get("ingredients"))
        ),
        claims_ai=any(step.source_type in _GENERATED for step in steps),
    )


def _signature(state: str | None) -> Signature:
    if state == "Trusted":
        return "trusted"
    return "valid" if state == "Valid" else "invalid"


def _failures(results: Any) -> tuple[str, ...]:
    active = mapping(mapping(results).get("activeManifest"))
    codes = (_text(mapping(one).get("code")) for one in _items(active.get("failure")))
    return tuple(dict.fromkeys(code for code in codes if code and code not in _NO_FAILURE))


def _steps(manifest: dict[str, Any]) -> list[Step]:
    found = []
    for assertion in _items(manifest.get("assertions")):
        one = mapping(assertion)
        if not _text(one.get("label")).startswith("c2pa.actions"):
            continue
        for action in _items(mapping(one.get("data")).get("actions")):
            found.append(_step(mapping(action)))
    return found[:_MOST]


def _step(action: dict[str, Any]) -> Step:
    return Step(
        action=_text(action.get("action")),
        software=_software(action.get("softwareAgent")),
        source_type=_text(action.get("digitalSourceType")).rpartition("/")[2],
        when=_text(action.get("when")),
    )


def _software(value: Any) -> str:
    """A name, or a name and its version."""
    if isinstance(value, str):
        return value
    one = mapping(value)
    return " ".join(filter(None, (_text(one.get("name")), _text(one.get("version")))))


def _items(value: Any) -> list[Any]:
    return items(value)[:_MOST]


def _text(value: Any) -> str:
    return value[:500] if isinstance(value, str) else ""
