// Package torture kills Hallpass, whole processes of it, at each place where
// it could leave something half done, tears its lines to database, systems and
// Slack, and then compares what those hold with what its audit log says:
// nothing may be lost, doubled in effect, or open past its end.
//
// All of it is tests. The package must never be imported by code that ships:
// the hooks at which a process dies are wrapped around it from outside.
package torture
