"""Gauges for a receiver of OTLP, with OpenTelemetry's own SDK and exporter."""

import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import View
from opentelemetry.sdk.resources import Resource

import points

url, count = sys.argv[1], int(sys.argv[2])
exporter = OTLPMetricExporter(endpoint=f"{url}/v1/metrics", compression=Compression.Gzip, max_export_batch_size=10_000)
reader = PeriodicExportingMetricReader(exporter, export_interval_millis=float("inf"))
# By default, the SDK merges all series after the first 2,000 into one.
views = [View(instrument_name="*", aggregation_cardinality_limit=count + 1)]
resource = Resource({"service.name": "system-health"})
provider = MeterProvider([reader], resource=resource, views=views, shutdown_on_exit=False)
gauge = provider.get_meter("system-health").create_gauge("test.many", unit="{item}")
for item, value in points.items(0, count):
    gauge.set(value, {**points.TAGS, "item": item})
provider.force_flush(timeout_millis=600_000)
provider.shutdown()
