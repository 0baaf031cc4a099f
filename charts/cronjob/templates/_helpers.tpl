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

{{/* Seconds of an option such as `90s`, `4m` or `1h 30m`. */}}
{{- define "system-health.seconds" -}}
{{- if not (regexMatch "^([0-9]+ *[hms] *)+$" .value) -}}
{{- fail (printf "the %s `%s` of the reporter is not a duration such as 90s, 4m or 1h 30m, which the chart could compare with activeDeadlineSeconds" .option .value) -}}
{{- end -}}
{{- $seconds := 0 -}}
{{- range regexFindAll "[0-9]+ *[hms]" .value -1 -}}
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
{{- $deadline := include "system-health.option" (dict "option" "deadline" "default" "5m" "values" .) -}}
{{- include "system-health.seconds" (dict "option" "deadline" "value" $deadline) -}}
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

{{/* Puts the minutes and hours of a schedule, as if it ran on every day, into the dicts `minutes` and `hours`. */}}
{{- define "system-health.times" -}}
{{- $schedule := .schedule -}}
{{- $named := dict "@hourly" "0 * * * *" -}}
{{- $fields := regexSplit " +" (trim (get $named $schedule | default (hasPrefix "@" $schedule | ternary "0 0 * * *" $schedule))) -1 -}}
{{- include "system-health.cronField" (dict "field" (index $fields 0) "count" 60 "into" .minutes "schedule" $schedule) -}}
{{- include "system-health.cronField" (dict "field" (index $fields 1) "count" 24 "into" .hours "schedule" $schedule) -}}
{{- end -}}

{{/* The shortest time between two runs of a schedule, in seconds, as if it ran on every day. */}}
{{- define "system-health.interval" -}}
{{- $minutes := dict -}}
{{- $hours := dict -}}
{{- include "system-health.times" (dict "schedule" . "minutes" $minutes "hours" $hours) -}}
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

{{/*
Refuses an `--align` with which a repetition could start in another slot than the run that it repeats. Kubernetes starts
none after activeDeadlineSeconds, which it counts from the start of the first run. A lost node is noticed minutes
after the reporter's own deadline, so that the deadline and the waits say too little.
*/}}
{{- define "system-health.checkSlots" -}}
{{- $name := .name -}}
{{- $active := .values.activeDeadlineSeconds | int64 -}}
{{- $repetitions := include "system-health.repetitions" .values | int64 -}}
{{- $align := include "system-health.option" (dict "option" "align" "default" "" "values" .values) -}}
{{- if and (gt $repetitions 0) (has "--push" .values.args) -}}
{{- if not $align -}}
{{- fail (printf "%s: backoffLimit is %d, and the reporter is not told to --align: a repetition would add points instead of overwriting them. Add `--align, 15m` to args, or set backoffLimit to 0" $name $repetitions) -}}
{{- end -}}
{{- $slot := include "system-health.seconds" (dict "option" "align" "value" $align) | int64 -}}
{{- if or (lt $slot 1) (ne (mod 3600 (max 1 $slot)) 0) -}}
{{- fail (printf "%s: backoffLimit is %d, and slots of `--align %s` do not start at the same minutes of every hour: a repetition may fall into another slot, and add points instead of overwriting them. Choose a slot that divides an hour, such as 15m, or set backoffLimit to 0" $name $repetitions $align) -}}
{{- end -}}
{{- $minutes := dict -}}
{{- include "system-health.times" (dict "schedule" .values.schedule "minutes" $minutes "hours" dict) -}}
{{- range $minute := until 60 -}}
{{- if hasKey $minutes (toString $minute) -}}
{{- $left := sub $slot (mod (mul 60 $minute) $slot) -}}
{{- if gt $active $left -}}
{{- fail (printf "%s: backoffLimit is %d, activeDeadlineSeconds is %d, and at minute %d of the schedule the slot of `--align %s` has %d seconds left: a repetition may fall into the next slot, and add points instead of overwriting them. Start runs where slots start, use longer slots (up to 30m), lower activeDeadlineSeconds, or set backoffLimit to 0" $name $repetitions $active $minute $align $left) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Refuses deadlines with which Kubernetes would kill a run, or two runs would overlap. */}}
{{- define "system-health.checkDeadlines" -}}
{{- $active := .values.activeDeadlineSeconds | int64 -}}
{{- $deadline := include "system-health.deadline" .values | int64 -}}
{{- if le $active $deadline -}}
{{- fail (printf "%s: activeDeadlineSeconds is %d, and the reporter's own deadline is %d seconds: Kubernetes would kill a run before it can say what it found. Raise activeDeadlineSeconds, or lower --deadline" .name $active $deadline) -}}
{{- end -}}
{{- $repetitions := include "system-health.repetitions" .values | int64 -}}
{{- $longest := include "system-health.longest" .values | int64 -}}
{{- if le $active $longest -}}
{{- fail (printf "%s: activeDeadlineSeconds is %d, and with backoffLimit %d a run and its repetitions may take %d seconds: Kubernetes would kill the last one before it can say what it found. Lower backoffLimit or --deadline, or raise activeDeadlineSeconds" .name $active $repetitions $longest) -}}
{{- end -}}
{{- $interval := include "system-health.interval" .values.schedule | int64 -}}
{{- if ge $active $interval -}}
{{- fail (printf "%s: activeDeadlineSeconds is %d, and the schedule `%s` starts a run every %d seconds: a run that hangs would hold up the next one. Lower activeDeadlineSeconds" .name $active .values.schedule $interval) -}}
{{- end -}}
{{- include "system-health.checkSlots" . -}}
{{- end -}}

{{/* The arguments of `report doctor` that look at what a job's runs look at, as a JSON list. */}}
{{- define "system-health.doctorArgs" -}}
{{- $taken := list "--repo" "--branch" "--state-dir" "--config" -}}
{{- $args := list "doctor" "--format" "table" -}}
{{- $next := false -}}
{{- range .args -}}
{{- if or $next (has . $taken) (has (splitList "=" . | first) $taken) (eq . "--no-state") -}}
{{- $args = append $args . -}}
{{- end -}}
{{- $next = and (not $next) (has . $taken) -}}
{{- end -}}
{{- toJson $args -}}
{{- end -}}

{{/* The variables that the chart sets itself, except those that `env` names. */}}
{{- define "system-health.ownEnv" -}}
{{- $root := .root -}}
{{- $own := list (list "SYSTEM_HEALTH_CONFIG" "/etc/system-health/system-health.toml") (list "SYSTEM_HEALTH_STATE_DIR" "/var/lib/system-health") -}}
{{- if not (dig "report" "name" "" .values.settings) -}}
{{- $own = append $own (list "SYSTEM_HEALTH_REPORTER" (printf "%s/%s" $root.Release.Namespace .name)) -}}
{{- end -}}
{{- with $root.Values.aws.region -}}
{{- $own = append $own (list "AWS_REGION" .) -}}
{{- end -}}
{{- if include "system-health.secretName" $root -}}
{{- $keys := $root.Values.existingSecret.keys -}}
{{- range $variable, $key := dict "GITHUB_TOKEN_FILE" $keys.githubToken "DD_API_KEY_FILE" $keys.datadogApiKey "DD_APP_KEY_FILE" $keys.datadogAppKey -}}
{{- if $key -}}
{{- $own = append $own (list $variable (printf "/var/run/secrets/system-health/%s" $key)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $named := dict -}}
{{- range .values.env -}}
{{- $_ := set $named .name true -}}
{{- end -}}
{{- range $own -}}
{{- if not (hasKey $named (first .)) }}
- name: {{ first . }}
  value: {{ last . | quote }}
{{- end }}
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
      {{- with include "system-health.ownEnv" . | trim }}
      {{- . | nindent 6 }}
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
