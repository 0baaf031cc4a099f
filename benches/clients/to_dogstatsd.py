"""Gauges for a Datadog Agent, in full packets, with Datadog's own client."""

import sys
import time

from datadog.dogstatsd import DogStatsd

import points

url, count = sys.argv[1], int(sys.argv[2])
host, port = url.removeprefix("udp://").split(":")
tags = [f"{name}:{value}" for name, value in points.TAGS.items()]
now = int(time.time())
with DogStatsd(host=host, port=int(port), disable_buffering=False) as client:
    for item, value in points.items(0, count):
        client.gauge_with_timestamp("test.many", value, now, tags=[*tags, f"item:{item}"])
