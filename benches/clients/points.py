"""The points that all clients send: those of `test.many`, with the tags that `report` adds."""

from collections.abc import Iterator

DATADOG_KEY = "0dd0c0ffee0dd0c0ffee0dd0c0ffee00"
TAGS = {"env": "development", "service": "system-health", "source": "system-health", "team": "platform"}


def items(start: int, end: int) -> Iterator[tuple[str, float]]:
    """The item and the value of each point."""
    return ((f"{number:06}", number / 8) for number in range(start, end))
