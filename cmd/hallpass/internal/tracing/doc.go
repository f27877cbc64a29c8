// Package tracing tells an OpenTelemetry collector of the steps that Hallpass
// takes: from a Slack envelope to its acknowledgement, a decision, a task, a
// call to a connector, a transaction, a call to a model. It is off unless the
// environment names a collector by OpenTelemetry's own variables, and marks log
// lines with the trace that they belong to.
//
// It must never hold up or fail a step: spans wait in a bounded queue, and what
// finds it full is lost. No secret, no text of a person and no error's text may
// leave by it; of an error it tells the code.
package tracing
