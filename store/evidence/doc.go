// Package evidence writes what an auditor asks for: one folder about a period,
// with a report that a person reads, the whole population as tables, the law
// that held, the exceptions in words, and the part of the audit log that proves
// it. Whoever has the folder and the public key can verify all of it, without
// this program.
//
// It must never decide, change or mend anything; never leave something out
// without saying so; never say of the database what the log does not bear out;
// and never put into the folder what depends on when it was made, so that the
// same log and database give the same bytes.
package evidence
