{{/* The name of the chart, or what takes its place. */}}
{{- define "system-health.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of the release's objects. Kubernetes allows a CronJob 52 characters. */}}
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
{{- if .Values.serviceAccount.create -}}
{{- default (include "system-health.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the credentials; empty if they come from AWS Secrets Manager. */}}
{{- define "system-health.secretName" -}}
{{- if and .Values.existingSecret.name .Values.externalSecret.enabled -}}
{{- fail "existingSecret.name and externalSecret.enabled exclude each other: the credentials come from one Secret" -}}
{{- end -}}
{{- if .Values.externalSecret.enabled -}}
{{- include "system-health.fullname" . -}}
{{- else -}}
{{- .Values.existingSecret.name -}}
{{- end -}}
{{- end -}}

{{/* What pods are found by. */}}
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

{{- define "system-health.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Numbers by their names, each on a line. What is null is left out, and Kubernetes' default counts. */}}
{{- define "system-health.numbers" -}}
{{- $values := .values -}}
{{- range .names }}
{{- if and (hasKey $values .) (not (kindIs "invalid" (get $values .))) }}
{{ . }}: {{ get $values . | int64 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Puts values over others as Helm does: maps key by key, anything else as a whole, and null takes a key away. */}}
{{- define "system-health.override" -}}
{{- $into := .into -}}
{{- range $key, $value := .from -}}
{{- $there := get $into $key -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $into $key -}}
{{- else if and (kindIs "map" $value) (kindIs "map" $there) -}}
{{- include "system-health.override" (dict "into" $there "from" $value) -}}
{{- else -}}
{{- $_ := set $into $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Puts the CronJobs of a release into the dict `into`: from the name of each to its values, which are those of the
release with those of `jobs` over them.
*/}}
{{- define "system-health.collectJobs" -}}
{{- $root := .root -}}
{{- $into := .into -}}
{{- $fullname := include "system-health.fullname" $root -}}
{{- if not $root.Values.jobs -}}
{{- $_ := set $into $fullname $root.Values -}}
{{- end -}}
{{- range $job, $overrides := $root.Values.jobs -}}
{{- $values := deepCopy $root.Values -}}
{{- include "system-health.override" (dict "into" $values "from" ($overrides | default dict)) -}}
{{- $_ := set $into (printf "%s-%s" $fullname $job) $values -}}
{{- end -}}
{{- range $name, $values := $into -}}
{{- if gt (len $name) 52 -}}
{{- fail (printf "the name `%s` of a CronJob has %d characters, and Kubernetes allows 52: set fullnameOverride, or name the job shorter" $name (len $name)) -}}
{{- end -}}
{{- include "system-health.checkDeadlines" (dict "name" $name "values" $values) -}}
{{- end -}}
{{- end -}}

{{/* Seconds of a duration such as `90s`, `4m` or `1h 30m`. */}}
{{- define "system-health.seconds" -}}
{{- if not (regexMatch "^([0-9]+ *[hms] *)+$" .) -}}
{{- fail (printf "the deadline `%s` of the reporter is not a duration such as 90s, 4m or 1h 30m, which the chart could compare with activeDeadlineSeconds" .) -}}
{{- end -}}
{{- $seconds := 0 -}}
{{- range regexFindAll "[0-9]+ *[hms]" . -1 -}}
{{- $unit := dict "h" 3600 "m" 60 "s" 1 -}}
{{- $number := regexFind "[0-9]+" . | int64 -}}
{{- $seconds = add $seconds (mul $number (get $unit (regexFind "[hms]" .))) -}}
{{- end -}}
{{- $seconds -}}
{{- end -}}

{{/* An option of the reporter: from its arguments, its settings, or the default. */}}
{{- define "system-health.option" -}}
{{- $flag := printf "--%s" .option -}}
{{- $value := dig "report" .option .default .values.settings -}}
{{- $next := false -}}
{{- range .values.args -}}
{{- if $next -}}
{{- $value = . -}}
{{- end -}}
{{- if hasPrefix (printf "%s=" $flag) . -}}
{{- $value = trimPrefix (printf "%s=" $flag) . -}}
{{- end -}}
{{- $next = eq . $flag -}}
{{- end -}}
{{- $value -}}
{{- end -}}

{{/* When the reporter ends by itself, in seconds. */}}
{{- define "system-health.deadline" -}}
{{- include "system-health.option" (dict "option" "deadline" "default" "5m" "values" .) | include "system-health.seconds" -}}
{{- end -}}

{{/*
How long a run and its repetitions may take, in seconds, with Kubernetes' waits before each repetition: 10 seconds,
then twice as long each time, at most 6 minutes.
*/}}
{{- define "system-health.longest" -}}
{{- $deadline := include "system-health.deadline" . | int64 -}}
{{- $longest := $deadline -}}
{{- $wait := 10 -}}
{{- range until (include "system-health.repetitions" . | int) -}}
{{- $longest = add $longest $wait $deadline -}}
{{- $wait = min 360 (mul 2 $wait) -}}
{{- end -}}
{{- $longest -}}
{{- end -}}

{{/* How often a failed run is repeated: 6 times where nothing is said. */}}
{{- define "system-health.repetitions" -}}
{{- if or (not (hasKey . "backoffLimit")) (kindIs "invalid" .backoffLimit) -}}6{{- else -}}{{- int64 .backoffLimit -}}{{- end -}}
{{- end -}}

{{/* The numbers of a field of a schedule, as the keys of the dict `into`. */}}
{{- define "system-health.cronField" -}}
{{- $field := .field -}}
{{- $count := .count -}}
{{- $into := .into -}}
{{- $schedule := .schedule -}}
{{- range splitList "," $field -}}
{{- if not (regexMatch "^([*]|[0-9]+(-[0-9]+)?)(/[1-9][0-9]*)?$" .) -}}
{{- fail (printf "`%s` in the schedule `%s` is not a number, range such as 8-18, `*`, or one of these with a step such as */15" . $schedule) -}}
{{- end -}}
{{- $parts := splitList "/" . -}}
{{- $range := first $parts -}}
{{- $step := 1 -}}
{{- $from := 0 -}}
{{- $to := sub $count 1 -}}
{{- if ne $range "*" -}}
{{- $from = splitList "-" $range | first | int -}}
{{- if contains "-" $range -}}
{{- $to = splitList "-" $range | last | int -}}
{{- else if eq (len $parts) 1 -}}
{{- $to = $from -}}
{{- end -}}
{{- end -}}
{{- if eq (len $parts) 2 -}}
{{- $step = last $parts | int -}}
{{- end -}}
{{- if or (ge (int $to) (int $count)) (gt (int $from) (int $to)) -}}
{{- fail (printf "`%s` in the schedule `%s` is outside 0-%d" . $schedule (sub $count 1)) -}}
{{- end -}}
{{- range $number := untilStep (int $from) (add $to 1 | int) (int $step) -}}
{{- $_ := set $into (toString $number) true -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The shortest time between two runs of a schedule, in seconds, as if it ran on every day. */}}
{{- define "system-health.interval" -}}
{{- $schedule := . -}}
{{- $named := dict "@hourly" "0 * * * *" -}}
{{- $fields := regexSplit " +" (trim (get $named . | default (hasPrefix "@" . | ternary "0 0 * * *" .))) -1 -}}
{{- $minutes := dict -}}
{{- $hours := dict -}}
{{- include "system-health.cronField" (dict "field" (index $fields 0) "count" 60 "into" $minutes "schedule" .) -}}
{{- include "system-health.cronField" (dict "field" (index $fields 1) "count" 24 "into" $hours "schedule" .) -}}
{{- $first := -1 -}}
{{- $previous := -1 -}}
{{- $shortest := 1440 -}}
{{- range $hour := until 24 -}}
{{- range $minute := until 60 -}}
{{- if and (hasKey $hours (toString $hour)) (hasKey $minutes (toString $minute)) -}}
{{- $time := add (mul $hour 60) $minute | int -}}
{{- if lt $first 0 -}}
{{- $first = $time -}}
{{- else -}}
{{- $shortest = min $shortest (sub $time $previous) -}}
{{- end -}}
{{- $previous = $time -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- mul 60 (min $shortest (sub (add 1440 $first) $previous)) -}}
{{- end -}}

{{/* Refuses deadlines with which Kubernetes would kill a run, or two runs would overlap. */}}
{{- define "system-health.checkDeadlines" -}}
{{- $active := .values.activeDeadlineSeconds | int64 -}}
{{- $deadline := include "system-health.deadline" .values | int64 -}}
{{- if le $active $deadline -}}
{{- fail (printf "%s: activeDeadlineSeconds is %d, and the reporter's own deadline %d seconds: Kubernetes would kill a run before it can say what it found. Raise activeDeadlineSeconds, or lower --deadline" .name $active $deadline) -}}
{{- end -}}
{{- $repetitions := include "system-health.repetitions" .values | int64 -}}
{{- $longest := include "system-health.longest" .values | int64 -}}
{{- if le $active $longest -}}
{{- fail (printf "%s: activeDeadlineSeconds is %d, and with backoffLimit %d a run and its repetitions may take %d seconds: Kubernetes would kill the last one before it can say what it found. Lower backoffLimit or --deadline, or raise activeDeadlineSeconds" .name $active $repetitions $longest) -}}
{{- end -}}
{{- if and (gt $repetitions 0) (has "--push" .values.args) (not (include "system-health.option" (dict "option" "align" "default" "" "values" .values))) -}}
{{- fail (printf "%s: backoffLimit is %d, and the reporter is not told to --align: a repetition would add points instead of overwriting them. Add `--align, 15m` to args, or set backoffLimit to 0" .name $repetitions) -}}
{{- end -}}
{{- $interval := include "system-health.interval" .values.schedule | int64 -}}
{{- if ge $active $interval -}}
{{- fail (printf "%s: activeDeadlineSeconds is %d, and the schedule `%s` starts a run every %d seconds: a run that hangs would hold up the next one. Lower activeDeadlineSeconds" .name $active .values.schedule $interval) -}}
{{- end -}}
{{- end -}}

{{/* A table of settings as TOML: the plain values first, then the tables in it. */}}
{{- define "system-health.toml" -}}
{{- $path := .path -}}
{{- if $path }}
[{{ $path }}]
{{- end }}
{{- range $key, $value := .table }}
{{- if not (kindIs "map" $value) }}
{{ include "system-health.tomlKey" $key }} = {{ include "system-health.tomlValue" (dict "path" (printf "%s.%s" $path $key) "value" $value) }}
{{- end }}
{{- end }}
{{- range $key, $value := .table }}
{{- if kindIs "map" $value }}
{{- $key = include "system-health.tomlKey" $key }}
{{ include "system-health.toml" (dict "path" (ternary (printf "%s.%s" $path $key) $key (ne $path "")) "table" $value) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "system-health.tomlKey" -}}
{{- if regexMatch "^[A-Za-z0-9_-]+$" . -}}{{- . -}}{{- else -}}{{- toRawJson . -}}{{- end -}}
{{- end -}}

{{- define "system-health.tomlValue" -}}
{{- $path := .path -}}
{{- $value := .value -}}
{{- if kindIs "string" $value -}}
{{- toRawJson $value -}}
{{- else if kindIs "bool" $value -}}
{{- $value -}}
{{- else if kindIs "slice" $value -}}
[{{- range $index, $item := $value }}{{ if $index }}, {{ end }}{{ include "system-health.tomlValue" (dict "path" $path "value" $item) }}{{- end }}]
{{- else if or (kindIs "map" $value) (kindIs "invalid" $value) -}}
{{- fail (printf "settings.%s: a setting is a text, a number, true or false, a list of these, or a table" $path) -}}
{{- else if eq (float64 (int64 $value)) (float64 $value) -}}
{{- int64 $value -}}
{{- else -}}
{{- $value -}}
{{- end -}}
{{- end -}}

{{/* The file with the settings. */}}
{{- define "system-health.settings" -}}
{{ include "system-health.toml" (dict "path" "" "table" .settings) | trim }}
{{- end -}}

{{/* The pod that runs `report` with `args`. */}}
{{- define "system-health.podSpec" -}}
{{- $root := .root -}}
{{- $values := .values -}}
{{- $secret := include "system-health.secretName" $root -}}
{{- $keys := $root.Values.existingSecret.keys -}}
restartPolicy: Never
serviceAccountName: {{ include "system-health.serviceAccountName" $root | quote }}
automountServiceAccountToken: {{ $root.Values.serviceAccount.automountServiceAccountToken }}
{{- with include "system-health.numbers" (dict "values" $values "names" (list "terminationGracePeriodSeconds")) | trim }}
{{ . }}
{{- end }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with $values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: report
    image: {{ include "system-health.image" $root | quote }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
    env:
      - name: SYSTEM_HEALTH_CONFIG
        value: /etc/system-health/system-health.toml
      - name: SYSTEM_HEALTH_STATE_DIR
        value: /var/lib/system-health
      {{- if not (dig "report" "name" "" $values.settings) }}
      - name: SYSTEM_HEALTH_REPORTER
        value: {{ printf "%s/%s" $root.Release.Namespace .name | quote }}
      {{- end }}
      {{- with $root.Values.aws.region }}
      - name: AWS_REGION
        value: {{ . | quote }}
      {{- end }}
      {{- if $secret }}
      {{- range $variable, $key := dict "GITHUB_TOKEN_FILE" $keys.githubToken "DD_API_KEY_FILE" $keys.datadogApiKey "DD_APP_KEY_FILE" $keys.datadogAppKey }}
      {{- if $key }}
      - name: {{ $variable }}
        value: {{ printf "/var/run/secrets/system-health/%s" $key | quote }}
      {{- end }}
      {{- end }}
      {{- end }}
      {{- with $values.env }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with $values.envFrom }}
    envFrom:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $values.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $values.securityContext }}
    securityContext:
      {{- toYaml . | nindent 6 }}
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
      name: {{ .name | quote }}
  - name: state
    {{- if $root.Values.persistence.enabled }}
    persistentVolumeClaim:
      claimName: {{ default .name $root.Values.persistence.existingClaim | quote }}
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
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
