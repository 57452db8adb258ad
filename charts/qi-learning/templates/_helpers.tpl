{{- define "qi-learning.labels" -}}
app.kubernetes.io/name: qi-learning
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: qi-learning
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "qi-learning.operator" -}}{{ .Release.Name }}-operator{{- end -}}
{{- define "qi-learning.objectStore" -}}{{ .Release.Name }}-object-store{{- end -}}

{{- define "qi-learning.learning" -}}{{ .Release.Name }}-learning{{- end -}}
{{- define "qi-learning.worker" -}}{{ .Release.Name }}-worker{{- end -}}

{{- /* Labels that select pods: no version in them, they cannot change. */ -}}
{{- define "qi-learning.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* The Secret that training and serving pods read the object store's key from. */ -}}
{{- define "qi-learning.storageSecret" -}}
{{- if .Values.objectStore.enabled -}}
{{- .Values.objectStore.existingSecret | default (include "qi-learning.objectStore" .) -}}
{{- else -}}
{{- required "storage.existingSecret names the Secret with the key of your object store; or set objectStore.enabled" .Values.storage.existingSecret -}}
{{- end -}}
{{- end -}}

{{- define "qi-learning.storageEndpoint" -}}
{{- if .Values.objectStore.enabled -}}
http://{{ include "qi-learning.objectStore" . }}.{{ .Release.Namespace }}.svc:7070
{{- else -}}
{{- .Values.storage.endpoint -}}
{{- end -}}
{{- end -}}

{{- define "qi-learning.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "qi-learning.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- /* What the pods of the learning API and of its workers have in common. */ -}}
{{- define "qi-learning.dataPlanePod" -}}
terminationGracePeriodSeconds: 40
enableServiceLinks: false
securityContext: {{- include "qi-learning.podSecurity" . | nindent 2 }}
{{- with .Values.images.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.learning.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.learning.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "qi-learning.dataPlaneContainer" -}}
image: {{ .Values.images.operator }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
ports:
  - { name: http, containerPort: 8080 }
livenessProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 2
  timeoutSeconds: 2
securityContext: {{- include "qi-learning.containerSecurity" . | nindent 2 }}
env:
  - { name: AWS_REGION, value: {{ .Values.storage.region | quote }} }
  {{- with include "qi-learning.storageEndpoint" . }}
  - { name: AWS_ENDPOINT_URL_S3, value: {{ . | quote }} }
  {{- end }}
  {{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
  - name: {{ . }}
    valueFrom: { secretKeyRef: { name: {{ include "qi-learning.storageSecret" $ }}, key: {{ . }} } }
  {{- end }}
  {{- range list "QI_LEARNING_SECRET" "QI_ADMIN_KEY" }}
  - name: {{ . }}
    valueFrom: { secretKeyRef: { name: {{ $.Values.learning.existingSecret | default (include "qi-learning.learning" $) }}, key: {{ . }} } }
  {{- end }}
  {{- if eq .Values.learning.database.kind "Postgres" }}
  - name: QI_DATABASE_URL
    valueFrom: { secretKeyRef: { name: {{ .Values.learning.database.existingSecret }}, key: QI_DATABASE_URL } }
  {{- end }}
  {{- with .Values.learning.queue.existingSecret }}
  - name: QI_QUEUE_REDIS_URL
    valueFrom: { secretKeyRef: { name: {{ . }}, key: QI_QUEUE_REDIS_URL } }
  {{- end }}
  {{- with .Values.learning.cache.existingSecret }}
  - name: QI_CACHE_REDIS_URL
    valueFrom: { secretKeyRef: { name: {{ . }}, key: QI_CACHE_REDIS_URL } }
  {{- end }}
volumeMounts:
  - { name: config, mountPath: /etc/qi-learning, readOnly: true }
  - { name: tmp, mountPath: /tmp }
  {{- if eq .Values.learning.database.kind "SQLite" }}
  - { name: data, mountPath: /data }
  {{- end }}
{{- end -}}
