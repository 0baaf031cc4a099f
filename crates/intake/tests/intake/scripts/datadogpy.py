"""Sends to an intake what datadogpy can send, and reads it.

The arguments are the URL of the intake and its port for DogStatsD.
"""

import sys
import time

from datadog import DogStatsd, api, initialize

url, port = sys.argv[1:]
now = int(time.time())
initialize(api_key="any", app_key="any", api_host=url, host_name="web-1", mute=False)

assert api.Metric.send(metric="Jobs Open", points=[(now, 3)], tags=["Env:Prod"], type="gauge")["status"] == "ok"
assert api.Metric.send(metric="jobs.done", points=[(now, 7)], type="count", interval=60)["status"] == "ok"
distribution = {"metric": "jobs.duration", "points": [(now, [1.5, 2.5])], "tags": ["env:prod"]}
assert api.Distribution.send(distributions=[distribution])["status"] == "ok"
event = api.Event.create(title="Deploy", text="Version 1", tags=["env:prod"], alert_type="info")["event"]
assert api.Event.get(event["id"])["event"]["title"] == "Deploy"
assert [event["title"] for event in api.Event.query(start=now - 60, end=now + 60)["events"]] == ["Deploy"]
response = api.ServiceCheck.check(
    check="redis.up", host_name="web-1", status=api.constants.CheckStatus.CRITICAL, message="down"
)
assert response["status"] == "ok"
series = api.Metric.query(start=now - 60, end=now + 60, query="avg:Jobs_Open{env:prod}")["series"]
assert series[0]["pointlist"][0][1] == 3, series
assert api.Metadata.update(metric_name="Jobs_Open", unit="job", description="Open jobs")["unit"] == "job"

monitor = api.Monitor.create(
    type="query alert", query="max(last_5m):max:Jobs_Open{*} > 2", name="Too many jobs", message="Look"
)
assert api.Monitor.get(monitor["id"])["name"] == "Too many jobs"
widget = {"definition": {"type": "note", "content": "Hello"}}
dashboard = api.Dashboard.create(title="Jobs", layout_type="ordered", widgets=[widget])
assert api.Dashboard.get(dashboard["id"])["title"] == "Jobs"

statsd = DogStatsd(host="127.0.0.1", port=int(port), disable_telemetry=True, disable_buffering=True)
statsd.increment("hits", 30, tags=["env:prod"])
statsd.gauge("queue", 5, tags=["Env:Prod"])
statsd.histogram("size", 12)
statsd.timing("wait", 40)
statsd.distribution("latency", 0.25, tags=["env:prod"])
statsd.set("users", "ada")
statsd.gauge_with_timestamp("queue.old", 4, now - 30)
statsd.event("Größe", "two\nlines", alert_type="warning", tags=["env:prod"])
statsd.service_check("web.up", 0, tags=["env:prod"], message="fine")
