"""Members and options that the old documents name, by the section of docs/coming-from.md that says what became of them."""

OLD_NAMES = {
    "0.6": """
        listen resource origins transports transportOptions flashPolicyServer log timeout onClientConnect
        clients clientsIndex broadcast server options clientConnect clientMessage clientDisconnect sessionId
        listener connected connections request response connection send message disconnect
    """,
    "0.9": """
        origins log store static heartbeats resource transports authorization blacklist logger listen sockets
        handshaken connected open closed rooms roomClients namespaces version protocol clientVersion configure
        enable disable emit send json volatile in to except clients socket id namespace manager handshake
        transport disconnected readable acks ackPackets flags join leave set get has del disconnect message
        error broadcast
    """,
    "2.x": """
        path serveClient adapter parser origins pingInterval pingTimeout upgradeTimeout maxHttpBufferSize
        transports allowUpgrades allowRequest perMessageDeflate httpCompression cookie cookiePath
        cookieHttpOnly wsEngine destroyUpgrade initialPacket handlePreflightRequest sockets of set attach
        listen bind onconnection close name connected use to in emit send write clients compress binary
        volatile local json id rooms client conn request handshake disconnected nsp join leave leaveAll
        disconnect error broadcast connection disconnecting connect sids add addAll del delAll clientRooms
    """,
    "4.x": """
        addTrailingSlash serveClient adapter parser connectTimeout connectionStateRecovery
        cleanupEmptyChildNamespaces pingInterval pingTimeout upgradeTimeout maxHttpBufferSize transports
        allowUpgrades allowRequest perMessageDeflate httpCompression cookie cors allowEIO3 sockets engine
        httpServer of path attach listen attachApp bind onconnection close use except emitWithAck timeout
        allSockets fetchSockets socketsJoin socketsLeave disconnectSockets serverSideEmit
        serverSideEmitWithAck recovered data rooms onAny prependAny offAny listenersAny onAnyOutgoing
        prependAnyOutgoing offAnyOutgoing listenersAnyOutgoing local broadcast compress volatile join leave
        disconnect handshake conn request nsp generateId clientsCount connection_error initial_headers headers
        new_namespace skipMiddlewares maxDisconnectionDuration serverCount persistSession
    """,
    "python-socketio": """
        AsyncServer Server event on emit send call enter_room leave_room close_room rooms get_session
        save_session session disconnect get_environ start_background_task sleep instrument attach ASGIApp
        WSGIApp Namespace AsyncNamespace register_namespace trigger_event skip_sid callback
        cors_allowed_origins ping_interval ping_timeout max_http_buffer_size always_connect client_manager
        AsyncRedisManager json logger engineio_logger cookie http_compression compression_threshold transports
        allow_upgrades async_mode async_handlers namespaces serializer ConnectionRefusedError TimeoutError
        transport shutdown
    """,
}
