"""
Sessions whose Socket.IO packets are msgpack: clients with socket.io-msgpack-parser.

    peer: {"type": 0, "nsp": "/"}        we: {"type": 0, "data": {"sid": ..., "pid": undefined}, "nsp": "/"}     (3.0)
                                         we: 4{"type":0,"nsp":"/"}                                              (2.2)

Nothing on the wire tells such a client from others, so a listener speaks either JSON or msgpack (option ``parser``).
"""

from typing import Any, ClassVar

from protocols import msgpack_parser
from protocols.engineio import JOINED, EngineSession, Take
from protocols.engineio3 import Session3
from protocols.engineio4 import Session4
from protocols.model import RESERVED_NAMES, Ack, Connect, Control, Happening
from protocols.msgpack_parser import Packet
from protocols.socketio import event_of


class MsgpackPackets(EngineSession):
    """What packets in msgpack mean to a session of any revision."""

    __slots__ = ()

    def _took(self, packet: Packet) -> list[Happening]:
        happenings: list[Happening] = self._MEANINGS[packet.type](self, packet)
        return happenings

    def _took_connect(self, packet: Packet) -> list[Happening]:
        return self._connect(self._asked(packet))

    def _asked(self, packet: Packet) -> Connect:
        raise NotImplementedError

    def _took_leave(self, packet: Packet) -> list[Happening]:
        return self._leave(packet.namespace)

    def _took_event(self, packet: Packet) -> list[Happening]:
        event = event_of(packet.namespace, packet.id, packet.data)
        if self._namespaces.get(event.namespace) is not JOINED:
            return self._take_stray(event.namespace)
        return [] if event.name in RESERVED_NAMES else [event]

    def _took_ack(self, packet: Packet) -> list[Happening]:
        if packet.id is None:
            return []
        if self._namespaces.get(packet.namespace) is not JOINED:
            return self._take_stray(packet.namespace)
        return [Ack(packet.namespace, packet.id, packet.data)]

    _MEANINGS: ClassVar[dict[int, Any]] = {
        msgpack_parser.CONNECT: _took_connect,
        msgpack_parser.DISCONNECT: _took_leave,
        msgpack_parser.EVENT_PACKET: _took_event,
        msgpack_parser.ACK_PACKET: _took_ack,
    }


class MsgpackSession4(MsgpackPackets, Session4):
    """Engine.IO 4 with socket.io-msgpack-parser 3.0: every packet is msgpack."""

    __slots__ = ()

    def _take_binary(self, data: bytes) -> list[Happening]:
        return self._took(msgpack_parser.read_packet(data))

    def _asked(self, packet: Packet) -> Connect:
        return Connect(packet.namespace, auth=packet.data)

    def accepted(self, namespace: str, socket_id: str, pid: str | None = None) -> list[Happening]:
        super().accepted(namespace, socket_id, pid)
        last = msgpack_parser.UNDEFINED if pid is None else msgpack_parser.packed(pid)
        data = b"\x82\xa3sid" + msgpack_parser.packed(socket_id) + b"\xa3pid" + last
        return [msgpack_parser.packet(msgpack_parser.CONNECT, namespace, data)]

    def unknown(self, namespace: str) -> list[Happening]:
        self._mark(namespace, None)
        data = msgpack_parser.packed({"message": "Invalid namespace"})
        return [msgpack_parser.packet(msgpack_parser.ERROR, namespace, data, namespace_first=True)]

    def _packet(self, kind: str, namespace: str, value: Any = None) -> Control:
        return msgpack_parser.packet(int(kind), namespace, None if value is None else msgpack_parser.packed(value))

    _open: ClassVar[dict[str, Take]] = Session4._plain


class MsgpackSession3(MsgpackPackets, Session3):
    """Engine.IO 2 and 3 with socket.io-msgpack-parser 2.2: events and answers are msgpack, the rest is JSON."""

    __slots__ = ()

    def _take_binary(self, data: bytes) -> list[Happening]:
        return self._took(msgpack_parser.read_packet(data, binary_types=True))

    def _take_message(self, unit: str) -> list[Happening]:
        return self._took(msgpack_parser.read_json_packet(unit[1:]))

    def _asked(self, packet: Packet) -> Connect:
        namespace, _, query = packet.namespace.partition("?")
        return Connect(namespace, query)

    def unknown(self, namespace: str) -> list[Happening]:
        self._mark(namespace, None)
        return [msgpack_parser.json_packet(msgpack_parser.ERROR, namespace, "Invalid namespace", namespace_first=True)]

    def _packet(self, kind: str, namespace: str, value: Any = None) -> Control:
        return msgpack_parser.json_packet(int(kind), namespace, value)

    _plain: ClassVar[dict[str, Take]] = {**Session3._plain, "4": _take_message}
    _open: ClassVar[dict[str, Take]] = _plain
