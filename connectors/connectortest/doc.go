// Package connectortest is the one suite that every connector passes. What it
// asks is what the lifecycle relies on: calls may come twice, in any order
// and side by side, answers may be lost, and what Check says is so.
//
// The suite looks at the target system through its World, past the connector,
// so a connector cannot pass by agreeing with itself. What a harness cannot
// show is skipped with a sentence that says so, never passed in silence.
//
// Who still backs a holding is not the connector's to know: the lifecycle
// counts the live grants of a holding and revokes for the last one. The suite
// therefore asks that Revoke removes what it is told to remove, even when
// another grant had given it, and nothing besides.
//
// The package must never be imported by code that ships.
package connectortest
