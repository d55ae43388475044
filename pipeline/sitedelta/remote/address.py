"""Addresses (URLs): telling them from paths, and keeping secrets out of what is written down."""

import re
from urllib.parse import SplitResult, parse_qsl, urljoin, urlsplit, urlunsplit

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_ANYWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^\s'\"]+")
_SECRET = re.compile(r"sig|token|key|secret|pass|credential|auth|x-amz|x-goog|sas", re.IGNORECASE)
_STORES = frozenset({"s3", "gs", "az"})
_KNOWN = frozenset({"http", "https", *_STORES})


def is_address(text: str) -> bool:
    """Tell an address from a path: `https://...`, `s3://...`."""
    return _SCHEME.match(text) is not None


def checked(url: str) -> str:
    """Give an address that may stand in a configuration.

    Raises
    ------
    ValueError
        One line: its scheme is not known, it names no host, or it carries a password or a signature.
    """
    parts = _split(url)
    if parts.scheme.lower() not in _KNOWN:
        raise ValueError(f"{plain(url)!r} is no address that can be read; give {', '.join(sorted(_KNOWN))}://...")
    if not parts.hostname or parts.fragment or re.search(r"\s", url):
        raise ValueError(f"{plain(url)!r} is not a whole address; write scheme://host/path")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            f"{plain(url)!r} carries a user name or password; take it out, and give it by ~/.netrc or AWS_*"
        )
    if any(_SECRET.search(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise ValueError(f"{plain(url)!r} carries a signature or key; take it out, and give it by ~/.netrc or AWS_*")
    return url


def plain(url: str) -> str:
    """Give an address as it may be written down: without user, password, query and fragment."""
    if not is_address(url):
        return url
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url.split("://", 1)[0] + "://..."
    return urlunsplit((parts.scheme, f"{parts.hostname or ''}{port}", parts.path, "", ""))


def hushed(text: str) -> str:
    """Give a text with every address in it as it may be written down; see `plain`."""
    return _ANYWHERE.sub(lambda found: plain(found[0]), text)


def host_of(url: str) -> str:
    """Name who is asked: `example.org`, `example.org:8080`, or `s3://bucket` for an object store."""
    parts = _split(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if scheme in _STORES:
        return f"{scheme}://{host}"
    usual = parts.port in (None, {"http": 80, "https": 443}.get(scheme))
    return host if usual else f"{host}:{parts.port}"


def joined(base: str, href: str) -> str:
    """Resolve a reference that stands in a document at an address."""
    if is_address(href):
        return href
    scheme = base.split("://", 1)[0]
    found = urljoin(base.replace(f"{scheme}://", "https://", 1), href)
    return found.replace("https://", f"{scheme}://", 1)


def name_in(url: str) -> str:
    """Give the last part of an address's path."""
    return urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{url.split('://', 1)[0]}://... is not a whole address ({error})") from error
    return parts
