// Package lifecycle is the durable worker: it gives the access that was
// decided, reads back whether it works, nudges people before the end, takes
// the access away and proves that it is gone. It works on leased tasks, so
// that any number of replicas may run it and any of them may die at any
// instruction: nothing is lost, and nothing is done twice in effect.
//
// Revocations go before provisioning, provisioning before everything else.
// Each connector has its own queues and its own slots; one that is slow or down
// delays nobody else's. Tasks only make things prompt: a sweep compares grants
// with the clock and puts back whatever task got lost.
//
// The package must never say that access ended before the system itself says
// so, never give up a revocation, never take away what somebody had before or
// has through another grant, and never let a connector's or a model's failure
// decide anything.
package lifecycle
