"""What a server of all eras may do differently from the server of the time, and nothing else."""

from gateway.conformance.recordings import Recording, Step

ONLY_ELSEWHERE = ("set-cookie", "cache-control")
"""Headers that older servers sent with everything; the recordings of headers test them."""


def steps_of(recording: Recording) -> list[Step]:
    """The steps, with those passages rewritten in which another page decided otherwise."""
    return recording.steps


def header_differs(recording: Recording, name: str, expected: str, actual: str) -> bool:
    """Whether the header must be compared at all and is not the same."""
    if recording.older and (name in ONLY_ELSEWHERE or name.startswith("access-control-")):
        return False
    return expected != actual


def same_status(recording: Recording, expected: int, actual: int) -> bool:
    """Whether ``actual`` will do."""
    return expected == actual


def same_code(recording: Recording, expected: int | None, actual: int | None) -> bool:
    """Whether the code of a close frame will do."""
    return expected == actual or (recording.older and {expected, actual} <= {None, 1000})
