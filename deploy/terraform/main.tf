# A role for the chart's ServiceAccount. It allows reading the reporter's secrets and, if enabled, CI metrics and a delivery to CloudWatch.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.30"
    }
  }
}

variable "name" {
  description = "Name of the role, and of its policy for secrets."
  type        = string
  default     = "system-health"
}

variable "namespace" {
  description = "Namespace of the release."
  type        = string
}

variable "service_account" {
  description = "Name of the release's ServiceAccount."
  type        = string
  default     = "system-health"
}

variable "secrets" {
  description = "Names of the secrets that the reporter reads. Add datadog/app-key for dashboards, monitors and metadata. Empty if it reads none."
  type        = list(string)
  default     = ["github/dashboard-token", "datadog/api-key"]
}

variable "oidc_provider_arn" {
  description = "ARN of the cluster's OIDC provider, for IRSA. Empty for Pod Identity."
  type        = string
  default     = ""
}

variable "cluster_name" {
  description = "Name of the EKS cluster, for Pod Identity. Empty for IRSA."
  type        = string
  default     = ""
}

variable "ci_metrics" {
  description = "Whether the metrics aws.* are enabled, which read CI and alarms."
  type        = bool
  default     = false
}

variable "cloudwatch_namespace" {
  description = "Namespace of the sink cloudwatch. Empty without a delivery to CloudWatch."
  type        = string
  default     = ""
}

data "aws_secretsmanager_secret" "read" {
  for_each = toset(var.secrets)
  name     = each.value
}

data "aws_iam_policy_document" "secrets" {
  statement {
    sid     = "ReadSecrets"
    actions = ["secretsmanager:GetSecretValue"]
    # The ARN contains the six characters that AWS adds to the name.
    resources = [for secret in data.aws_secretsmanager_secret.read : secret.arn]
  }
}

locals {
  # The issuer without https://. The condition keys start with it.
  issuer = element(split("oidc-provider/", var.oidc_provider_arn), 1)
}

data "aws_iam_policy_document" "trust" {
  dynamic "statement" {
    for_each = var.oidc_provider_arn == "" ? [] : [var.oidc_provider_arn]
    content {
      actions = ["sts:AssumeRoleWithWebIdentity"]
      principals {
        type        = "Federated"
        identifiers = [statement.value]
      }
      # StringEquals, because exactly one ServiceAccount may assume the role.
      condition {
        test     = "StringEquals"
        variable = "${local.issuer}:sub"
        values   = ["system:serviceaccount:${var.namespace}:${var.service_account}"]
      }
      condition {
        test     = "StringEquals"
        variable = "${local.issuer}:aud"
        values   = ["sts.amazonaws.com"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.cluster_name == "" ? [] : [var.cluster_name]
    content {
      actions = ["sts:AssumeRole", "sts:TagSession"]
      principals {
        type        = "Service"
        identifiers = ["pods.eks.amazonaws.com"]
      }
    }
  }
}

resource "aws_iam_role" "reporter" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.trust.json

  lifecycle {
    precondition {
      condition     = (var.oidc_provider_arn == "") != (var.cluster_name == "")
      error_message = "Set oidc_provider_arn for IRSA, or cluster_name for Pod Identity, and not both."
    }
  }
}

resource "aws_iam_role_policy" "secrets" {
  # A policy without resources would be refused.
  count  = length(var.secrets) == 0 ? 0 : 1
  name   = var.name
  role   = aws_iam_role.reporter.id
  policy = data.aws_iam_policy_document.secrets.json
}

resource "aws_iam_role_policy" "ci" {
  count  = var.ci_metrics ? 1 : 0
  name   = "read-ci-and-alarms"
  role   = aws_iam_role.reporter.id
  policy = file("${path.module}/../iam-policy-ci.json")
}

data "aws_iam_policy_document" "cloudwatch" {
  statement {
    sid       = "WriteMetrics"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]
    # The action has no resources.
    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = [var.cloudwatch_namespace]
    }
  }
}

resource "aws_iam_role_policy" "cloudwatch" {
  count  = var.cloudwatch_namespace == "" ? 0 : 1
  name   = "write-metrics"
  role   = aws_iam_role.reporter.id
  policy = data.aws_iam_policy_document.cloudwatch.json
}

resource "aws_eks_pod_identity_association" "reporter" {
  count           = var.cluster_name == "" ? 0 : 1
  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = aws_iam_role.reporter.arn
}

output "role_arn" {
  description = "For `serviceAccount.annotations.\"eks.amazonaws.com/role-arn\"` of the chart, with IRSA."
  value       = aws_iam_role.reporter.arn
}
