"""The reader on MQTT: states and discovery out, commands in.

Failure model: broker and network may be missing, slow, hung, restarted with nothing in memory,
or hostile, at any moment and for any time. Then nothing is published; everything else goes on,
since nothing here is waited for by anyone but the outbox, and no step takes longer than a few
ms (looking up the broker's name and the sums of a TLS handshake excepted, see docs/mqtt.md).
The connection is tried again with growing, jittered pauses, and each new one begins with
everything that a broker is expected to remember. What comes in is bounded in length and
number, checked, and answered.
"""

import asyncio
import json
import random
import socket

from core import entity, payload
from core.pacing import Pacing
from services import on_demand

OFF = "off"
WAITING = "waiting"
CONNECTING = "connecting"
CONNECTED = "connected"

_LOOK_MS = 500
_SLOW_LOOKS = 120
# What a broker has retained arrives without a longer pause than this after subscribing; a
# flood must not make it endless.
_RETAINED_MS = 1000
_RETAINED_MAX_MS = 10000
_RETAINED_LOOK_MS = 50
_PAUSE_MIN_MS = 1000
_PAUSE_MAX_MS = 60000
_REFUSED = (4, 5)  # CONNACK: bad user name or password, not authorized


class Mqtt:
    """Keeps a broker informed.

    Args:
        settings: validated configuration.
        board_id: hex text that no other board has.
        version: the firmware's.
        snapshot: function that returns ``core.snapshot.Snapshot``.
        status: function that returns the whole status.
        set_reading: see ``core.command.Commands``.
        network: function that tells whether there is a network.
        clock: function that tells whether the clock is set; certificates need it.
        quiet: coroutine function that waits for a quiet moment; a look-up blocks.

    Attributes:
        error: why there is no connection, or None.
    """

    def __init__(
        self, settings, board_id, version, snapshot, status, set_reading, network, clock, quiet
    ):
        self._settings = settings
        self._snapshot = snapshot
        self._status = status
        self._network = network
        self._clock = clock
        self._quiet = quiet
        self.base = "{}/{}".format(settings["mqtt.prefix"], board_id)
        self._client_id = "omnipower-" + board_id
        self._ha_status = settings["mqtt.discovery_prefix"] + "/status"
        self._board_id = board_id
        self._version = version
        self._pacing = Pacing(settings["mqtt.deadband_w"], settings["mqtt.energy_s"])
        self._set_reading = set_reading
        if settings["mqtt.host"]:
            # A reader without a broker need not carry it; and later it would hold up counting.
            from services.mqtt_link import MqttLink

            self._link_class = MqttLink
        self._commands = None
        self._link = None
        self._address = None
        self._pause_ms = _PAUSE_MIN_MS
        self._tls = None
        self.state = OFF
        self.error = None
        self.connections = 0
        self.messages = 0

    def report(self):
        """Return what the status says of MQTT."""
        return {
            "state": self.state,
            "error": self.error,
            "topic": self.base,
            "connections": self.connections,
            "messages": self.messages,
        }

    async def publish_interval(self, topic_suffix, payload_bytes):
        """Publish a closed interval; for the outbox, which keeps it until this returns True.

        Args:
            topic_suffix: what follows the reader's own prefix, such as ``interval/hour``.
            payload_bytes: the message, not retained.

        Returns:
            True once the broker has acknowledged it; False where it has not, or where there
            is no connection: the same message should then come again.
        """
        return await self._publish(topic_suffix, payload_bytes, retain=False)

    async def run(self):
        """Keep connected for ever."""
        if not self._settings["mqtt.host"]:
            return
        while True:
            self.state = WAITING
            if self._ready():
                await self._connection()
                # Half of it by chance, so that a street's readers do not come back at once.
                half_ms = self._pause_ms // 2
                await asyncio.sleep_ms(half_ms + random.getrandbits(16) % (half_ms + 1))
                self._pause_ms = min(self._pause_ms * 2, _PAUSE_MAX_MS)
            else:
                await asyncio.sleep_ms(_LOOK_MS)

    def _ready(self):
        if not self._network():
            self.error = "mqtt: no network"
            return False
        if self._settings["mqtt.tls"] and not self._clock():
            self.error = "mqtt.tls: waits for the clock, which certificates are checked against"
            return False
        return True

    async def _connection(self):
        """Live through one connection; on return ``error`` says why it ended."""
        self.state = CONNECTING
        try:
            await self._prepare()
        except (OSError, ValueError) as error:
            self.error = str(error)
            return
        link = self._link = self._new_link()
        pump = asyncio.create_task(link.run())
        try:
            while not link.ended and not link.connected():
                await asyncio.sleep_ms(50)
            if link.connected():
                await self._serve(link)
        finally:
            self._link = None
            link.close()
            pump.cancel()
        self.error = self._explain(link)
        # Perhaps the broker has moved.
        self._address = None

    async def _prepare(self):
        if self._settings["mqtt.tls"] and not self._tls:
            self._tls = on_demand.need("services.mqtt_tls").context(self._settings["mqtt.ca_file"])
        if self._address is None:
            host, port = self._settings["mqtt.host"], self._settings["mqtt.port"]
            await self._quiet(2000)
            try:
                self._address = socket.getaddrinfo(host, port)[0][-1]
            except OSError as error:
                raise OSError("mqtt.host: {}: not found ({})".format(host, error))

    def _new_link(self):
        settings = self._settings
        return self._link_class(
            self._address,
            settings["mqtt.host"],
            self._tls,
            {
                "client_id": self._client_id,
                "keep_alive_seconds": settings["mqtt.keepalive_s"],
                "username": settings["mqtt.user"] or None,
                "password": settings["mqtt.password"] or None,
                "will_topic": self.base + "/" + entity.AVAILABILITY,
                "will_message": entity.OFFLINE,
                "will_qos": 1,
                "will_retain": True,
            },
        )

    def _explain(self, link):
        if link.refusal in _REFUSED:
            return "mqtt.user, mqtt.password: the broker refuses them"
        return "mqtt.host: {}:{}: {}".format(
            self._settings["mqtt.host"], self._settings["mqtt.port"], link.error
        )

    async def _serve(self, link):
        """Do what there is to do on a connection until it ends."""
        self.state = CONNECTED
        self.error = None
        self.connections += 1
        self._pause_ms = _PAUSE_MIN_MS
        link.subscribe(self.base + "/set/+")
        link.subscribe(self._ha_status)
        await self._clear_outdated(link)
        await self._greet()
        looks = 0
        while link.connected():
            if await self._receive_all(link):
                await self._greet()
            if link.lost_messages:
                answer = "error: too many at once; {} not obeyed".format(link.lost_messages)
                link.lost_messages = 0
                await self._publish(entity.COMMAND_RESULT, answer)
            looks += 1
            slow = looks % _SLOW_LOOKS == 0
            await self._publish_states(self._status() if slow else payload.status(self._snapshot()))
            await asyncio.sleep_ms(_LOOK_MS)

    async def _greet(self):
        """Publish everything a broker is expected to remember."""
        await self._announce()
        await self._publish(entity.AVAILABILITY, entity.ONLINE)
        self._pacing.forget()
        await self._publish_states(self._status())

    def _discovery(self):
        """Return what makes the messages of discovery; needed once for each connection."""
        return on_demand.need("core.discovery").Discovery(
            self._settings["mqtt.discovery_prefix"],
            self.base,
            self._board_id,
            self._settings["meter.number"],
            self._version,
        )

    async def _announce(self):
        form = self._settings["mqtt.discovery"]
        status = self._status()
        if form == entity.DEVICE:
            topic, body = self._discovery().device(status)
            await self._send(topic, json.dumps(body))
        elif form == entity.PER_ENTITY:
            for topic, body in self._discovery().entities(status):
                await self._send(topic, json.dumps(body))

    async def _publish_states(self, status):
        for row, text in self._pacing.due(status):
            if not await self._publish(row[0], text):
                return
            self._pacing.published(row, text, status["uptime_ms"])

    async def _clear_outdated(self, link):
        """Have another form of discovery forgotten, which would stand in this one's way.

        More than the inbox takes may come at once, so the broker is asked until it has no more.
        """
        quiet_ms = _RETAINED_MS
        found = True
        for _ in range(_RETAINED_MAX_MS // _RETAINED_LOOK_MS):
            if quiet_ms >= _RETAINED_MS:
                if not found:
                    break
                for topic in self._discovery().outdated(self._settings["mqtt.discovery"]):
                    link.subscribe(topic)
                quiet_ms = 0
                found = False
            await asyncio.sleep_ms(_RETAINED_LOOK_MS)
            quiet_ms = 0 if link.inbox else quiet_ms + _RETAINED_LOOK_MS
            found = await self._receive_all(link) or found
        link.lost_messages = 0

    async def _receive_all(self, link):
        """Take what has come by now; return True when everything is to be told anew."""
        again = False
        # Not what comes meanwhile: a flood of commands must not hold up the states.
        for _ in range(len(link.inbox)):
            topic, message = link.inbox.pop(0)
            if topic == self._ha_status:
                again = again or message == b"online"
            elif topic.endswith("/config"):
                if message != b"":
                    await self._send(topic, b"")
                    again = True
            else:
                await self._obey(link, topic, message)
        return again

    async def _obey(self, link, topic, message):
        name = topic[len(self.base) + 5 :]
        if self._commands is None:
            self._commands = on_demand.need("core.command").Commands(self._set_reading)
        if message is None:
            answer = self._commands.oversized(name, link.overlong)
        else:
            answer = self._commands.run(name, message)
        if self._commands.reading:
            await self._publish(entity.READING, self._commands.reading)
        await self._publish(entity.COMMAND_RESULT, answer)

    async def _publish(self, suffix, message, retain=True):
        return await self._send(self.base + "/" + suffix, message, retain)

    async def _send(self, topic, message, retain=True):
        if not self._link:
            return False
        acknowledged = await self._link.publish(topic, message, retain)
        if acknowledged:
            self.messages += 1
        return acknowledged
