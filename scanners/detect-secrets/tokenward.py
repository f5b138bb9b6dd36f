"""A detect-secrets plugin that finds Tokenward tokens."""
import re
import zlib
from string import ascii_lowercase, ascii_uppercase, digits

from detect_secrets.plugins.base import RegexBasedDetector

_ALPHABET = digits + ascii_uppercase + ascii_lowercase
_CHECK_LENGTH = 6


def _is_checked(token):
    """Whether the last six characters are the CRC-32 of what stands before them, in base 62."""
    rest = zlib.crc32(token[:-_CHECK_LENGTH].encode('ascii'))
    check = ''
    for _ in range(_CHECK_LENGTH):
        rest, digit = divmod(rest, 62)
        check = _ALPHABET[digit] + check
    return token.endswith(check)


class TokenwardDetector(RegexBasedDetector):
    """Tokens with a right checksum; no boundary is asked for on either side, since the checksum decides."""

    secret_type = 'Tokenward Token'  # pragma: allowlist secret
    denylist = [re.compile(r'twd_[a-z0-9]{2,12}_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}')]

    def analyze_string(self, string):
        for shape in self.denylist:
            found = shape.search(string)
            while found:
                checked = _is_checked(found.group())
                if checked:
                    yield found.group()
                # What only looks like a token may hold the beginning of one.
                found = shape.search(string, found.end() if checked else found.start() + 1)
