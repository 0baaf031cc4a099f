"""Metrics for CloudWatch, as many in a request as CloudWatch accepts, with AWS' own client."""

import datetime
import sys

import boto3

import points

url, count = sys.argv[1], int(sys.argv[2])
client = boto3.client(
    "cloudwatch",
    endpoint_url=url,
    region_name="us-east-1",
    aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
    aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)
now = datetime.datetime.now(datetime.UTC)
dimensions = [{"Name": name, "Value": value} for name, value in points.TAGS.items()]
for start in range(0, count, 1000):
    data = [
        {
            "MetricName": "test.many",
            "Dimensions": [*dimensions, {"Name": "item", "Value": item}],
            "Timestamp": now,
            "Value": value,
            "Unit": "Count",
        }
        for item, value in points.items(start, min(start + 1000, count))
    ]
    client.put_metric_data(Namespace="SystemHealth", MetricData=data)
