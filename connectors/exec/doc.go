// Package exec gives and takes access through a user's own program, in the
// JSON contract of package contract: each operation starts the program once,
// with the question on its standard input and the answer expected on its
// standard output.
//
// The package must never hand anything of a request to a shell or to the
// program's arguments, never pass on Hallpass's own environment, never let the
// program outlive its time, and never log what it writes: it may be a secret.
//
// # Configuration
//
//	connectors:
//	  mainframe:
//	    kind: exec
//	    command: [/etc/hallpass/mainframe, --production]   # an absolute path, then fixed arguments
//	    environment: {MAINFRAME_TOKEN: env:MAINFRAME_TOKEN} # all that it sees besides PATH, LANG and HOME
//	    timeout: 30s
//	    operations: [end_sessions]   # those of the optional ones that the program has
//
// # Answers
//
// A program that did its work writes the contract's answer and exits with 0.
// One that could not writes an answer that holds an error; its exit code does
// not matter then. One that ends in any other way may have acted or not:
// Hallpass reads back. Standard error is read and thrown away.
//
// # Least privilege
//
// The file must not be writable by group or others, nor the folder that it is
// in. It runs as Hallpass's own user; give it only the secrets that it needs.
package exec
