"""Signatures of evidence: Ed25519 over the bytes of `evidence.json`, with a key that the user keeps."""

import base64
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY = "SITEDELTA_SIGNING_KEY"
PASSPHRASE = "SITEDELTA_SIGNING_PASSPHRASE"  # noqa: S105 - the name of a variable, not what it holds
_MAKE = "make one with `openssl genpkey -algorithm ed25519 -out key.pem`"
_LARGEST = 65_536
"""Bytes of a key's file; what is larger is none."""


def private_key(path: Path | None) -> "Ed25519PrivateKey":
    """Read a private key (PKCS 8 PEM or OpenSSH); its passphrase, if it has one, from the environment.

    Raises
    ------
    InputError
        None was named, or the file cannot be used. Nothing of the key is said.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    named = path or (Path(os.environ[KEY]) if os.environ.get(KEY) else None)
    if named is None:
        raise InputError(f"no key to sign with: name its file with --key or in {KEY}; {_MAKE}")
    data = _read(named)
    passphrase = os.environ.get(PASSPHRASE, "").encode() or None
    load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else load_pem_private_key
    try:
        found = load(data, passphrase)
    except TypeError as error:
        raise InputError(f"{named}: the key and {PASSPHRASE} do not go together: {error}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(f"{named}: no private key that can be read (wrong passphrase?); {_MAKE}") from None
    if not isinstance(found, Ed25519PrivateKey):
        raise InputError(f"{named}: is not an Ed25519 key; {_MAKE}")
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise InputError(f"{path}: the key cannot be read ({error.strerror})") from None


def signed(data: bytes, key: "Ed25519PrivateKey") -> tuple[bytes, bytes]:
    """Give the signature, 64 bytes, and the public key as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return key.sign(data), public


def public_key(path: Path) -> "Ed25519PublicKey":
    """Read a public key (PEM, or a line of OpenSSH); raises `InputError` where it cannot be used."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key

    data = _read(path)
    load = load_ssh_public_key if data.startswith(b"ssh-") else load_pem_public_key
    try:
        found = load(data)
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(f"{path}: no public key that can be read") from None
    if not isinstance(found, Ed25519PublicKey):
        raise InputError(f"{path}: is not an Ed25519 key")
    return found


def is_signed_by(data: bytes, signature: bytes, key: "Ed25519PublicKey") -> bool:
    """Tell whether a signature is that of a key over the data."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def fingerprint(key: "Ed25519PublicKey") -> str:
    """Name a public key as `ssh-keygen -l` does."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
