"""Who may change something, and who may read.

Failure model: anyone on the local network, and any site that its browsers look at, may try.
A password costs its owner half a second once after a start; after that it is recognised by a
keyed hash that lives in RAM only.
"""

import asyncio
import json
import os
from binascii import a2b_base64

from core import origin
from core.attempts import Attempts
from services import on_demand

# On the chip an iteration takes some 0.15 ms: a bout of about 1 ms, then the others' turn.
_ITERATIONS_PER_BOUT = 8


def _password():
    # Needed at the start, and when someone gives or sets one.
    return on_demand.need("core.password")


def refuse(status, text, headers=None):
    """Return microdot's answer for an error."""
    return {"error": text}, status, headers or {}


class Guard:
    """Keeps the password, and checks requests against it.

    Args:
        journal: ``core.journal.Journal`` of the password's record.
        uptime_s: function that returns seconds since boot.
        setup_open: function that tells whether someone at the reader has opened set-up.
        read_open: reading needs no password.
    """

    def __init__(self, journal, uptime_s, setup_open, read_open):
        self._journal = journal
        self._uptime_s = uptime_s
        self._setup_open = setup_open
        self._read_open = read_open
        self._attempts = Attempts()
        self._busy = False
        self._record = None
        self._session_key = os.urandom(32)
        self._known = None
        self.problem = None

    def load(self):
        """Take the stored record."""
        payload = self._journal.load()
        if payload is None:
            return
        try:
            self._record = _password().unpack(payload)
        except ValueError as error:
            # Without a record nothing can be changed but from set-up.
            self.problem = str(error)

    def is_set(self):
        """Return whether there is a password."""
        return self._record is not None

    async def refuse_read(self, request):
        """Return an answer that refuses reading, or None to go on."""
        if not origin.is_local(request.headers.get("Host") or ""):
            return refuse(421, "host: not accepted; accepted: the reader's address or local name")
        if self._read_open or self._setup_open() or not self.is_set():
            return None
        return await self._refuse_stranger(request)

    async def refuse_change(self, request):
        """Return an answer that refuses a change, or None to go on."""
        refusal = self._refuse_foreign(request)
        if refusal:
            return refusal
        if self._setup_open():
            return None
        if not self.is_set():
            return refuse(
                403, "password: none is set; accepted: set one first, PUT /api/v1/password"
            )
        return await self._refuse_stranger(request)

    async def refuse_new_password(self, request):
        """Return an answer that refuses to set the password, or None to go on.

        The first one may be set by whoever comes first; later ones by its owner, or by
        someone at the reader.
        """
        refusal = self._refuse_foreign(request)
        if refusal or self._setup_open() or not self.is_set():
            return refusal
        return await self._refuse_stranger(request)

    async def set_password(self, text):
        """Store a new password; return False when no store took it."""
        password = _password()
        salt = os.urandom(password.SALT_BYTES)
        key = await self._derive(text, salt, password.ITERATIONS)
        if not self._journal.save(password.pack(salt, key, password.ITERATIONS)):
            return False
        self._record = (salt, key, password.ITERATIONS)
        self._known = None
        return True

    def _refuse_foreign(self, request):
        headers = request.headers
        host = headers.get("Host") or ""
        if not origin.is_local(host):
            return refuse(421, "host: not accepted; accepted: the reader's address or local name")
        if not origin.is_own(headers.get("Origin"), host):
            return refuse(403, "origin: not accepted; accepted: the reader's own page")
        kind = (request.content_type or "").split(";")[0].strip().lower()
        if kind != "application/json":
            # A form on a foreign site cannot send this without being asked first.
            return refuse(415, "content-type: not accepted; accepted: application/json")
        return None

    async def _refuse_stranger(self, request):
        client = request.client_addr
        client = client[0] if isinstance(client, tuple) else bytes(client[4:8])
        given = _given(request.headers.get("Authorization"))
        if given is None:
            return refuse(
                401,
                "authorization: missing; accepted: Basic with the reader's password",
                {"WWW-Authenticate": 'Password realm="reader"'},
            )
        wait_s = self._attempts.wait_s(client, self._uptime_s())
        if wait_s or self._busy:
            wait_s = max(1, wait_s)
            return refuse(
                429,
                "authorization: too many attempts; accepted: again in {} s".format(wait_s),
                {"Retry-After": str(wait_s)},
            )
        if await self._check(given):
            self._attempts.succeeded(client)
            return None
        self._attempts.failed(client, self._uptime_s())
        return refuse(401, "authorization: not the password; accepted: the reader's password")

    async def _check(self, given):
        password = _password()
        tag = password.mac(self._session_key, given.encode())
        if self._known is not None and password.equal(tag, self._known):
            return True
        record = self._record
        if record is None:
            return False
        salt, key, iterations = record
        if not password.equal(await self._derive(given, salt, iterations), key):
            return False
        self._known = tag
        return True

    async def _derive(self, text, salt, iterations):
        self._busy = True
        try:
            derivation = _password().Derivation(text, salt, iterations)
            while not derivation.step(_ITERATIONS_PER_BOUT):
                await asyncio.sleep_ms(0)
            return derivation.key()
        finally:
            self._busy = False


def _given(header):
    """Return the password in an ``Authorization`` header, Basic or Bearer, or None."""
    scheme, _, rest = (header or "").partition(" ")
    scheme = scheme.lower()
    rest = rest.strip()
    try:
        if scheme == "basic":
            # The user's name does not matter: there is one owner.
            rest = a2b_base64(rest.encode()).decode().partition(":")[2]
        elif scheme != "bearer":
            return None
    except ValueError:
        return None
    return rest if 0 < len(rest) <= _password().MOST else None


def with_document(handler):
    """Return a route's handler that gives ``handler`` the parts and the body, a JSON object."""

    async def handle(parts, request):
        try:
            document = json.loads(request.body.decode())
        except (ValueError, RuntimeError, MemoryError):
            return refuse(400, "body: not valid JSON; accepted: a JSON object")
        if not isinstance(document, dict):
            return refuse(400, "body: not an object; accepted: a JSON object")
        return await handler(parts, document)

    return handle
