{{- define "qi-learning.labels" -}}
app.kubernetes.io/name: qi-learning
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: qi-learning
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "qi-learning.operator" -}}{{ .Release.Name }}-operator{{- end -}}
{{- define "qi-learning.objectStore" -}}{{ .Release.Name }}-object-store{{- end -}}

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
