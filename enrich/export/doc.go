// Package export holds nothing itself: each package below writes alerts, with
// their mappings, in a format that others read.
//
//   - ocsf: Detection Findings of the Open Cybersecurity Schema Framework
//   - ecs: documents of the Elastic Common Schema
//   - navigator: layers of the ATT&CK Navigator
//   - stix: bundles with sightings, in STIX 2.1
//   - cloudevents: CloudEvents 1.0
//   - otel: attributes of OpenTelemetry log records
//
// Each appends to a buffer of the caller's, is a pure function of the alert and
// its mapping, and may be called by several goroutines at once. Text of an alert
// comes out as JSON strings and nothing else.
package export
