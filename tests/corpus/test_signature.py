"""Signed provenance, checked with openssl as well: `openssl genpkey -algorithm ed25519 -out KEY`."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.cli import main
from t4s_data.corpus.folder import BUILD, CHECKSUMS, SIGNATURE, read_checksums
from t4s_data.corpus.signature import load_signer, sign, signature_problems
from t4s_data.errors import CommandError, CorpusError
from t4s_data.reading.opening import sha256_of

openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")


def keys(folder: Path, name: str = "key", algorithm: str = "ed25519") -> tuple[Path, Path]:
    """A private and a public key, by the commands that the documentation gives."""
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    folder.mkdir(exist_ok=True)
    curve = ["-pkeyopt", "ec_paramgen_curve:P-256"] if algorithm == "EC" else []
    make = ["openssl", "genpkey", "-algorithm", algorithm, *curve, "-out", str(private)]
    subprocess.run(make, check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)], check=True)
    return private, public


@pytest.fixture
def signed(own_corpus: Path, tmp_path: Path) -> tuple[Path, Path]:
    private, public = keys(tmp_path)
    sign(own_corpus, load_signer(private))
    return own_corpus, public


def envelope_of(corpus: Path) -> dict:
    return json.loads((corpus / SIGNATURE).read_text())


@openssl
@pytest.mark.parametrize("algorithm", ["ed25519", "EC", "RSA"])
def test_a_signed_corpus_has_no_problem(own_corpus: Path, tmp_path: Path, algorithm: str):
    private, public = keys(tmp_path, algorithm=algorithm)
    sign(own_corpus, load_signer(private))
    assert list(signature_problems(own_corpus, public)) == []
    assert SIGNATURE not in read_checksums(own_corpus)


@openssl
def test_the_signature_is_what_openssl_says_it_is(signed, tmp_path: Path):
    corpus, public = signed
    envelope = envelope_of(corpus)
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"]
    # The envelope's rule, written afresh: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
    (tmp_path / "said").write_bytes(f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload)
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    check = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-rawin"]
    done = subprocess.run(
        [*check, "-in", tmp_path / "said", "-sigfile", tmp_path / "sig"], capture_output=True, check=False
    )
    assert b"Signature Verified Successfully" in done.stdout
    statement = json.loads(payload)
    assert (statement["_type"], statement["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://slsa.dev/provenance/v1",
    )
    subjects = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    assert subjects == {name: sha256_of(corpus / name) for name in (BUILD, CHECKSUMS)}
    record = json.loads((corpus / BUILD).read_text())
    inputs = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert [(one["name"], one["digest"]["sha256"]) for one in inputs] == [
        (file["path"], file["sha256"]) for file in record["inputs"]
    ]
    assert inputs


@openssl
def test_another_key_is_refused(signed, tmp_path: Path):
    corpus, _ = signed
    _, other = keys(tmp_path, "other")
    with pytest.raises(CorpusError, match="not signed with the key of"):
        list(signature_problems(corpus, other))


@openssl
@pytest.mark.parametrize("name", [BUILD, CHECKSUMS])
def test_a_file_that_changed_after_signing_is_named(signed, name: str):
    corpus, public = signed
    (corpus / name).write_text((corpus / name).read_text() + "\n")
    (problem,) = signature_problems(corpus, public)
    assert problem.startswith(f"{name} is not the one that was signed: sha256 is {sha256_of(corpus / name)}")


@openssl
@pytest.mark.parametrize("part", ["payload", "payloadType", "sig"])
def test_a_statement_that_was_changed_is_refused(signed, part: str):
    corpus, public = signed
    envelope = envelope_of(corpus)
    if part == "sig":
        envelope["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
    elif part == "payload":
        said = base64.b64decode(envelope["payload"]).replace(b"t4s-data", b"t4s_data")
        envelope["payload"] = base64.b64encode(said).decode()
    else:
        envelope["payloadType"] = "text/plain"
    (corpus / SIGNATURE).write_text(json.dumps(envelope))
    with pytest.raises(CorpusError, match="not signed with the key of"):
        list(signature_problems(corpus, public))


@openssl
@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"payload": 1}', '{"payload": "", "payloadType": "", "signatures": [1]}']
)
def test_what_is_no_statement_is_said(signed, text: str):
    corpus, public = signed
    (corpus / SIGNATURE).write_text(text)
    with pytest.raises(CorpusError, match="not a signed statement"):
        list(signature_problems(corpus, public))


@openssl
def test_keys_that_are_none_are_said(own_corpus: Path, tmp_path: Path):
    private, public = keys(tmp_path)
    with pytest.raises(CommandError, match="not a private key in PEM"):
        load_signer(public)
    with pytest.raises(CommandError, match="No such file"):
        load_signer(tmp_path / "no.pem")
    with pytest.raises(CorpusError, match="missing; the corpus is not signed"):
        list(signature_problems(own_corpus, public))
    sign(own_corpus, load_signer(private))
    with pytest.raises(CommandError, match="not a public key in PEM"):
        list(signature_problems(own_corpus, private))


@openssl
def test_build_signs_and_verify_checks(world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    private, public = keys(tmp_path)

    def t4s(*words: object) -> int:
        with pytest.raises(SystemExit) as ending:
            main([str(word) for word in words])
        return int(str(ending.value.code))

    recipe = tmp_path / "recipe.toml"
    recipe.write_text('name = "signed"\n[images]\nmode = "path"\n[[source]]\nname = "refcoco"\nlimit = 5\n')
    build = ["build", recipe, "--data-root", world, "--out"]
    assert t4s(*build, tmp_path / "one", "--sign", private) == 0
    assert t4s(*build, tmp_path / "two", "--sign", private) == 0
    assert (tmp_path / "one" / SIGNATURE).read_bytes() == (tmp_path / "two" / SIGNATURE).read_bytes()
    assert t4s("verify", tmp_path / "one", "--signature", public, "--workers", 1) == 0
    assert t4s("audit", tmp_path / "one", "--sample", 1) == 0
    assert t4s("verify", tmp_path / "one", "--signature", public, "--workers", 1) == 1
    assert "SHA256SUMS is not the one that was signed" in capsys.readouterr().err
    assert t4s("audit", tmp_path / "one", "--sample", 1, "--sign", private) == 0
    assert t4s("verify", tmp_path / "one", "--signature", public, "--workers", 1) == 0
    assert t4s(*build, tmp_path / "three", "--sign", tmp_path / "no.pem") == 2
    assert not (tmp_path / "three.work").exists()
    assert str(tmp_path) not in (tmp_path / "one" / SIGNATURE).read_text()
