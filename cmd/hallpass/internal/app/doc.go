// Package app wires Hallpass together: the access folder, the database, the
// score, the policy, the connectors, the worker, Slack, and the local port for
// health and metrics. The server, the demo and the end-to-end tests run the
// same App.
//
// It holds no rule of its own: nothing is decided, rendered or provisioned
// here.
package app
