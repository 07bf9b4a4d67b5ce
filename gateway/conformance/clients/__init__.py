"""
Clients of every era and transport, written for testing servers: their codecs are their own.

    Link        how a client reaches a server: over TCP, or (in ``gateway.testing``) without any socket
    carriers    the three ways of carrying: polls, streams, sockets; and the change from one to the other
    peers       one for each era: what its packets mean, and one inbox for all of them
"""
