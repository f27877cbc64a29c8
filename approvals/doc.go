// Package approvals is the domain of Hallpass: who asks for which access, what
// was known when it was decided, who decided, what was granted and when it
// ended. It holds the types, their state machines, the Service that changes
// state, and the small interfaces through which the Service reaches the world.
//
// The package imports only the standard library and performs no input or
// output of its own. It never approves on its own judgement: an approval names
// a policy or a person. It never reads a language model's words: no type that
// reaches Policy.Decide can carry them. It never changes state without an
// audit event: a Change that lacks one is refused.
package approvals
