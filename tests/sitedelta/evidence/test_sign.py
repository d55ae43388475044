"""Signatures: made with the user's key, checked by sitedelta and by openssl, bound to the evidence."""

import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import sitedelta
from sitedelta.cli import status_of
from sitedelta.errors import InputError, RunFailed
from sitedelta.evidence.files import RESPONSE, imprint
from sitedelta.report.build import build
from sitedelta.site import open_site


@pytest.fixture
def key(tmp_path):
    """Write a key, as PEM or OpenSSH, with a passphrase or none; give its file and that of its public half."""

    def write(name="desk", *, secret=None, ssh=False, own=None):
        made = own or Ed25519PrivateKey.generate()
        how = form.PrivateFormat.OpenSSH if ssh else form.PrivateFormat.PKCS8
        lock = form.BestAvailableEncryption(secret) if secret else form.NoEncryption()
        path, public = tmp_path / f"{name}.pem", tmp_path / f"{name}.pub"
        path.write_bytes(made.private_bytes(form.Encoding.PEM, how, lock))
        kinds = (form.Encoding.OpenSSH, form.PublicFormat.OpenSSH) if ssh else (
            form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)  # fmt: skip
        public.write_bytes(made.public_key().public_bytes(*kinds))
        return path, public

    return write


def kinds(root, **knobs):
    (site,) = sitedelta.verify(root, **knobs)
    return {(d.file, d.kind) for d in site.differences}


@pytest.mark.parametrize("ssh", [False, True])
def test_a_signature_is_that_of_the_key(made, key, ssh):
    mine, public = key(ssh=ssh)
    (done,) = sitedelta.sign(made.root, key=mine)
    (site,) = sitedelta.verify(made.root, signer=public)
    assert site.whole
    assert f"signed with the key {done.key}" in site.notes
    assert done.key.startswith("SHA256:")
    assert mine.read_bytes() not in b"".join(p.read_bytes() for p in made.root.rglob("*") if p.is_file())
    _, other = key("other")
    assert kinds(made.root, signer=other) == {("report/evidence.sig", "signature")}


def test_the_same_evidence_and_key_give_the_same_signature(made, key):
    mine, _ = key()
    (done,) = sitedelta.sign(made.root, key=mine)
    first = done.signature.read_bytes()
    sitedelta.sign(made.root, key=mine)
    assert done.signature.read_bytes() == first


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_checks_it_too(made, key):
    sitedelta.sign(made.root, key=key()[0])
    line = "openssl pkeyutl -verify -pubin -inkey evidence.pub -rawin -in evidence.json -sigfile evidence.sig"
    done = subprocess.run(line.split(), cwd=made.report, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_the_fingerprint_is_that_of_ssh_keygen(made, key):
    mine, public = key(ssh=True)
    (done,) = sitedelta.sign(made.root, key=mine)
    said = subprocess.run(["ssh-keygen", "-l", "-f", public], capture_output=True, text=True, check=True)
    assert done.key in said.stdout


@pytest.mark.parametrize("name", ["evidence.sig", "evidence.pub", "evidence.json"])
def test_a_byte_changed_in_what_is_signed_is_found(made, key, flip, name):
    sitedelta.sign(made.root, key=key()[0])
    flip(made.report / name)
    assert ("signature" in {k for _, k in kinds(made.root)}) or ("report/evidence.json", "changed") in kinds(made.root)
    assert not sitedelta.verify(made.root).whole


def test_a_report_that_was_made_anew_has_to_be_signed_again(made, key, decide):
    mine, public = key()
    sitedelta.sign(made.root, key=mine)
    decide(made.root, "A")
    build(open_site(made.root))
    assert kinds(made.root) == {("report/evidence.sig", "signature")}
    sitedelta.sign(made.root, key=mine)
    assert kinds(made.root, signer=public) == set()
    assert sitedelta.verify(sitedelta.bundle(made.root, made.root.parent / "b.zip").path, signer=public).whole


def test_an_unsigned_site_is_not_that_of_a_signer(made, key):
    assert kinds(made.root, signer=key()[1]) == {("report/evidence.sig", "signature")}


def test_the_environment_names_key_and_passphrase(made, key, monkeypatch):
    mine, public = key(secret=b"open sesame")
    monkeypatch.setenv("SITEDELTA_SIGNING_KEY", str(mine))
    with pytest.raises(InputError, match="do not go together") as caught:
        sitedelta.sign(made.root)
    monkeypatch.setenv("SITEDELTA_SIGNING_PASSPHRASE", "wrong one")
    with pytest.raises(InputError, match="wrong passphrase") as caught:
        sitedelta.sign(made.root)
    assert "wrong one" not in str(caught.value)
    monkeypatch.setenv("SITEDELTA_SIGNING_PASSPHRASE", "open sesame")
    sitedelta.sign(made.root)
    assert sitedelta.verify(made.root, signer=public).whole


def test_keys_that_cannot_sign_are_refused_in_one_line(made, key, tmp_path, monkeypatch):
    monkeypatch.delenv("SITEDELTA_SIGNING_KEY", raising=False)
    other, _ = key("curve", own=generate_private_key(SECP256R1()))
    (tmp_path / "text.pem").write_text("no key")
    for given, said in (
        (None, "no key to sign with"),
        (tmp_path / "none.pem", "cannot be read"),
        (tmp_path / "text.pem", "no private key"),
        (other, "is not an Ed25519 key"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            sitedelta.sign(made.root, key=given)
        assert "\n" not in str(caught.value)
    assert not (made.report / "evidence.sig").exists()
    assert status_of(["sign", str(made.root), "--key", str(tmp_path / "none.pem")]) == 2
    with pytest.raises(InputError, match="no public key"):
        sitedelta.verify(made.root, signer=tmp_path / "text.pem")


def test_what_is_not_whole_is_not_signed(made, key, flip):
    flip(made.root / "objects.parquet")
    with pytest.raises(RunFailed, match=r"base is not whole: objects\.parquet"):
        sitedelta.sign(made.root, key=key()[0])
    assert not (made.report / "evidence.sig").exists()


def test_a_time_stamp_has_to_be_of_this_evidence(made):
    data = (made.report / "evidence.json").read_bytes()
    (made.report / RESPONSE).write_bytes(b"\x30\x20 answer " + imprint(data) + b" of an authority")
    (site,) = sitedelta.verify(made.root)
    assert site.whole
    assert "a time stamp of it stands beside it" in site.notes
    (made.report / RESPONSE).write_bytes(b"\x30\x20 answer " + imprint(data + b"x"))
    assert kinds(made.root) == {("report/evidence.tsr", "stamp")}
