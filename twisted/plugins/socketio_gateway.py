"""``twistd -n socketio``: twistd reads this file only; the service is imported when the command is used."""

from twisted.application.service import ServiceMaker

socketio = ServiceMaker(
    "socketio-gateway",
    "gateway.service",
    "Every Socket.IO client from 0.3 to 4.x on one port.",
    "socketio",
)
