"""SessionHost: a mount whose clients have sessions. Admission, ids, answers; what Listener and EngineListener share."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import partial
from os import urandom
from typing import Any, ClassVar

from gateway import routes
from gateway.bundles import client_files
from gateway.client import Client
from gateway.cookies import cookie_header
from gateway.crowding import Crowd
from gateway.encoding import Headers, encoded
from gateway.eras import Era, GreetingMemory, settings_of, tick_of
from gateway.handlers import FAILED, start
from gateway.handshake import Handshake
from gateway.host import Host
from gateway.layer import EngineLayer
from gateway.options import ListenerOptions
from gateway.origins import cors_headers
from gateway.precautions import precautions
from gateway.proxies import Proxies
from gateway.stores import IStore, MemoryStore, sharing
from gateway.transports.backlog import Backlog
from gateway.unfinished import AtWork
from protocols.errors import ProtocolError
from protocols.model import Answer, Connect, Session


class SessionHost(Host):
    """
    A mount whose clients have sessions.

    :ivar options: checked.
    :ivar settings: what sessions and doors need of them.
    :ivar greetings: what clients of 0.3 to 0.6 were greeted with.
    :ivar crowd: sessions that were begun and not used yet.
    :ivar proxies: those that are believed, if any.
    :ivar client_files: the published clients that it serves, if any.
    """

    LINGER = 30.0
    """Seconds that the end of a polling session is kept for its next poll (Engine.IO 6.6)."""

    make_client: ClassVar[type[Client]] = Client

    def __init__(self, options: ListenerOptions, reactor: Any) -> None:
        settings = settings_of(options)
        super().__init__(options.path, reactor, tick_of(settings), options.origins, options.compression or ())
        self.options = options
        self.settings = settings
        self.greetings = GreetingMemory()
        self.crowd = Crowd()
        self.proxies = Proxies(options.trust_proxy) if options.trust_proxy else None
        self.client_files = client_files(options.serve_client, options.path, settings.transports)
        self._engine: EngineLayer | None = None
        self._adorns = bool(options.cookie)
        self._last_path = ""
        self._last_segments: list[str] = []
        self.at_work = AtWork()
        self.backlogs: dict[Client, Backlog] = {}
        self._sessions: dict[str, Client] = {}
        self._store: IStore | None = None if options.store is None else sharing.hold(self, options.store)
        for precaution in precautions(self):
            self.engine.use(precaution)

    @property
    def engine(self) -> EngineLayer:
        """The layer below: HTTP middleware, headers of answers, errors before there is a session."""
        if self._engine is None:
            self._engine = EngineLayer(self)
            self._adorns = True
        return self._engine

    @property
    def store(self) -> IStore:
        """Where clients keep values."""
        if self._store is None:
            self._store = sharing.hold(self, MemoryStore(self.clock))
        return self._store

    # What a Front asks

    def front_options(self) -> dict[str, Any]:
        return routes.front_options(self.options)

    @property
    def max_body(self) -> int:
        return self.options.max_payload

    @property
    def policy(self) -> Callable[[], bytes] | None:
        """Answers a Flash policy request on the listener's port; None while no flashsocket is enabled."""
        policy: Callable[[], bytes] | None = routes.policy_of(self)
        return policy

    def handle(self, request: Any) -> None:
        if self._engine is None:
            routes.handle(self, request)
        else:
            self._engine.admit(request)

    def proceed(self, request: Any) -> None:
        """A request that the middleware of the engine has admitted."""
        routes.handle(self, request)

    def turn_away(self, request: Any, code: int, kind: str, message: str) -> None:
        """A request that it has not admitted: see :meth:`refused` and the refusals of the eras."""
        routes.turn_away(self, request, code, kind, message)

    def era_of(self, request: Any) -> Era | None:
        """The era whose door ``request`` goes through; None: it is nobody's, the fallback may have it."""
        raise NotImplementedError

    def segments(self, request: Any) -> list[str]:
        """The path below the mount, split at slashes."""
        path = request.path
        if path != self._last_path:
            self._last_path = path
            self._last_segments = path[len(self.path) + 1 :].split("/")
        return self._last_segments

    async def close(self) -> None:
        """Stop listening, end every session, then close the store unless another Listener uses it too."""
        await super().close()
        await sharing.release(self)

    # Sessions

    def find(self, sid: str) -> Client | None:
        """The client of session ``sid``, for one more request of it."""
        if sid in self.crowd.begun:
            self.crowd.used(sid)
        return self._sessions.get(sid)

    @property
    def clients_count(self) -> int:
        """How many sessions there are."""
        return len(self._sessions)

    def add(self, session: Session, request: Any, transport: str) -> Client:
        """Make the client of a new session."""
        handshake = Handshake.of(request, session.era, transport, int(time.time() * 1000))
        client = self._sessions[session.id] = self.make_client(self, session, handshake)
        if self._engine is not None:
            self._engine._fire("connection", client)
        return client

    def forget(self, client: Client) -> None:
        """``client`` is gone."""
        if self._sessions.get(client.session.id) is client:
            del self._sessions[client.session.id]
            self.wheel.drop(client)

    async def settled(self) -> None:
        await self.at_work.done(self.clock, self.options.drain)

    def end_all(self) -> None:
        for client in list(self._sessions.values()):
            client.end("server shutting down")
        self._sessions.clear()

    def generate_id(self, request: Any = None) -> str:
        """A new session id: 120 random bits in 20 characters, or what the application says."""
        if self._engine is not None and self._engine.generate_id is not None:
            return self._made_by(partial(self._engine.generate_id, request))
        make = self.options.generate_id
        return self.generate_key() if make is None else self._made_by(make)

    def _made_by(self, make: Callable[[], Any]) -> str:
        sid = start("generate_id", make, ())
        if isinstance(sid, str) and sid and sid not in self._sessions:
            return sid
        if sid is not FAILED:
            self.log.error("generate_id gave no new id; a random one is taken")
        return self.generate_key()

    def generate_key(self) -> str:
        """A new key for a client's stored values: 120 bits from the system's random source, as in ids."""
        return urlsafe_b64encode(urandom(15)).decode("ascii")

    def join(self, client: Client, connect: Connect) -> None:
        """``client`` asks to join a namespace; without Socket.IO there are none."""

    def take_data(self, client: Client, data: Any) -> None:
        """A bare Engine.IO message came; with Socket.IO there are none."""

    # Answers and complaints, for the transports

    def respond(self, request: Any, answer: Answer, client: Client | None = None, compress: bool = True) -> None:
        """
        Send ``answer`` with the headers that let an allowed origin read it.

        :param client: whose poll or handshake it answers.
        """
        body = answer.body
        headers = answer.headers if request.anonymous else (*answer.headers, *cors_headers(request))
        if self.encodes and compress:
            body, headers = encoded(request, body, headers)
        if self._adorns and client is not None:
            headers = self._adorned(headers, request, client)
        request.respond(answer.status, body, answer.content_type, headers, answer.close)

    def start_stream(self, request: Any, head: Answer, chunked: bool, client: Client | None = None) -> None:
        """Begin an open answer."""
        headers: Headers = (("Content-Type", head.content_type), *head.headers, *cors_headers(request))
        if self._adorns and client is not None:
            headers = self._adorned(headers, request, client)
        request.start(head.status, headers, chunked)
        if head.body:
            request.write(head.body)

    def opening_headers(self, request: Any, first: bool) -> Headers:
        """Headers for the opening of a WebSocket; ``first``: it makes a session."""
        headers = cors_headers(request)
        return headers if self._engine is None else self._engine.headers(headers, request, first)

    def _adorned(self, headers: Headers, request: Any, client: Client) -> Headers:
        first = client.handshake.made_by(request)
        value = cookie_header(self.options.cookie, client.session.id) if first else ""
        if value:
            headers = (*headers, ("Set-Cookie", value))
        return headers if self._engine is None else self._engine.headers(headers, request, first)

    def refused(self, request: Any, code: int, log: str, message: str = "") -> None:
        """
        ``request`` is refused.

        :param code: the number that Engine.IO has for the reason.
        :param message: in place of its standard text.
        """
        if log:
            self.complain_about(request.address, log)
        if self._engine is not None:
            self._engine.refused(request, code, log, message)

    def complain(self, client: Client, error: ProtocolError) -> None:
        """One line about a peer that broke a rule; not more than ten a second."""
        self.complain_about(client.handshake.address, str(error))
