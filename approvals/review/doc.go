// Package review looks again at what nobody looked at when it was decided:
// automatic approvals, and access that was opened by break-glass. A campaign
// freezes what it covers, computes all of it again, draws a sample that anybody
// can draw again, asks people who have no part in it, and ends in a signed
// result. A rule that was wrong too often, or that nobody reviewed in time,
// stops approving by itself.
//
// The package computes and asks. It must never let anybody review what was
// granted to them, what they asked for, or a rule that is theirs alone; never
// choose a sample that does not follow from the log and its checkpoint; and
// never change a decision, a grant or a policy.
package review
