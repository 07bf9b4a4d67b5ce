"""
The gateway as the server under test: ``python benchmarks/app.py PORT [epoll|lean]``.

Contract of every server here: event ``echo(x)`` acknowledges with ``x``; event ``bcast(x)`` emits ``msg(x)`` to every
connected socket, the sender included. Socket.IO 0.6 knew only messages: one that starts with ``bcast:`` goes to every
client, any other comes back.
"""

import gc
import resource
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def install_reactor(name: str) -> None:
    """Choose the reactor before anything imports the default one."""
    if name == "lean":
        from gateway.reactor import install
    else:
        from twisted.internet.epollreactor import install
    install()


def application() -> Any:
    """Return a listener with default options and the handlers of the contract."""
    from gateway import Listener

    io = Listener()

    @io.on("echo")
    def echo(socket: Any, value: Any) -> Any:
        return value

    @io.on("bcast")
    def bcast(socket: Any, value: Any) -> None:
        io.emit("msg", value)

    @io.on("message")
    def message(socket: Any, text: str) -> None:
        if text.startswith("bcast:"):
            io.send(text)
        else:
            socket.send(text)

    return io


def main(port: int, reactor_name: str) -> None:
    """Serve on the loopback until SIGTERM; SIGUSR2 runs a full collection."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    install_reactor(reactor_name)
    from twisted.internet import reactor
    from twisted.internet.endpoints import TCP4ServerEndpoint

    from gateway.collector import Relaxed

    signal.signal(signal.SIGUSR2, lambda *_: gc.collect() and None)
    TCP4ServerEndpoint(reactor, port, backlog=4096, interface="127.0.0.1").listen(application().factory())
    Relaxed().begin()  # as the twistd service does
    reactor.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "epoll")
