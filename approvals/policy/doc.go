// Package policy is the law: it reads policies/*.cedar, holds them to a schema
// and to the examples beside them, and decides requests by them.
//
// It fails closed. A request is approved at once only if a permit with an
// owner and a review date that has not passed says so, no forbid objects, no
// policy failed to evaluate, and every fact is known, fresh and well formed.
// Whatever goes wrong, up to a defect in the engine, means that people are
// asked and told why. Nobody ever answers a request of their own, or one for
// their own benefit, whatever the policies say.
//
// Deciding is pure: no input or output, no clock, no randomness. Equal facts
// under equal policies give equal bytes.
package policy
