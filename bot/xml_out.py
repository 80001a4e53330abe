"""XML that goes out: elements as plain data -> bytes, always the same ones; and the signature around them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml.algorithms import SignatureMethod
from signxml.signer import XMLSigner
from signxml.verifier import XMLVerifier

#: Characters that XML 1.0 cannot hold, escaped or not.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n'


@dataclass(frozen=True, slots=True)
class Element:
    """An element with its text, or with the elements inside it."""

    name: str
    content: str | tuple[Element, ...] = field(default="", repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict)


class BadKey(Exception):
    """What was given to sign with is no RSA key and its certificate; says so in one English sentence."""


class Signer:
    """Signs documents as XML-DSig has it, enveloped, with RSA and SHA-256: the same document gets the same bytes."""

    def __init__(self, key: bytes, certificate: str) -> None:
        """A private key and its certificate, both PEM. Raises BadKey."""
        self._certificate = certificate
        try:
            # Read once: to read a key is to check its primes, some 90 ms.
            read = load_pem_private_key(key, None)
            if not isinstance(read, RSAPrivateKey):  # Others sign each time otherwise.
                raise TypeError(type(read).__name__)
            self._key = read
            signed = self.signed(etree.Element("probe"))
            # Whoever reads it takes the key from the certificate: they must belong together.
            XMLVerifier().verify(signed, x509_cert=certificate)
        except Exception as fault:  # whatever the libraries say of a file that is something else
            raise BadKey(f"not an RSA key and its certificate in PEM ({type(fault).__name__})") from fault

    @classmethod
    def load(cls, key: str, certificate: str) -> Signer | None:
        """From two files; None where none is named. Raises BadKey, also when they cannot be read."""
        if not key and not certificate:
            return None
        try:
            return cls(Path(key).read_bytes(), Path(certificate).read_text("ascii"))
        except (OSError, UnicodeDecodeError) as fault:
            raise BadKey(f"cannot be read ({type(fault).__name__})") from None

    def signed(self, root: etree._Element) -> etree._Element:
        """The document with its signature as the last element."""
        signer = XMLSigner(signature_algorithm=SignatureMethod.RSA_SHA256)
        return signer.sign(root, key=self._key, cert=self._certificate)


def written(root: Element, namespaces: Mapping[str | None, str], signer: Signer | None = None) -> bytes:
    """The document in UTF-8. `namespaces` are by prefix, None for the elements without one; an element of another is
    named "prefix:name". Characters that XML cannot hold are left out."""
    made = _made(root, namespaces, None)
    if signer is not None:
        made = signer.signed(made)
    body: bytes = etree.tostring(made, encoding="utf-8")
    return HEAD + body + b"\n"


def _made(each: Element, namespaces: Mapping[str | None, str], inside: etree._Element | None) -> etree._Element:
    prefix, colon, name = each.name.rpartition(":")
    space = namespaces.get(prefix if colon else None)
    tag = f"{{{space}}}{name}" if space else name
    attributes = {key: NO_XML.sub("", value) for key, value in each.attributes.items()}
    made = (
        etree.Element(tag, attributes, nsmap=dict(namespaces))
        if inside is None
        else etree.SubElement(inside, tag, attributes)
    )
    if isinstance(each.content, str):
        # A carriage return would come back as a line feed, and the signature would no longer fit.
        made.text = NO_XML.sub("", each.content).replace("\r\n", "\n").replace("\r", "\n")
    else:
        for inner in each.content:
            _made(inner, namespaces, made)
    return made
