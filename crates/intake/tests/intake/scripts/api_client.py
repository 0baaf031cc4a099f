"""Sends data to an intake and reads it, with Datadog's official client for Python.

The argument is the URL of the intake.
"""

import sys
import time

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.authentication_api import AuthenticationApi
from datadog_api_client.v1.api.events_api import EventsApi
from datadog_api_client.v1.api.metrics_api import MetricsApi as MetricsApiV1
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.model.distribution_point import DistributionPoint
from datadog_api_client.v1.model.distribution_points_payload import DistributionPointsPayload
from datadog_api_client.v1.model.distribution_points_series import DistributionPointsSeries
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v2.api.metrics_api import MetricsApi
from datadog_api_client.v2.model.metric_content_encoding import MetricContentEncoding
from datadog_api_client.v2.model.metric_intake_type import MetricIntakeType
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.metric_point import MetricPoint
from datadog_api_client.v2.model.metric_resource import MetricResource
from datadog_api_client.v2.model.metric_series import MetricSeries

url = sys.argv[1]
now = int(time.time())
configuration = Configuration(server_index=1, server_variables={"protocol": "http", "name": url.removeprefix("http://")})
configuration.api_key = {"apiKeyAuth": "any", "appKeyAuth": "any"}

with ApiClient(configuration) as client:
    assert AuthenticationApi(client).validate()["valid"]

    def send_gauge(encoding, metric, value):
        series = MetricSeries(
            metric=metric,
            type=MetricIntakeType.GAUGE,
            points=[MetricPoint(timestamp=now, value=value)],
            tags=["env:prod"],
            resources=[MetricResource(name="web-1", type="host")],
            unit="second",
        )
        MetricsApi(client).submit_metrics(body=MetricPayload(series=[series]), content_encoding=encoding)

    send_gauge(MetricContentEncoding.DEFLATE, "client.deflate", 1.0)
    send_gauge(MetricContentEncoding.GZIP, "client.gzip", 2.0)
    point = DistributionPoint([float(now), [1.0, 2.0, 3.0]])
    distribution = DistributionPointsSeries(metric="client.distribution", points=[point], tags=["env:prod"])
    MetricsApiV1(client).submit_distribution_points(body=DistributionPointsPayload(series=[distribution]))
    EventsApi(client).create_event(body=EventCreateRequest(title="Release", text="Version 2", tags=["env:prod"]))
    events = EventsApi(client).list_events(start=now - 60, end=now + 60)
    assert [event["title"] for event in events["events"]] == ["Release"], events
    found = MetricsApiV1(client).query_metrics(_from=now - 60, to=now + 60, query="max:client.gzip{*} by {host}")
    assert found["series"][0]["tag_set"] == ["host:web-1"], found
    monitor = Monitor(type=MonitorType.QUERY_ALERT, name="Slow", query="max(last_5m):max:client.gzip{*} > 5")
    created = MonitorsApi(client).create_monitor(body=monitor)
    assert MonitorsApi(client).get_monitor(created["id"])["name"] == "Slow"
