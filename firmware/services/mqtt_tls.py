"""The trust that a TLS connection stands on: one file with the certificate of a CA."""

import binascii
import ssl

_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"


def context(path):
    """Return a client's ``SSLContext`` that accepts only what this CA has signed.

    Args:
        path: file with one or more certificates, PEM or DER.

    Raises:
        ValueError: the file is missing or holds no certificate, in one clear line.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ValueError("mqtt.ca_file: {}: cannot be read ({})".format(path, error))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]  # the stub lacks it
    try:
        for certificate in _certificates(content):
            tls.load_verify_locations(cadata=certificate)
    except (OSError, ValueError) as error:
        raise ValueError(
            "mqtt.ca_file: {}: not a certificate in PEM or DER ({})".format(path, error)
        )
    return tls


def _certificates(content):
    """Return DER certificates: not every build of MicroPython reads PEM."""
    try:
        text = str(content, "utf-8")
    except UnicodeError:
        return [content]
    found = []
    while _BEGIN in text:
        body, separator, text = text.split(_BEGIN, 1)[1].partition(_END)
        if not separator:
            raise ValueError("cut short")
        found.append(binascii.a2b_base64(body))
    if not found:
        raise ValueError("no certificate in it")
    return found
