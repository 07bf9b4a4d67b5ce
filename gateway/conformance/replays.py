"""Recorded traffic of the real servers, as further rows of the table: against a server that has the fixture applications."""

import argparse
from typing import Any

from gateway.conformance.runner import Result


async def replayed(reactor: Any, options: argparse.Namespace) -> list[Result]:
    """What became of each recording."""
    return []
