"""One connection to a broker, from the first SYN to its end: the seam to the MQTT client.

Everything above speaks to ``MqttLink``; everything the client library wants is here, so another
library means another such file. The library does the protocol in steps that never wait; this
adds the socket (connect and TLS handshake in steps as well) and the asyncio side.

Failure model: a link that fails is over. It says why in ``error``, everyone who waits for an
acknowledgement is told that there is none, and it is thrown away.
"""

import asyncio
import errno
import select
import socket
import time

from chumicro_mqtt.client import MQTTClient, ProtocolState, WhenOversized

# What is answered late counts as lost, s. Also bounds connecting and the TLS handshake.
_ANSWER_S = 15
_BUSY_MS = 20
_IDLE_MS = 100
_INBOX = 8
_PAYLOAD_MAX = 256


class _Socket:
    """What the library calls a socket, over MicroPython's streams."""

    def __init__(self, stream):
        self._stream = stream
        self.close = stream.close

    def send(self, data):
        try:
            return self._stream.write(data) or 0
        except ValueError as error:
            # How mbedTLS refuses a certificate.
            raise OSError("TLS: " + str(error).strip())

    def recv_into(self, buffer, size):
        try:
            received = self._stream.readinto(buffer, size)
        except ValueError as error:
            raise OSError("TLS: " + str(error).strip())
        if received is None:
            raise OSError(errno.EAGAIN)
        return received


class _Connector:
    """Connects without waiting; the library calls ``tick`` until ``state`` is final.

    The TLS handshake is left to the first write, which makes what progress it can and comes
    back: so it takes place in steps, too.
    """

    def __init__(self, address, tls, host):
        self._address = address
        self._tls = tls
        self._host = host
        self._poll = select.poll()
        self._raw = None
        self.socket = None
        self.state = "connecting"
        self.last_error = None

    def tick(self, now_ms):
        try:
            if self._raw is None:
                self._begin()
            else:
                self._look()
        except (OSError, ValueError) as error:
            self.last_error = error
            self.cancel()

    def cancel(self):
        self.state = "failed"
        if self._raw:
            self._raw.close()

    def _begin(self):
        self._raw = raw = socket.socket()
        raw.setblocking(False)
        try:
            raw.connect(self._address)
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise
        self._poll.register(raw, select.POLLOUT)

    def _look(self):
        events = self._poll.poll(0)
        if not events:
            return
        if events[0][1] & (select.POLLERR | select.POLLHUP):
            raise OSError("refused or out of reach")
        stream = self._raw
        if self._tls:
            stream = self._tls.wrap_socket(
                stream, server_hostname=self._host, do_handshake_on_connect=False
            )
            stream.setblocking(False)
        self.socket = _Socket(stream)
        self.state = "ready"


class MqttLink:
    """Connects once, stays connected while it can.

    Args:
        address: of the broker, as ``getaddrinfo`` gives it.
        host: its name, which the certificate must bear.
        tls: ``ssl.SSLContext``, or None.
        options: what else the library's client takes: client_id, username, password,
            keep_alive_seconds, will_topic and so on.

    Attributes:
        ended: True when nothing more will come.
        error: why it ended, or None.
        refusal: the broker's CONNACK code when that is why, 1 to 5, or 0.
        inbox: messages received, as (topic, payload), payload None where it was too long and
            ``overlong`` has its length; the oldest first, at most 8.
        lost_messages: how many came while the inbox was full; whoever reads it resets it.
    """

    def __init__(self, address, host, tls, options):
        self.ended = False
        self.error = None
        self.refusal = 0
        self.inbox = []
        self.overlong = 0
        self.lost_messages = 0
        self._waiting = 0
        self._client = MQTTClient(
            transport_factory=lambda: _Connector(address, tls, host),
            ack_timeout_seconds=_ANSWER_S,
            when_disconnected="raise",
            when_oversized=WhenOversized.DROP_WITH_EVENT,
            rx_buffer_size=_PAYLOAD_MAX,
            ticks=time,
            **options,
        )
        self._client.on_message = self._received
        self._client.on_oversized = self._received_overlong

    def connected(self):
        """Return True between the broker's welcome and the end."""
        return not self.ended and self._client.state == ProtocolState.CONNECTED

    def subscribe(self, topic):
        """Have messages on a topic filter arrive in ``inbox``."""
        self._client.subscribe(topic, qos=1)

    async def run(self):
        """Do the client's work until the link ends."""
        self._client.connect()
        while not self.ended:
            self._step()
            busy = self._waiting or self.inbox or not self.connected()
            await asyncio.sleep_ms(_BUSY_MS if busy else _IDLE_MS)

    async def publish(self, topic, payload, retain=False):
        """Publish with QoS 1; return True once the broker has acknowledged, False if not.

        Args:
            topic: text.
            payload: bytes or text.
            retain: have the broker keep it for those who come later.
        """
        if not self.connected():
            return False
        done = []

        def acknowledged(topic, payload):
            done.append(True)

        self._client.publish(topic, payload, qos=1, retain=retain, on_publish=acknowledged)
        self._waiting += 1
        try:
            while not done and not self.ended:
                await asyncio.sleep_ms(_BUSY_MS)
        finally:
            self._waiting -= 1
        return bool(done)

    def close(self):
        """End the link at once, without farewell: so the broker publishes the last will."""
        self.ended = True
        sock = self._client._socket
        if sock:
            sock.close()
        connector = self._client._connector
        if connector:
            connector.cancel()

    def _step(self):
        try:
            self._client.handle(time.ticks_ms())
        except Exception as error:
            # Such as a topic that is not UTF-8. The stream cannot be trusted any more.
            self._end(error)
            return
        if self._client.state == ProtocolState.FAILED:
            self._end(self._client.last_error)

    def _end(self, error):
        self.error = str(error) if error else "the connection ended"
        self.refusal = getattr(error, "return_code", 0)
        self.close()

    def _received(self, topic, payload):
        if len(self.inbox) < _INBOX:
            self.inbox.append((topic, payload))
        else:
            self.lost_messages += 1

    def _received_overlong(self, length, topic):
        self.overlong = length
        self._received(topic or "", None)
