"""Signed provenance: ``build.intoto.json``, a signed statement of what a corpus was made from.

The statement is in-toto's (v1) with SLSA's provenance (v1) as predicate, in a DSSE envelope. Its subjects are
``build.json`` and ``SHA256SUMS``, which covers every other file. Sources: https://in-toto.io/Statement/v1,
https://slsa.dev/provenance/v1, https://github.com/secure-systems-lab/dsse.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from t4s_data.corpus.folder import BUILD, CHECKSUMS, SIGNATURE, read_build
from t4s_data.corpus.record import Build
from t4s_data.errors import CommandError, CorpusError
from t4s_data.reading.opening import sha256_of

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
PAYLOAD = "application/vnd.in-toto+json"
BUILD_TYPE = "urn:t4s-data:build:v1"
BUILDER = "urn:t4s-data"
SUBJECTS = (BUILD, CHECKSUMS)


def load_signer(key: Path) -> CryptoSigner:
    """The signer of a private key in PEM: Ed25519, ECDSA or RSA, without a passphrase.

    Raises:
        CommandError: the key cannot be read, or what signs is not installed.
    """
    _check_installed()
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    try:
        return CryptoSigner(load_pem_private_key(_read_key(key), password=None))
    except Exception as error:  # each kind of broken key has its own
        raise CommandError(f"--sign {key}: not a private key in PEM without a passphrase: {error}") from None


def sign(corpus: Path, signer: CryptoSigner) -> None:
    """Write the signed statement of a corpus whose build record and checksums are in place."""
    from securesystemslib.dsse import Envelope

    statement = _statement(corpus, read_build(corpus))
    envelope = Envelope(json.dumps(statement, sort_keys=True, separators=(",", ":")).encode(), PAYLOAD, {})
    envelope.sign(signer)
    text = json.dumps(envelope.to_dict(), sort_keys=True, indent=1) + "\n"
    (corpus / SIGNATURE).write_text(text, encoding="utf-8", newline="\n")


def signature_problems(corpus: Path, key: Path) -> Iterator[str]:
    """Everything that is wrong with the signed statement of a corpus under a public key in PEM.

    Raises:
        CommandError: the key cannot be read, or what checks signatures is not installed.
        CorpusError: the corpus is not signed, or its statement cannot be read.
    """
    statement = _signed_statement(corpus, key)
    if (statement.get("_type"), statement.get("predicateType")) != (STATEMENT, PREDICATE):
        yield f"says {statement.get('_type')!r} and {statement.get('predicateType')!r}"
        return
    signed = {one["name"]: one["digest"].get("sha256") for one in statement["subject"]}
    for name in SUBJECTS:
        if name not in signed:
            yield f"says nothing of {name}"
        elif not (corpus / name).is_file():
            yield f"{name} is missing"
        elif (digest := sha256_of(corpus / name)) != signed[name]:
            yield f"{name} is not the one that was signed: sha256 is {digest}, signed was {signed[name]}"


def _signed_statement(corpus: Path, key: Path) -> dict[str, Any]:
    _check_installed()
    from securesystemslib.dsse import Envelope

    path = corpus / SIGNATURE
    if not path.is_file():
        raise CorpusError(f"{path}: missing; the corpus is not signed")
    try:
        envelope = Envelope.from_dict(json.loads(path.read_bytes()))
    except Exception as error:  # the library raises whatever a field's type leads to
        raise CorpusError(f"{path}: not a signed statement: {type(error).__name__}: {error}") from None
    _check_signed(envelope, key, path)
    if envelope.payload_type != PAYLOAD:
        raise CorpusError(f"{path}: signed is a {envelope.payload_type!r}, not {PAYLOAD!r}")
    try:
        found: dict[str, Any] = json.loads(envelope.payload)
    except ValueError as error:
        raise CorpusError(f"{path}: what is signed is not JSON: {error}") from None
    return found


def _check_signed(envelope: Envelope, key: Path, path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.exceptions import UnverifiedSignatureError
    from securesystemslib.signer import SSlibKey

    try:
        public = load_pem_public_key(_read_key(key))
    except ValueError as error:
        raise CommandError(f"--signature {key}: not a public key in PEM: {error}") from None
    for signature in envelope.signatures.values():
        try:
            # A key's id is a hint that every tool makes in its own way: the signature itself decides.
            SSlibKey.from_crypto(public, signature.keyid).verify_signature(signature, envelope.pae())
        except UnverifiedSignatureError:
            continue
        return
    raise CorpusError(f"{path}: not signed with the key of {key}")


def _statement(corpus: Path, build: Build) -> dict[str, Any]:
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256_of(corpus / name)}} for name in SUBJECTS],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "recipe": build.model_dump(mode="json")["recipe"],
                    "recipe_sha256": build.recipe_sha256,
                },
                "internalParameters": {"tokenizer": build.tokenizer, "libraries": dict(build.libraries)},
                "resolvedDependencies": [
                    {"name": file.path, "digest": {"sha256": file.sha256}} for file in build.inputs
                ],
            },
            "runDetails": {"builder": {"id": BUILDER, "version": {"t4s-data": build.code}}},
        },
    }


def _read_key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None


def _check_installed() -> None:
    try:
        import cryptography  # noqa: F401
        import securesystemslib  # noqa: F401
    except ImportError:
        raise CommandError("signatures need more packages: pip install 't4s-data[sign]'") from None
