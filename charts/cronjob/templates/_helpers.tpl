{{/* Name of the chart or its override. */}}
{{- define "system-health.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of the release's objects. Kubernetes allows 52 characters for a CronJob. */}}
{{- define "system-health.fullname" -}}
{{- $name := include "system-health.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "system-health.serviceAccountName" -}}
{{- $default := ternary (include "system-health.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $default .Values.serviceAccount.name -}}
{{- end -}}

{{/* Name of the Secret with the credentials; empty if they come from AWS Secrets Manager. */}}
{{- define "system-health.secretName" -}}
{{- ternary (include "system-health.fullname" .) .Values.existingSecret.name .Values.externalSecret.enabled -}}
{{- end -}}

{{- define "system-health.selectorLabels" -}}
app.kubernetes.io/name: {{ include "system-health.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "system-health.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "system-health.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels that select the pod of the Deployment, but not the test's pod. */}}
{{- define "system-health.serveSelectorLabels" -}}
{{ include "system-health.selectorLabels" . }}
app.kubernetes.io/component: serve
{{- end -}}

{{/* Whether a variable with a credential is needed in this mode. */}}
{{- define "system-health.isNeeded" -}}
{{- if or (eq .root.Values.mode "deployment") (ne .variable "SYSTEM_HEALTH_SERVE_TOKEN") -}}true{{- end -}}
{{- end -}}

{{/* Environment of the container. The API server refuses duplicate names, so `env` replaces what the chart sets. */}}
{{- define "system-health.env" -}}
{{- $own := dict "SYSTEM_HEALTH_CONFIG" "/etc/system-health/system-health.toml" "SYSTEM_HEALTH_STATE_DIR" "/var/lib/system-health" -}}
{{- $_ := set $own "SYSTEM_HEALTH_REPORTER" (default (printf "%s/%s" .Release.Namespace (include "system-health.fullname" .)) .Values.reporterName) -}}
{{- if eq .Values.mode "deployment" -}}
{{- $_ := set $own "SYSTEM_HEALTH_SERVE_LISTEN" (printf "0.0.0.0:%d" (int .Values.serve.port)) -}}
{{- end -}}
{{- with .Values.aws.region -}}
{{- $_ := set $own "AWS_REGION" . -}}
{{- end -}}
{{- range $variable, $key := .Values.existingSecret.keys -}}
{{- if and $key $.Values.existingSecret.name (include "system-health.isNeeded" (dict "root" $ "variable" $variable)) -}}
{{- $_ := set $own (printf "%s_FILE" $variable) (printf "/var/run/secrets/system-health/%s" $key) -}}
{{- end -}}
{{- end -}}
{{- range $variable, $remoteRef := .Values.externalSecret.remoteRefs -}}
{{- if and $remoteRef $.Values.externalSecret.enabled (include "system-health.isNeeded" (dict "root" $ "variable" $variable)) -}}
{{- $_ := set $own (printf "%s_FILE" $variable) (printf "/var/run/secrets/system-health/%s" $variable) -}}
{{- end -}}
{{- end -}}
{{- range .Values.env -}}
{{- $_ := unset $own .name -}}
{{- end -}}
{{- range $name, $value := $own }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Specification of a pod that runs `report` with `args`, for the chart's context `root`. With `serve`, it runs until it is deleted, and has probes. */}}
{{- define "system-health.podSpec" -}}
{{- $values := .root.Values -}}
{{- $secret := include "system-health.secretName" .root -}}
{{- $version := printf ":%s" (default .root.Chart.AppVersion $values.image.tag) -}}
{{- with $values.image.digest -}}
{{- $version = printf "@%s" . -}}
{{- end -}}
restartPolicy: {{ ternary "Always" "Never" (hasKey . "serve") }}
serviceAccountName: {{ include "system-health.serviceAccountName" .root | quote }}
automountServiceAccountToken: {{ $values.serviceAccount.automountServiceAccountToken }}
{{- range $field := list "imagePullSecrets" "terminationGracePeriodSeconds" "priorityClassName" "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" }}
{{- with get $values $field }}
{{ dict $field . | toYaml }}
{{- end }}
{{- end }}
{{- with $values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: report
    image: {{ printf "%s%s" $values.image.repository $version | quote }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
    env:
      {{- include "system-health.env" .root | trim | nindent 6 }}
    {{- range $field := list "envFrom" "resources" "securityContext" }}
    {{- with get $values $field }}
    {{- dict $field . | toYaml | nindent 4 }}
    {{- end }}
    {{- end }}
    {{- if .serve }}
    ports:
      - name: http
        containerPort: {{ $values.serve.port }}
    livenessProbe:
      httpGet:
        path: /healthz
        port: http
      periodSeconds: 20
      timeoutSeconds: 5
    readinessProbe:
      httpGet:
        path: /readyz
        port: http
      timeoutSeconds: 5
    {{- end }}
    volumeMounts:
      - name: settings
        mountPath: /etc/system-health
        readOnly: true
      - name: state
        mountPath: /var/lib/system-health
      - name: tmp
        mountPath: /tmp
      {{- if $secret }}
      - name: credentials
        mountPath: /var/run/secrets/system-health
        readOnly: true
      {{- end }}
      {{- with $values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: settings
    configMap:
      name: {{ include "system-health.fullname" .root | quote }}
  - name: state
    {{- /* The test's pod may be on another node, where it cannot mount the volume of the Deployment's pod. */}}
    {{- if and $values.persistence.enabled (or .serve (eq $values.mode "cronjob")) }}
    persistentVolumeClaim:
      claimName: {{ default (include "system-health.fullname" .root) $values.persistence.existingClaim | quote }}
    {{- else }}
    emptyDir: {}
    {{- end }}
  - name: tmp
    emptyDir: {}
  {{- if $secret }}
  - name: credentials
    secret:
      secretName: {{ $secret | quote }}
      defaultMode: 0440
  {{- end }}
  {{- with $values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
