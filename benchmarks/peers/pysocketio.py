"""python-socketio on uvloop, under uvicorn or aiohttp: ``python pysocketio.py PORT uvicorn|aiohttp``."""

import gc
import resource
import signal
import sys

import socketio
import uvloop


def register(server: socketio.AsyncServer) -> None:
    """Give ``server`` the two events of the benchmark."""

    @server.on("echo")
    async def echo(sid, value):
        return value

    @server.on("bcast")
    async def bcast(sid, value):
        await server.emit("msg", value)


def serve_uvicorn(port: int) -> None:
    import uvicorn

    server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
    register(server)
    uvicorn.run(
        socketio.ASGIApp(server),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        access_log=False,
        log_level="error",
        backlog=4096,
    )


def serve_aiohttp(port: int) -> None:
    from aiohttp import web

    async def application() -> web.Application:
        server = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
        register(server)
        app = web.Application()
        server.attach(app)
        return app

    loop = uvloop.new_event_loop()
    web.run_app(application(), host="127.0.0.1", port=port, access_log=None, print=None, backlog=4096, loop=loop)


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGUSR2, lambda *_: gc.collect() and None)
    {"uvicorn": serve_uvicorn, "aiohttp": serve_aiohttp}[sys.argv[2]](int(sys.argv[1]))
