"""Series for Datadog, in payloads of nearly the largest size that Datadog accepts, with Datadog's own client."""

import sys
import time

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v2.api.metrics_api import MetricsApi
from datadog_api_client.v2.model.metric_content_encoding import MetricContentEncoding
from datadog_api_client.v2.model.metric_intake_type import MetricIntakeType
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.metric_point import MetricPoint
from datadog_api_client.v2.model.metric_series import MetricSeries

import points

url, count = sys.argv[1], int(sys.argv[2])
protocol, name = url.split("://")
configuration = Configuration(server_index=1, server_variables={"protocol": protocol, "name": name})
configuration.api_key["apiKeyAuth"] = points.DATADOG_KEY
now = int(time.time())
tags = [f"{name}:{value}" for name, value in points.TAGS.items()]
with ApiClient(configuration) as client:
    api = MetricsApi(client)
    for start in range(0, count, 20_000):
        series = [
            MetricSeries(
                metric="test.many",
                type=MetricIntakeType.GAUGE,
                unit="item",
                tags=[*tags, f"item:{item}"],
                points=[MetricPoint(timestamp=now, value=value)],
            )
            for item, value in points.items(start, min(start + 20_000, count))
        ]
        api.submit_metrics(body=MetricPayload(series=series), content_encoding=MetricContentEncoding.ZSTD1)
