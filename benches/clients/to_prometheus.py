"""Gauges for a Pushgateway, with Prometheus' own client. This client does not support remote writes."""

import sys

from prometheus_client import CollectorRegistry, Gauge, push_to_gateway

import points

url, count = sys.argv[1], int(sys.argv[2])
registry = CollectorRegistry()
gauge = Gauge("test_many", "Very many values.", [*points.TAGS, "item"], registry=registry)
for item, value in points.items(0, count):
    gauge.labels(*points.TAGS.values(), item).set(value)
push_to_gateway(url, job="system-health", registry=registry)
