"""Sign the evidence of results."""

from dataclasses import dataclass
from pathlib import Path

from sitedelta.errors import RunFailed
from sitedelta.evidence.check import Wanted, check_site
from sitedelta.evidence.files import NAME, PUBLIC_KEY, SIGNATURE
from sitedelta.evidence.folders import site_folders
from sitedelta.evidence.signing import fingerprint, private_key, signed
from sitedelta.files.store import written_aside


@dataclass(frozen=True, slots=True)
class Signed:
    """A site whose evidence was signed."""

    site: str
    signature: Path
    key: str
    """Fingerprint of the public key, as `ssh-keygen -l` gives it."""


def sign(path: str | Path, *, key: str | Path | None = None) -> tuple[Signed, ...]:
    """Sign the evidence of a site, or of all sites of a run: Ed25519 over the bytes of `evidence.json`.

    Writes `evidence.sig` and the public key `evidence.pub` beside it. The private key is not kept, nor written.

    Parameters
    ----------
    path
        Folder of a site, or output folder of a run.
    key
        File of a private key (PKCS 8 PEM or OpenSSH); where it is not given, the environment variable
        SITEDELTA_SIGNING_KEY names it. SITEDELTA_SIGNING_PASSPHRASE holds its passphrase, if it has one.

    Raises
    ------
    InputError
        There is no site, or the key cannot be used.
    RunFailed
        Something is not as the evidence says; nothing is signed.
    """
    secret = private_key(Path(key) if key else None)
    folders = site_folders(Path(path))
    for root in folders:
        _refuse(root)
    return tuple(_sign(root, *signed(_data(root), secret), fingerprint(secret.public_key())) for root in folders)


def _data(root: Path) -> bytes:
    return (root / "report" / NAME).read_bytes()


def _refuse(root: Path) -> None:
    """Sign nothing that is not whole; an earlier signature may be of earlier evidence."""
    verdict = check_site(root, Wanted(None)).verdict
    wrong = [d for d in verdict.differences if d.kind not in ("signature", "stamp")]
    if wrong:
        raise RunFailed(f"{verdict.site} is not whole: {wrong[0].file} {wrong[0].said} (see `sitedelta verify`)")


def _sign(root: Path, signature: bytes, public: bytes, name: str) -> Signed:
    for file, data in ((SIGNATURE, signature), (PUBLIC_KEY, public)):
        with written_aside(root / "report" / file) as aside:
            aside.write_bytes(data)
    return Signed(root.absolute().name, root / "report" / SIGNATURE, name)
