"""``twistd --reactor socketio-epoll``."""

from twisted.application.reactors import Reactor

socketio_epoll = Reactor("socketio-epoll", "gateway.reactor", "epoll with a shorter way from a readable socket to its protocol")
