"""All scenarios, one function each, by what they are about; importing this package fills ``cases.SCENARIOS``."""

from gateway.conformance.cases import SCENARIOS
from gateway.conformance.scenarios import (
    addresses,
    echoes,
    hostile,
    life,
    namespaces,
    requests,
    rooms,
    silence,
    storage,
    text,
    transports,
    values,
    wrong,
)

__all__ = [
    "SCENARIOS",
    "addresses",
    "echoes",
    "hostile",
    "life",
    "namespaces",
    "requests",
    "rooms",
    "silence",
    "storage",
    "text",
    "transports",
    "values",
    "wrong",
]
